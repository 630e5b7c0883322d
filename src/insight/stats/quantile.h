#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>

// Exact quantiles, and what is said of any set of values. Quantiles are of type 7 (Hyndman & Fan 1996; the default of R
// and NumPy): the order statistics at rank (n - 1) p, interpolated linearly.
namespace comfytrace::insight::stats {

// Of values in any order; 0 <= p <= 1. std::nullopt of no values. O(n), and copies.
[[nodiscard]] std::optional<double> quantile(std::span<const double> values, double p);
[[nodiscard]] std::optional<double> median(std::span<const double> values);

// The same without a copy: reorders `values`, which holds at least one.
[[nodiscard]] double quantile_in_place(std::span<double> values, double p);
[[nodiscard]] double median_in_place(std::span<double> values);
// Of ascending values, at least one. O(1).
[[nodiscard]] double quantile_of_sorted(std::span<const double> ascending, double p);

// n = 0: all missing. n = 1: all the value, no standard deviation. Constant: standard deviation 0, not missing.
struct Summary {
  std::size_t n = 0;
  std::optional<double> min, max, mean, median, p90, p95, p99;
  std::optional<double> standard_deviation;  // of a sample: divided by n - 1
};
BOOST_DESCRIBE_STRUCT(Summary, (), (n, min, max, mean, median, p90, p95, p99, standard_deviation))

[[nodiscard]] Summary summarize(std::span<const double> values);
[[nodiscard]] Summary summarize_in_place(std::span<double> values);  // reorders `values`

}  // namespace comfytrace::insight::stats
