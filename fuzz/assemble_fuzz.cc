#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/invariants.h"
#include "assemble/run_assembler.h"
#include "comfyui/body.h"
#include "comfyui/frame.h"

// Bytes as a story that a worker might tell: facts over a few prompts and nodes, in any order, with restarts of the
// worker and of ours in between. Whatever is told, every run that comes of it keeps the assembler's promises.
namespace {

using namespace comfytrace;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool empty() const { return at_ >= size_; }
  std::uint8_t next() { return empty() ? 0 : data_[at_++]; }
  std::string_view rest(std::size_t most) {
    const std::size_t count = std::min(most, size_ - std::min(at_, size_));
    const std::string_view text(reinterpret_cast<const char*>(data_) + at_, count);
    at_ += count;
    return text;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

std::string prompt(Bytes& bytes) {
  return "p" + std::to_string(bytes.next() % 4);
}
std::string node(Bytes& bytes) {
  const int pick = bytes.next() % 6;
  return pick < 4 ? std::to_string(pick) : "1.0.0." + std::to_string(pick);
}

comfyui::QueueItem item(Bytes& bytes) {
  comfyui::QueueItem made;
  made.prompt_id = prompt(bytes);
  made.number = bytes.next() % 5;
  made.graph = *base::parse_json(R"({"0":{"class_type":"A","inputs":{}},"1":{"class_type":"B","inputs":{"x":["0",0]}},
    "2":{"class_type":"C","inputs":{"x":["1",0]}}})");
  base::json::object extra;
  const int group = bytes.next() % 4;
  if (group > 0) extra["run_id"] = group == 1 ? "R" : "p1";
  if (group > 1) extra["scene_id"] = "S" + std::to_string(bytes.next() % 2);
  if (group == 3) extra["create_time"] = 1'000'000 + bytes.next() * 10;
  made.extra_data = extra;
  return made;
}

comfyui::Event end(Bytes& bytes, const std::string& id, std::int64_t at_ms) {
  std::optional<std::int64_t> stamp;
  if (bytes.next() % 4 > 0) stamp = at_ms + bytes.next() - 100;
  switch (bytes.next() % 4) {
    case 0:
      return comfyui::ExecutionInterrupted{id, node(bytes), "B", {}, stamp};
    case 1: {
      comfyui::ExecutionError error;
      error.prompt_id = id;
      error.node_id = node(bytes);
      error.exception_type = bytes.next() % 2 ? "ExecutionBlocked" : "torch.OutOfMemoryError";
      error.timestamp_ms = stamp;
      return error;
    }
    default:
      return comfyui::ExecutionSuccess{id, stamp};
  }
}

comfyui::Event event(Bytes& bytes, std::int64_t at_ms) {
  switch (bytes.next() % 8) {
    case 0: {
      const std::size_t size = bytes.next();
      if (auto decoded = comfyui::decode_text_frame(bytes.rest(size))) return std::move(*decoded);
      return comfyui::StatusEvent{};
    }
    case 1:
      return comfyui::ExecutionStart{prompt(bytes), at_ms + bytes.next() - 100};
    case 2:
      return comfyui::ExecutionCached{prompt(bytes), {node(bytes), node(bytes)}, at_ms};
    case 3: {
      comfyui::ProgressState state{prompt(bytes), {}};
      for (int count = bytes.next() % 4; count > 0; --count) {
        comfyui::NodeProgress told;
        told.node_id = node(bytes);
        told.display_node_id = told.node_id.substr(0, 1);
        told.finished = bytes.next() % 2;
        told.value = bytes.next() % 3;
        if (bytes.next() % 2) told.started_at_ms = at_ms + bytes.next() - 128;
        if (told.finished && told.started_at_ms) told.finished_at_ms = *told.started_at_ms + bytes.next();
        state.nodes.push_back(std::move(told));
      }
      return state;
    }
    case 4: {
      comfyui::Executing executing;
      if (bytes.next() % 4) executing.prompt_id = prompt(bytes);
      if (bytes.next() % 4) executing.node_id = node(bytes);
      return executing;
    }
    case 5:
      return comfyui::Progress{prompt(bytes), node(bytes), static_cast<double>(bytes.next()), 255};
    case 6: {
      comfyui::Executed executed{prompt(bytes), node(bytes), "", {}};
      executed.output = *base::parse_json(R"({"images":[{"filename":"a.png","subfolder":"","type":"output"}]})");
      return executed;
    }
    default:
      return end(bytes, prompt(bytes), at_ms);
  }
}

assemble::HistoryRead history(Bytes& bytes, std::int64_t at_ms) {
  assemble::HistoryRead read;
  for (int count = bytes.next() % 3; count > 0; --count) {
    comfyui::HistoryEntry entry;
    entry.prompt = item(bytes);
    const std::string id = entry.prompt.prompt_id;
    entry.outputs = *base::parse_json(R"({"2":{"images":[{"filename":"b.png","subfolder":"","type":"output"}]}})");
    const int shape = bytes.next() % 8;
    if (shape != 1) entry.messages.emplace_back(comfyui::ExecutionStart{id, at_ms - bytes.next()});
    if (shape != 2) entry.messages.emplace_back(comfyui::ExecutionCached{id, {node(bytes)}, at_ms});
    if (shape != 3) entry.messages.push_back(end(bytes, id, at_ms));
    entry.status_text = shape == 4 ? "success" : "error";
    entry.completed = shape == 4;
    read.entries.push_back(std::move(entry));
  }
  return read;
}

decltype(assemble::Fact::what) what(Bytes& bytes, std::int64_t at_ms) {
  switch (bytes.next() % 17) {
    case 12:
      return assemble::Resumed{};
    case 13:
      return comfyui::PromptQueued{item(bytes)};
    case 14:
      return comfyui::PromptsRemoved{{prompt(bytes), prompt(bytes)}, bytes.next() % 2 == 0};
    case 15: {
      comfyui::PromptRejected rejected;
      rejected.item = item(bytes);
      if (bytes.next() % 2) rejected.item.prompt_id.clear();
      return rejected;
    }
    case 16:
      return comfyui::PromptPartlyRejected{prompt(bytes), {{"2", "C", "type", "message", ""}}};
    case 0: {
      comfyui::QueueSnapshot snapshot;
      for (int count = bytes.next() % 3; count > 0; --count) snapshot.pending.push_back(item(bytes));
      if (bytes.next() % 2) snapshot.running.push_back(item(bytes));
      return snapshot;
    }
    case 1:
      return history(bytes, at_ms);
    case 2:
      return assemble::HistoryMissing{prompt(bytes)};
    case 3: {
      assemble::Submitted submitted;
      submitted.item = item(bytes);
      submitted.answer.accepted = bytes.next() % 3 > 0;
      if (submitted.answer.accepted) submitted.answer.prompt_id = submitted.item.prompt_id;
      if (bytes.next() % 2) submitted.answer.node_errors.push_back({"2", "C", "type", "message", ""});
      return submitted;
    }
    case 4:
      return assemble::Connected{};
    case 5:
      return assemble::Disconnected{};
    case 6: {
      model::DeviceSample sample;
      sample.at_ms = at_ms - bytes.next();
      sample.vram_used_bytes = bytes.next();
      sample.vram_free_bytes = 255 - *sample.vram_used_bytes;
      return std::vector<model::DeviceSample>{sample};
    }
    default:
      return event(bytes, at_ms);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::map<std::string, model::Run> kept;
  const auto lookup = [&](std::string_view run_id) -> std::optional<model::Run> {
    const auto found = kept.find(std::string(run_id));
    if (found == kept.end()) return std::nullopt;
    return found->second;
  };
  auto assembler = std::make_unique<assemble::RunAssembler>(lookup);
  Bytes bytes(data, std::min<std::size_t>(size, 4096));
  std::int64_t at_ms = 1'000'000;
  while (!bytes.empty()) {
    const std::uint8_t control = bytes.next();
    at_ms += control % 64 - 8;  // the wall clock may go back
    if (control == 255) {
      assembler = std::make_unique<assemble::RunAssembler>(lookup);
      for (const auto& [run_id, run] : kept) {
        if (model::is_open(run.status)) assembler->adopt(run);
      }
    } else if (control == 254) {
      assembler->forget(prompt(bytes));
    }
    assembler->apply({control % 5 ? "w1" : "w2", at_ms, what(bytes, at_ms)});
    for (model::Run& run : assembler->take_changes().runs) {
      for (const std::string& wrong : assemble::violations(run)) {
        std::fprintf(stderr, "violated: %s\n", wrong.c_str());
        std::abort();
      }
      std::string run_id = run.run_id;
      kept[std::move(run_id)] = std::move(run);
    }
  }
  for (const model::LiveScene& scene : assembler->open_scenes()) {
    if (!model::is_open(scene.status)) std::abort();
  }
  return 0;
}
