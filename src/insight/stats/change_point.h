#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "insight/stats/interval.h"

// Where a series of values in order stepped to another level and stayed (E-divisive, Matteson & James 2014; with
// the t-test, the overlapping windows and the two passes of Hunter, Fleming et al. 2023). Deterministic.
namespace comfytrace::insight::stats {

enum class ChangeScale {
  log,     // durations, bytes: values > 0, sizes are ratios. A value of 0 or less counts as the smallest positive one
  linear,  // rates, temperatures: sizes are differences
};
BOOST_DESCRIBE_ENUM(ChangeScale, log, linear)

// The defaults are what bench/insight_truth_bench.cc measures.
struct ChangePointOptions {
  ChangeScale scale = ChangeScale::log;
  std::size_t window = 100;      // values that one search looks at; windows overlap by half. >= 4 x min_segment
  std::size_t min_segment = 5;   // fewest values on a side: how long a new level has to last. >= 3
  double minimum_effect = 0.02;  // |ratio - 1| on the log scale, |difference| on the linear one
  double weak_alpha = 1e-3;      // t-test of the search
  double strict_alpha = 1e-5;    // t-test of the confirmation, with room for the many places searched
  double rank_alpha = 1e-3;      // rank test of the confirmation
  double level = kLevel;         // of the interval
};

struct ChangePoint {
  std::size_t index = 0;     // first value of the new level
  std::size_t n_before = 0;  // values of the level before and after that it was judged by
  std::size_t n_after = 0;
  double before_median = 0;  // values' unit
  double after_median = 0;
  // Hodges-Lehmann shift: after / before on the log scale, after - before on the linear one.
  double size = 1;
  std::optional<Interval> interval;  // of `size`
  double p_value = 1;                // of the rank test; takes the place as given, not as searched for
  double autocorrelation = 0;        // lag 1 around the two levels, that the confirmation allowed for
};
BOOST_DESCRIBE_STRUCT(ChangePoint, (),
                      (index, n_before, n_after, before_median, after_median, size, interval, p_value, autocorrelation))

// Ascending by index. None of fewer than 2 min_segment values, nor of a constant series. O(n window).
[[nodiscard]] std::vector<ChangePoint> change_points(std::span<const double> values,
                                                     const ChangePointOptions& options = {});

// The change points of the newest three windows of values alone (indexes are those of the whole series): what a
// recorder asks after each run, at a cost that does not grow with the history.
[[nodiscard]] std::vector<ChangePoint> newest_change_points(std::span<const double> values,
                                                            const ChangePointOptions& options = {});

}  // namespace comfytrace::insight::stats
