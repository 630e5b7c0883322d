#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/fact.h"
#include "model/live.h"
#include "model/run.h"

namespace comfytrace::assemble {

// What applying facts gave. Runs are whole values, ready to be saved; order is that of first change.
struct Changes {
  std::vector<model::Run> runs;          // changed in a way that must be kept
  std::vector<model::LiveScene> scenes;  // changed as people see it: progress too
  // Prompts of a worker that left its queue without us knowing how they ended: ask its history.
  struct Wanted {
    std::string worker_id;
    std::string prompt_id;
  };
  std::vector<Wanted> wanted_history;
};

// Makes runs of facts. A state machine without I/O and without a clock: the same facts give the same runs.
// Idempotent: a fact that comes twice changes nothing, and a run saved, adopted back and continued is the run that
// was never interrupted. One thread (the I/O thread). Its state is the open runs, a bounded number of recent ones
// and a few numbers a worker.
class RunAssembler {
 public:
  // Finds a run that is not in memory (a grouped run seen days ago, a prompt finished before a restart), or nullopt.
  // Called from within apply().
  using Lookup = std::function<std::optional<model::Run>(std::string_view run_id)>;

  explicit RunAssembler(Lookup lookup);
  ~RunAssembler();
  RunAssembler(const RunAssembler&) = delete;
  RunAssembler& operator=(const RunAssembler&) = delete;

  // Takes up a run of an earlier life: after a restart, every open run of the history. Of a run that is in memory only
  // what people write is taken (title, tags, notes, archived): to be called after such a change.
  void adopt(model::Run run);

  void apply(const Fact& fact);

  // What changed since the last call.
  [[nodiscard]] Changes take_changes();

  // The scenes that are queued or executing now, for a page that has just connected.
  [[nodiscard]] std::vector<model::LiveScene> open_scenes() const;
  // Prompts of this worker that are queued or executing as far as we know.
  [[nodiscard]] std::vector<std::string> open_prompts(std::string_view worker_id) const;
  // The run as it stands in memory, or nullptr. Valid until the next call.
  [[nodiscard]] const model::Run* find(std::string_view run_id) const;
  // Forgets a run that a person deletes; later facts about its prompts are ignored, as long as this life lasts. To be
  // called while the run can still be looked up.
  void forget(std::string_view run_id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace comfytrace::assemble
