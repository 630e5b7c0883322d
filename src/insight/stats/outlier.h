#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

// Values that the others do not explain (Iglewicz & Hoaglin 1993).
namespace comfytrace::insight::stats {

constexpr double kOutlierZ = 3.5;         // their cut-off
constexpr std::size_t kOutlierNeeds = 5;  // fewer others say nothing

// Where values lie and how far they spread, by medians.
struct RobustScale {
  std::size_t n = 0;
  double median = 0;
  double mad = 0;                      // median of |value - median|; 0 when more than half are equal
  double mean_absolute_deviation = 0;  // mean of |value - median|; 0 only of a constant series
};
BOOST_DESCRIBE_STRUCT(RobustScale, (), (n, median, mad, mean_absolute_deviation))

// std::nullopt of no values.
[[nodiscard]] std::optional<RobustScale> robust_scale(std::span<const double> values);

// Its mad of ascending values, at least one; `median` is theirs. O(log n).
[[nodiscard]] double mad_of_sorted(std::span<const double> ascending, double median);

// What stands for a standard deviation: MAD / 0.6745; with MAD = 0, 1.253314 mean absolute deviation; 0 of a constant
// series.
[[nodiscard]] double robust_deviation(const RobustScale& scale);

// (value - median) in robust standard deviations, signed; where those are 0, 0 for an equal value and an infinity for
// any other.
[[nodiscard]] double robust_z(double value, const RobustScale& scale);

// The |z| above which one more value is an outlier to n others: 3.5, and more for few others, whose MAD is itself
// uncertain, so that at most 1 % of new values of the same normal population pass it. n >= kOutlierNeeds.
[[nodiscard]] double outlier_cutoff(std::size_t n);

// Whether a new value is an outlier to the others that `scale` was made of. std::nullopt: too few others.
[[nodiscard]] std::optional<bool> is_outlier(double value, const RobustScale& others);

// Positions of the outliers among `values`, ascending, by kOutlierZ; none of fewer than kOutlierNeeds values.
[[nodiscard]] std::vector<std::size_t> outliers(std::span<const double> values);

}  // namespace comfytrace::insight::stats
