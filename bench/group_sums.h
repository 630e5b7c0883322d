#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "history/run_questions.h"

// What is told of a group of runs, summed up plainly: every value is kept, percentiles are exact.
namespace comfytrace::bench {

inline constexpr std::array kCounts{
    &history::GroupStatistics::runs,
    &history::GroupStatistics::runs_open,
    &history::GroupStatistics::runs_succeeded,
    &history::GroupStatistics::runs_partial,
    &history::GroupStatistics::runs_failed,
    &history::GroupStatistics::runs_timed_out,
    &history::GroupStatistics::runs_cancelled,
    &history::GroupStatistics::scenes,
    &history::GroupStatistics::scenes_succeeded,
    &history::GroupStatistics::attempts,
    &history::GroupStatistics::attempts_out_of_memory,
    &history::GroupStatistics::attempts_timed_out,
    &history::GroupStatistics::fallbacks,
    &history::GroupStatistics::frames,
};
inline constexpr std::size_t kEnds = 7;  // so many of them tell of the runs and their ends

inline constexpr std::array kMeasures{&history::GroupStatistics::duration_ms, &history::GroupStatistics::queue_wait_ms,
                                      &history::GroupStatistics::vram_peak_bytes};

// What one run adds, in the order of kCounts and kMeasures.
struct RunMeasures {
  std::array<std::int64_t, kCounts.size()> counts{};
  std::array<std::optional<std::int64_t>, kMeasures.size()> measures;
};

class GroupSums {
 public:
  void add(const RunMeasures& run);
  // What the executions of the group's class of node took in a run.
  void add_class(const RunMeasures& run, std::int64_t executions, std::int64_t duration_ms);
  // Once: reorders what was added.
  [[nodiscard]] history::GroupStatistics told();

 private:
  std::array<std::int64_t, kCounts.size()> counts_{};
  std::int64_t executions_ = 0;
  std::array<std::vector<double>, kMeasures.size()> values_;
};

}  // namespace comfytrace::bench
