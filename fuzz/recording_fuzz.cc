#include <cstddef>
#include <cstdint>
#include <string_view>

#include "replay/performance.h"
#include "replay/recording.h"
#include "replay/server_model.h"

// Anything that can be read as a recording can be served: its life is derived, lived through, and followed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace comfytrace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto recording = replay::parse_recording(text, "fuzz");
  if (!recording) return 0;
  for (const replay::RecordedLine& line : recording->lines) static_cast<void>(replay::frame_bytes(line));
  std::vector<replay::ServerModel> models;
  models.push_back(replay::make_server_model(std::move(*recording)));
  const replay::ServerState state = replay::state_at(models[0], models[0].duration_us);
  static_cast<void>(state.queue_body());
  static_cast<void>(state.history_body({}, {}));
  for (const replay::RecordedPrompt& prompt : models[0].prompts) {
    const auto& graph = prompt.item.get_array()[2];
    if (graph.is_object()) static_cast<void>(replay::rehearse(models, graph, "x"));
  }
  return 0;
}
