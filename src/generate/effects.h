#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "generate/catalogue.h"
#include "generate/options.h"
#include "generate/random.h"

namespace comfytrace::generate {

// What the scenarios do to one run.
struct Influence {
  double slower = 1;       // all its durations, times
  double node_slower = 1;  // those of `slow_node` alone, times
  std::size_t slow_node = kMaxNodes;
  bool fails = false;
  bool on_cpu = false;
  bool model_changed = false;
  bool updated = false;
  std::int64_t lost_bytes = 0;       // VRAM that is gone before it starts
  bool restarted = false;            // the worker has just been started again
  std::int64_t idle_ms = 0;          // before each start for which work waited
  std::int64_t clock_offset_ms = 0;  // added to all its times
};

// Places the scenarios in a history, lets them act on its runs, and keeps the truth about what they did.
class Effects {
 public:
  // `workflows` and `workers` must outlive it.
  Effects(const Options& options, const std::vector<Workflow>& workflows, const std::vector<WorkerPlan>& workers,
          std::int64_t from_ms);

  // Once a run, oldest first.
  [[nodiscard]] Influence on(const std::string& run_id, std::size_t workflow, std::size_t worker, std::int64_t at_ms);
  // Complete once the last run was influenced.
  [[nodiscard]] const std::vector<Truth>& truths() const { return truths_; }

 private:
  struct Placed {
    Scenario scenario;
    std::size_t workflow = 0;
    std::size_t worker = 0;
    bool any_workflow = false;
    std::int64_t from_ms = 0;
    double size = 0;
    std::size_t slow_node = kMaxNodes;
    std::int64_t left = 0;        // runs that are still to be touched, of scenarios that end by count
    std::int64_t lost_bytes = 0;  // of a leak, so far
  };
  void place(const ScenarioOrder& order, std::int64_t from_ms, std::int64_t end_ms);
  void choose_target(Placed& placed);
  void touch(std::size_t index, const std::string& run_id, std::int64_t at_ms, bool name_it);
  void act(std::size_t index, const std::string& run_id, std::int64_t at_ms, Influence& influence);
  void leak(std::size_t index, const std::string& run_id, std::int64_t at_ms, Influence& influence);

  const std::vector<Workflow>& workflows_;
  const std::vector<WorkerPlan>& workers_;
  std::int64_t end_ms_;
  Random random_;
  std::vector<Placed> placed_;
  std::vector<Truth> truths_;
  std::vector<bool> pair_taken_;
  std::vector<bool> worker_taken_;
};

}  // namespace comfytrace::generate
