#include "insight/stats/median_interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"

namespace comfytrace::insight::stats {
namespace {

// The k for which the k-th smallest and the k-th largest of n hold the median with at least `level`: the largest, so
// that the pair is the narrowest; 0 where there is none.
std::int64_t depth(std::int64_t n, double level) {
  const double tail = (1 - level) / 2;
  // The median's rank scatters by sqrt(n) / 2; the exact depth lies within a step or two of that.
  const double guess = static_cast<double>(n) / 2 + normal_quantile(tail) * std::sqrt(static_cast<double>(n)) / 2;
  auto k = std::max<std::int64_t>(0, static_cast<std::int64_t>(guess) + 2);
  while (k > 0 && fair_binomial_cdf(k - 1, n) > tail) --k;
  return k;
}

}  // namespace

std::optional<Interval> median_interval(std::span<const double> values, double level) {
  CHECK(level > 0 && level < 1);
  check_finite(values);
  const auto n = static_cast<std::int64_t>(values.size());
  const std::int64_t k = n == 0 ? 0 : depth(n, level);
  if (k == 0) return std::nullopt;
  std::vector<double> copy(values.begin(), values.end());
  const auto low = copy.begin() + (k - 1);
  const auto high = copy.begin() + (n - k);
  std::nth_element(copy.begin(), low, copy.end());
  if (high > low) std::nth_element(low + 1, high, copy.end());
  return Interval{*low, *high, 1 - 2 * fair_binomial_cdf(k - 1, n)};
}

std::size_t median_interval_needs(double level) {
  CHECK(level > 0 && level < 1);
  // The extremes miss the median with 2 (1/2)^n.
  std::size_t n = 1;
  while (std::ldexp(2.0, -static_cast<int>(n)) > 1 - level) ++n;
  return n;
}

std::optional<Interval> wilson_interval(std::size_t successes, std::size_t n, double level) {
  CHECK(successes <= n && level > 0 && level < 1);
  if (n == 0) return std::nullopt;
  const double z = normal_quantile(0.5 + level / 2);
  const auto count = static_cast<double>(n);
  const double rate = static_cast<double>(successes) / count;
  const double denominator = 1 + z * z / count;
  const double middle = (rate + z * z / (2 * count)) / denominator;
  const double half = z * std::sqrt(rate * (1 - rate) / count + z * z / (4 * count * count)) / denominator;
  // At the ends the formula gives 0 and 1 but for rounding.
  const double low = successes == 0 ? 0 : std::max(0.0, middle - half);
  const double high = successes == n ? 1 : std::min(1.0, middle + half);
  return Interval{low, high, level};
}

}  // namespace comfytrace::insight::stats
