#pragma once

#include <cstdint>
#include <vector>

#include "generate/calendar.h"
#include "generate/effects.h"
#include "generate/planned_run.h"

namespace comfytrace::generate {

// Draws one run after another: who queues it, what the worker held in its cache, how long everything took and how it
// ended. A worker does one run after another, in the order in which they were queued.
class Planner {
 public:
  explicit Planner(const Options& options);  // valid ones
  Planner(const Planner&) = delete;

  // The next run, or nullptr after the last. Overwritten by the next call.
  [[nodiscard]] const PlannedRun* next();
  [[nodiscard]] const std::vector<Truth>& truths() const { return effects_.truths(); }
  [[nodiscard]] const std::vector<Workflow>& workflows() const { return workflows_; }
  [[nodiscard]] const std::vector<WorkerPlan>& workers() const { return workers_; }
  [[nodiscard]] std::int64_t from_ms() const { return calendar_.from_ms(); }

 private:
  struct WorkerState {
    std::int64_t free_at_ms = 0;
    std::int64_t queue_number = 0;
    std::size_t workflow = ~std::size_t{0};  // whose graph ComfyUI holds in its cache
    std::size_t size = 0;
    std::uint64_t prompt = 0;
    bool model_changed = false;
    bool loaded = false;  // a model is in VRAM
  };
  void start_run(const Arrival& arrival);
  void plan_scene(PlannedScene& scene, std::int64_t queued_at_ms);
  void plan_attempt(const PlannedScene& scene, PlannedAttempt& attempt, bool may_fail);
  [[nodiscard]] model::ExitReason draw_ending(std::int64_t waited_ms, bool may_fail);
  void draw_durations(PlannedAttempt& attempt);
  void stop_early(PlannedAttempt& attempt);
  void read_vram(PlannedAttempt& attempt);
  void shift_clock();
  [[nodiscard]] Id next_id();

  Options options_;
  std::vector<Workflow> workflows_;
  std::vector<WorkerPlan> workers_;
  std::vector<model::AttemptEnvironment> cpu_environments_;
  Calendar calendar_;
  Effects effects_;
  Random ids_;
  Random work_;    // durations
  Random fate_;    // endings
  Random people_;  // what they queue
  double sigma_;
  std::vector<WorkerState> states_;
  PlannedRun run_;
  Arrival arrival_;
  Influence influence_;
  std::uint64_t next_prompt_ = 1;
  std::int64_t next_story_ = 1;
  std::int64_t count_ = 0;
  std::vector<std::uint64_t> prompts_;  // what a person keeps at, by workflow and worker
  std::vector<std::int64_t> stories_;   // …, by workflow
};

}  // namespace comfytrace::generate
