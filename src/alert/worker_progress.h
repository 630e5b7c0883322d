#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "model/live.h"
#include "model/worker.h"

namespace comfytrace::alert {

// Whether anything moves on one worker: a prompt that starts, ends or makes a step. Prompts that others add behind a
// hung one are no movement. Times are steady milliseconds.
class WorkerProgress {
 public:
  void take(const model::WorkerState& state, std::int64_t steady_ms);
  void take(const model::LiveScene& scene, std::int64_t steady_ms);
  // An attempt that ended.
  void learn_duration(std::int64_t duration_ms);

  [[nodiscard]] const model::WorkerState& state() const { return state_; }
  // Since when nothing has moved although prompts wait; absent while none waits.
  [[nodiscard]] std::optional<std::int64_t> still_since_ms() const;
  // Among the last ones.
  [[nodiscard]] std::optional<std::int64_t> longest_ms() const;
  // Of the first device that has memory of its own.
  [[nodiscard]] std::optional<std::int64_t> vram_total_bytes() const;

 private:
  struct Step {
    model::Status status;
    std::int64_t nodes_done;
    std::string node_id;
    std::optional<double> progress;
    bool operator==(const Step&) const = default;
  };
  model::WorkerState state_;
  bool known_ = false;
  std::int64_t moved_at_ms_ = 0;
  std::map<std::string, Step> steps_;  // by prompt, of those that execute
  std::deque<std::int64_t> durations_ms_;
};

}  // namespace comfytrace::alert
