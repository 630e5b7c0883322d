#include "insight/stats/quantile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "insight/stats/finite.h"

namespace comfytrace::insight::stats {
namespace {

// Rank (n - 1) p as a whole rank and the share of the way to the next.
struct Rank {
  std::size_t below;
  double share;
};

Rank type7_rank(std::size_t n, double p) {
  CHECK(n > 0 && p >= 0 && p <= 1);
  const double h = static_cast<double>(n - 1) * p;
  const auto below = std::min(static_cast<std::size_t>(h), n - 1);
  return {below, h - static_cast<double>(below)};
}

// The quantile of values[from..], all before `from` being no larger. Afterwards that holds of the rank returned.
double select(std::span<double> values, std::size_t& from, double p) {
  const auto [below, share] = type7_rank(values.size(), p);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(std::min(from, below)), at, values.end());
  from = below;
  if (share <= 0) return *at;
  return std::lerp(*at, *std::min_element(at + 1, values.end()), share);
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double quantile_in_place(std::span<double> values, double p) {
  check_finite(values);
  std::size_t from = 0;
  return select(values, from, p);
}

double median_in_place(std::span<double> values) {
  return quantile_in_place(values, 0.5);
}

std::optional<double> quantile(std::span<const double> values, double p) {
  if (values.empty()) return std::nullopt;
  std::vector<double> copy(values.begin(), values.end());
  return quantile_in_place(copy, p);
}

std::optional<double> median(std::span<const double> values) {
  return quantile(values, 0.5);
}

double quantile_of_sorted(std::span<const double> ascending, double p) {
  const auto [below, share] = type7_rank(ascending.size(), p);
  if (share <= 0) return ascending[below];
  return std::lerp(ascending[below], ascending[below + 1], share);
}

Summary summarize_in_place(std::span<double> values) {
  Summary summary;
  summary.n = values.size();
  if (values.empty()) return summary;
  check_finite(values);
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  summary.min = *min;
  summary.max = *max;
  // Between the extremes also after rounding.
  const double mean = std::clamp(mean_of(values), *summary.min, *summary.max);
  summary.mean = mean;
  if (values.size() > 1) {
    // Two passes: sums of squares cancel where the scatter is small beside the mean.
    const double squares = std::accumulate(values.begin(), values.end(), 0.0,
                                           [&](double sum, double v) { return sum + (v - mean) * (v - mean); });
    summary.standard_deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  }
  std::size_t from = 0;  // each selection leaves the larger values behind it, where the next one looks
  summary.median = select(values, from, 0.5);
  summary.p90 = select(values, from, 0.9);
  summary.p95 = select(values, from, 0.95);
  summary.p99 = select(values, from, 0.99);
  return summary;
}

Summary summarize(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  return summarize_in_place(copy);
}

}  // namespace comfytrace::insight::stats
