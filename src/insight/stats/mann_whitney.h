#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>

#include "insight/stats/interval.h"

// Whether one group's values tend to be larger than another's, and by how much (Mann-Whitney; Hodges-Lehmann).
namespace comfytrace::insight::stats {

enum class RankMethod {
  none,    // a group is empty
  exact,   // counted: no ties, and few enough ways to share out the ranks to count them in a double
  normal,  // the normal approximation with the correction for ties and for continuity
};
BOOST_DESCRIBE_ENUM(RankMethod, none, exact, normal)

struct RankTest {
  std::size_t n_before = 0;
  std::size_t n_after = 0;
  RankMethod method = RankMethod::none;
  double u = 0;                            // pairs in which `after` is larger, an equal pair counting one half
  double p_value = 1;                      // two-sided; 1 where a group is empty or all values are equal
  double superiority = 0.5;                // P(after > before) + P(equal)/2, 0-1
  double cliffs_delta = 0;                 // 2 superiority - 1: -1 all smaller, 0 none, 1 all larger
  std::optional<double> shift;             // Hodges-Lehmann: the median of all after - before; in the values' unit
  std::optional<Interval> shift_interval;  // missing where the groups are too small for the level
};
BOOST_DESCRIBE_STRUCT(RankTest, (),
                      (n_before, n_after, method, u, p_value, superiority, cliffs_delta, shift, shift_interval))

// About O((n + m) log (n + m)), most of it for the interval. Values of any order.
[[nodiscard]] RankTest rank_test(std::span<const double> before, std::span<const double> after, double level = kLevel);
// The test alone, without shift and interval: for callers that make many.
[[nodiscard]] RankTest rank_test_only(std::span<const double> before, std::span<const double> after);
// The same of ascending values.
[[nodiscard]] RankTest rank_test_of_sorted(std::span<const double> before, std::span<const double> after);
// With shift and interval, of ascending values.
[[nodiscard]] RankTest rank_test_of_sorted(std::span<const double> before, std::span<const double> after, double level);

// Whether groups of these sizes can give a p-value of at most `alpha` at all; fewer is "not enough data".
[[nodiscard]] bool rank_test_can_reach(std::size_t n_before, std::size_t n_after, double alpha = 1 - kLevel);
// The fewest values a side, both sides alike: 4 at 0.05.
[[nodiscard]] std::size_t rank_test_needs(double alpha = 1 - kLevel);

}  // namespace comfytrace::insight::stats
