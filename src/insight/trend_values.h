#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "history/brief_runs.h"
#include "insight/trend.h"

namespace comfytrace::insight {

struct TrendRun {
  std::size_t position = 0;  // among the runs that were read
  std::int64_t created_at_ms = 0;
  const history::RunFacts* kind = nullptr;  // what the runs of its kind share
  double value = 0;                         // in the metric's unit; of rates 0 or 1
};

// The runs that bear the claims, made comparable. Oldest first; `runs` and `y` are of one length.
struct TrendValues {
  TrendScale scale = TrendScale::plain;
  std::vector<TrendRun> runs;
  std::vector<double> y;  // in the metric's unit where scale is plain, else ratios. Rates: 0 or 1
  std::int64_t missing = 0;
  std::int64_t left_out = 0;
  std::int64_t cohorts = 0;
  std::string sentence;
};

// Runs of work that occurs less often in the selection are left out.
constexpr std::int64_t kTrendCohortNeeds = 5;

// `newest_first` must outlive the answer. Pure.
[[nodiscard]] TrendValues comparable_values(const history::BriefRuns& newest_first, const TrendQuery& query);

// The statuses that have something to say of a metric: only a success says how long the work takes; what a person took
// back is no failure.
[[nodiscard]] const std::vector<model::Status>& trend_statuses(Metric metric);

}  // namespace comfytrace::insight
