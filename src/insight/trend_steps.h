#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"
#include "insight/trend.h"
#include "insight/trend_values.h"

namespace comfytrace::insight {

// The series that is searched for steps and slopes: the values themselves, or of rates those of blocks of runs, for one
// run has no rate.
struct TrendPoints {
  std::vector<double> y;
  std::vector<std::int64_t> x_ms;      // created, of the first run of the point
  std::vector<std::size_t> first_run;  // index into the values' runs
  std::size_t runs_a_point = 1;
};
constexpr std::size_t kRateBlock = 5;
[[nodiscard]] TrendPoints points_of(const TrendValues& values, Metric metric);

struct StepSearch {
  std::vector<TrendStep> steps;        // without their run_id and what changed there
  std::vector<std::size_t> run_index;  // of each: its first run
  std::size_t level_begin = 0;         // point where the newest level begins
  double variation = 0;                // robust, around the levels
};
// A slow drift that a line describes as well as the steps do is no steps. Pure.
[[nodiscard]] StepSearch find_steps(const TrendValues& values, const TrendPoints& points, const TrendQuery& query);

// The slope of the points from `begin` on. Pure.
[[nodiscard]] TrendSlope find_slope(const TrendPoints& points, std::size_t begin, const TrendQuery& query);

// By step: what switched there of what is known of all runs. `runs` are those of the values. Pure.
[[nodiscard]] std::vector<std::vector<WhatChanged>> switches_at(const history::BriefRuns& runs,
                                                                const TrendValues& values, const TrendQuery& query,
                                                                const StepSearch& search);
// Fills in the run of each step, and what changed there of what must be read of a few runs around it. Of `search`
// only these are written. Errors: those of the reader.
[[nodiscard]] base::Result<void> read_steps(const history::RunHistoryReader& reader, const history::BriefRuns& runs,
                                            const TrendValues& values, const TrendQuery& query, StepSearch& search);
// Puts both together, best explanation first, and into words.
void explain_steps(std::vector<std::vector<WhatChanged>> switches, const TrendQuery& query, StepSearch& search);

// Which way is worse: +1 where more is worse, -1 for rates.
[[nodiscard]] constexpr int worse_sign(Metric metric) {
  return metric == Metric::successRate ? -1 : 1;
}
// Whether changes are told as differences instead of ratios.
[[nodiscard]] constexpr bool is_linear(Metric metric) {
  return metric == Metric::successRate || metric == Metric::queueWait;
}
// The smallest change that counts, ratio or difference.
[[nodiscard]] double minimum_change(Metric metric);

}  // namespace comfytrace::insight
