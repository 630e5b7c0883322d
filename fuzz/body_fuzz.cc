#include "comfyui/body.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <variant>

#include "event_checks.h"

namespace comfytrace {
namespace {

constexpr comfyui::TextBounds kBounds{};
// Graphs and what was sent along with them are kept whole: only the body's size bounds them.
constexpr comfyui::TextBounds kWhole{std::numeric_limits<std::size_t>::max() / 2,
                                     std::numeric_limits<std::size_t>::max() / 2};

void check_artifacts(std::string_view node_id, const base::json::value& output) {
  const auto artifacts = comfyui::read_artifacts(node_id, output);
  CHECK(artifacts.size() <= kBounds.max_items);
  for (const auto& artifact : artifacts) {
    fuzz::check_text(artifact.node_id, kBounds.max_text_bytes);
    fuzz::check_text(artifact.filename, kBounds.max_text_bytes);
    fuzz::check_text(artifact.subfolder, kBounds.max_text_bytes);
    fuzz::check_text(artifact.type, kBounds.max_text_bytes);
    fuzz::check_text(artifact.text, kBounds.max_text_bytes);
    CHECK(artifact.text.has_value() == artifact.filename.empty());
  }
}

void check_item(const comfyui::QueueItem& item) {
  fuzz::check_text(item.prompt_id, kBounds.max_text_bytes);
  CHECK(item.number - item.number == 0);
  CHECK(item.graph.is_object());
  CHECK(item.extra_data.is_object());
  fuzz::check_json(item.graph, kWhole);
  fuzz::check_json(item.extra_data, kWhole);
  fuzz::check_texts(item.output_node_ids, kBounds);
  fuzz::check_text(item.client_id(), kBounds.max_text_bytes);
  (void)item.create_time_ms();
}

void check_queue(std::string_view body) {
  const auto queue = comfyui::decode_queue(body);
  if (!queue) return;
  for (const auto& item : queue->running) check_item(item);
  for (std::size_t i = 0; i < queue->pending.size(); ++i) {
    check_item(queue->pending[i]);
    if (i > 0) CHECK(queue->pending[i - 1].number <= queue->pending[i].number);
  }
}

void check_history(std::string_view body) {
  const auto history = comfyui::decode_history(body);
  if (!history) return;
  for (const auto& entry : *history) {
    check_item(entry.prompt);
    fuzz::check_text(entry.status_text, kBounds.max_text_bytes);
    fuzz::check_json(entry.outputs, kBounds);
    fuzz::check_json(entry.meta, kBounds);
    CHECK(entry.messages.size() <= kBounds.max_items);
    for (const auto& message : entry.messages) std::visit(fuzz::EventChecks(kBounds), message);
    for (const auto& [node_id, output] : entry.outputs.get_object()) check_artifacts(node_id, output);
  }
}

void check_answer(int status, std::string_view body) {
  const auto answer = comfyui::decode_prompt_answer(status, body);
  if (!answer) return;
  CHECK(answer->accepted == (status == 200));
  CHECK(answer->accepted || answer->error_message);
  fuzz::check_text(answer->prompt_id, kBounds.max_text_bytes);
  fuzz::check_text(answer->error_type, kBounds.max_text_bytes);
  // The message and its details, each cut.
  fuzz::check_text(answer->error_message, 2 * kBounds.max_text_bytes + fuzz::kCutMarkBytes);
  for (const auto& error : answer->node_errors) fuzz::check_text(error.message, kBounds.max_text_bytes);
}

}  // namespace
}  // namespace comfytrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace comfytrace;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check_queue(body);
  check_history(body);
  for (const int status : {200, 400, 500}) check_answer(status, body);
  if (const auto stats = comfyui::decode_system_stats(body)) fuzz::check_texts(stats->argv, kBounds);
  (void)comfyui::decode_queue_remaining(body);
  if (const auto output = base::parse_json(body)) check_artifacts("1", *output);
  return 0;
}
