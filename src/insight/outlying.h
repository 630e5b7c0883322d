#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "insight/stats/outlier.h"
#include "insight/verdict.h"

namespace comfytrace::insight {

// How one more value lies to others. Of positive numbers the logs are judged: a run twice as slow is as far away as one
// twice as fast.
struct Outlying {
  double median = 0;        // of the others, in their unit
  std::optional<double> z;  // robust standard deviations from the median, signed; absent if the others do not scatter
  double p_value = 1;       // two-sided, of z by Student's t for one more value; for the comparison of many tests
  bool stands_out = false;  // too far for their scatter, and hardly ever (one in 20) as far among them
};
// std::nullopt of fewer than `needs` (at least 5) others. Pure.
[[nodiscard]] std::optional<Outlying> outlying(double value, std::span<const double> others, std::int64_t needs = 5);
// The same of at least 5 others of which this is known: their median, and the scale of themselves, or of their logs if
// all of them and the value are positive. Pure.
[[nodiscard]] Outlying outlying(double value, std::span<const double> others, double median, bool by_logs,
                                const stats::RobustScale& scale);

// Whether a change of this metric is large enough to be worth a claim, however sure it is.
[[nodiscard]] bool change_counts(Metric metric, double value, double median);
// The same of what a node took in a run of this duration.
[[nodiscard]] bool node_change_counts(double value_ms, double median_ms, double run_duration_ms);

}  // namespace comfytrace::insight
