#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "assemble/invariants.h"
#include "assemble/run_assembler.h"

// Facts made by hand, and an assembler with a history beside it, for the tests of this folder.
namespace comfytrace::assemble {

using model::ExitReason;
using model::NodeState;
using model::Status;
using model::TimeSource;

inline base::json::value graph() {
  return *base::parse_json(R"({"1":{"class_type":"EmptyImage","inputs":{},"_meta":{"title":"Source"}},
    "2":{"class_type":"ImageBlur","inputs":{"image":["1",0]}},
    "3":{"class_type":"SaveImage","inputs":{"images":["2",0]}}})");
}

inline comfyui::QueueItem item(std::string prompt_id, double number, std::string_view extra_data = "{}") {
  comfyui::QueueItem made;
  made.number = number;
  made.prompt_id = std::move(prompt_id);
  made.graph = graph();
  made.extra_data = *base::parse_json(extra_data);
  made.output_node_ids = {"3"};
  return made;
}

inline comfyui::NodeProgress node(std::string id, bool finished, double value = 0) {
  comfyui::NodeProgress made;
  made.node_id = made.display_node_id = std::move(id);
  made.finished = finished;
  made.value = finished ? 1 : value;
  made.max = 1;
  return made;
}

inline comfyui::HistoryEntry entry(comfyui::QueueItem prompt, std::int64_t start_ms, comfyui::Event end) {
  comfyui::HistoryEntry made;
  const std::string id = prompt.prompt_id;
  made.prompt = std::move(prompt);
  made.outputs = *base::parse_json(R"({"3":{"images":[{"filename":"a.png","subfolder":"","type":"output"}]}})");
  made.status_text = std::holds_alternative<comfyui::ExecutionSuccess>(end) ? "success" : "error";
  made.completed = made.status_text == "success";
  made.messages = {comfyui::ExecutionStart{id, start_ms}, comfyui::ExecutionCached{id, {}, start_ms}, std::move(end)};
  return made;
}

// An assembler with a history beside it, as the program has: what it gives is kept and can be looked up.
class Recorder {
 public:
  Recorder() : assembler(make()) {}

  template <class T>
  Changes tell(std::int64_t at_ms, T what, std::string worker = "w") {
    assembler->apply(Fact{std::move(worker), at_ms, std::move(what)});
    Changes changes = assembler->take_changes();
    for (const model::Run& run : changes.runs) {
      const auto wrong = violations(run);
      EXPECT_TRUE(wrong.empty()) << wrong.front();
      kept[run.run_id] = run;
    }
    return changes;
  }
  template <class E>
  Changes event(std::int64_t at_ms, E e, std::string worker = "w") {
    return tell(at_ms, comfyui::Event(std::move(e)), std::move(worker));
  }
  Changes queue(std::int64_t at_ms, std::vector<comfyui::QueueItem> running,
                std::vector<comfyui::QueueItem> pending = {}, std::string worker = "w") {
    return tell(at_ms, comfyui::QueueSnapshot{std::move(running), std::move(pending)}, std::move(worker));
  }
  void connect(std::int64_t at_ms) { tell(at_ms, Connected{}); }
  void disconnect(std::int64_t at_ms) { tell(at_ms, Disconnected{}); }

  // Ends this life and begins another with what was kept.
  void restart() {
    assembler = make();
    for (const auto& [id, run] : kept) {
      if (model::is_open(run.status)) assembler->adopt(run);
    }
  }

  const model::Attempt& attempt(const std::string& run_id, std::size_t scene = 0) {
    return kept.at(run_id).scenes.at(scene).attempts.back();
  }

  std::map<std::string, model::Run> kept;
  std::unique_ptr<RunAssembler> assembler;

 private:
  std::unique_ptr<RunAssembler> make() {
    return std::make_unique<RunAssembler>([this](std::string_view run_id) -> std::optional<model::Run> {
      const auto found = kept.find(std::string(run_id));
      if (found == kept.end()) return std::nullopt;
      return found->second;
    });
  }
};

inline void run_two_nodes(Recorder& r, const std::string& id) {
  r.event(1000, comfyui::ExecutionStart{id, 1000});
  r.event(1001, comfyui::ExecutionCached{id, {"1"}, 1001});
  r.event(1010, comfyui::ProgressState{id, {node("2", false)}});
  r.event(1011, comfyui::Executing{id, "2", "2"});
  r.event(1110, comfyui::ProgressState{id, {node("2", true)}});
}

}  // namespace comfytrace::assemble
