#include "insight/stats/mann_kendall.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/rank_ties.h"
#include "insight/stats/theil_sen.h"

namespace comfytrace::insight::stats {
namespace {

constexpr double kLargestR = 0.9;          // prewhitening divides by 1 - r
constexpr std::size_t kTrendPoints = 500;  // of the trend that is taken off: its error is far below the scatter's

// Sorts values and counts the pairs that fall.
std::int64_t count_falling(std::span<double> values, std::span<double> work) {
  constexpr std::size_t kFew = 12;
  if (values.size() <= kFew) {
    std::int64_t falling = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      const double value = values[i];
      std::size_t at = i;
      for (; at > 0 && values[at - 1] > value; --at) values[at] = values[at - 1];
      values[at] = value;
      falling += static_cast<std::int64_t>(i - at);
    }
    return falling;
  }
  const std::size_t half = values.size() / 2;
  std::int64_t falling = count_falling(values.first(half), work.first(half));
  falling += count_falling(values.subspan(half), work.subspan(half));
  std::size_t left = 0;
  std::size_t right = half;
  for (double& out : work) {
    if (right == values.size() || (left < half && values[left] <= values[right])) {
      out = values[left++];
    } else {
      falling += static_cast<std::int64_t>(half - left);
      out = values[right++];
    }
  }
  std::copy(work.begin(), work.end(), values.begin());
  return falling;
}

// value - r * the value before, at the level of the values.
std::vector<double> whitened(std::span<const double> values, double r) {
  std::vector<double> white;
  white.reserve(values.size());
  for (std::size_t i = 1; i < values.size(); ++i) white.push_back((values[i] - r * values[i - 1]) / (1 - r));
  return white;
}

}  // namespace

double lag1_autocorrelation(std::span<const double> values) {
  check_finite(values);
  if (values.size() < 3) return 0;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
    if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean);
  }
  return squares > 0 ? products / squares : 0;
}

MannKendall mann_kendall(std::span<const double> values) {
  check_finite(values);
  MannKendall test;
  test.n = values.size();
  if (values.size() < 2) return test;
  std::vector<double> ascending(values.begin(), values.end());
  std::vector<double> work(values.size());
  const std::int64_t falling = count_falling(ascending, work);
  const auto ties = tie_sizes_of_sorted(ascending);
  double equal_pairs = 0;
  for (const double t : ties) equal_pairs += t * (t - 1) / 2;
  const auto n = static_cast<double>(values.size());
  const double pairs = n * (n - 1) / 2;
  test.s = static_cast<std::int64_t>(pairs - equal_pairs) - 2 * falling;
  test.variance = kendall_variance(values.size(), {}, ties);
  if (test.variance <= 0) return test;
  const auto s = static_cast<double>(test.s);
  test.tau = s / std::sqrt(pairs * (pairs - equal_pairs));
  test.p_value = normal_two_sided(std::max(0.0, std::fabs(s) - 1) / std::sqrt(test.variance));
  return test;
}

std::optional<MannKendall> mann_kendall_prewhitened(std::span<const double> values) {
  if (values.size() < kMannKendallNeeds) return std::nullopt;
  MannKendall test = mann_kendall(values);
  std::vector<double> order(values.size());
  std::iota(order.begin(), order.end(), 0.0);
  const double slope = theil_sen(order, values, {.max_exact = kTrendPoints, .with_interval = false})->slope;
  std::vector<double> detrended(values.begin(), values.end());
  for (std::size_t i = 0; i < detrended.size(); ++i) detrended[i] -= slope * order[i];
  // Taking off a level and a slope lowers it by about (2 + 4 r) / n.
  const double plain_r = lag1_autocorrelation(detrended);
  const auto n = static_cast<double>(values.size());
  test.autocorrelation = std::clamp(plain_r + (2 + 4 * std::max(0.0, plain_r)) / n, -1.0, kLargestR);
  if (test.autocorrelation < kPrewhitenFrom) return test;
  test.prewhitened = true;
  const double plain = mann_kendall(whitened(values, test.autocorrelation)).p_value;
  auto trend_free = whitened(detrended, test.autocorrelation);
  for (std::size_t i = 0; i < trend_free.size(); ++i) trend_free[i] += slope * order[i + 1];
  test.p_value = std::max(plain, mann_kendall(trend_free).p_value);
  return test;
}

}  // namespace comfytrace::insight::stats
