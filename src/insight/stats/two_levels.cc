#include "insight/stats/two_levels.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {
namespace {

// The same as robust_scale(residuals), which are ascending less their median on either side.
RobustScale scale_of(std::span<const double> residuals, std::span<const double> ascending_left, double left_median,
                     std::span<const double> ascending_right, double right_median) {
  std::vector<double> ascending(residuals.size());
  std::vector<double> sides;
  sides.reserve(residuals.size());
  for (const double value : ascending_left) sides.push_back(value - left_median);
  for (const double value : ascending_right) sides.push_back(value - right_median);
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(ascending_left.size());
  std::merge(sides.begin(), middle, middle, sides.end(), ascending.begin());
  RobustScale scale;
  scale.n = ascending.size();
  scale.median = quantile_of_sorted(ascending, 0.5);
  scale.mad = mad_of_sorted(ascending, scale.median, sides);
  return scale.mad > 0 ? scale : *robust_scale(residuals);
}

double neighbour_products(std::span<const double> values, double mean) {
  double sum = 0;
  for (std::size_t i = 1; i < values.size(); ++i) sum += (values[i] - mean) * (values[i - 1] - mean);
  return sum;
}

}  // namespace

TwoLevels::TwoLevels(std::span<const double> left, std::span<const double> right)
    : TwoLevels(left, right, sorted_finite(left), sorted_finite(right)) {}

TwoLevels::TwoLevels(std::span<const double> left, std::span<const double> right,
                     std::span<const double> ascending_left, std::span<const double> ascending_right)
    : n_left_(left.size()) {
  CHECK(left.size() >= 2 && right.size() >= 2);
  CHECK(left.size() == ascending_left.size() && right.size() == ascending_right.size());
  left_.median = quantile_of_sorted(ascending_left, 0.5);
  right_.median = quantile_of_sorted(ascending_right, 0.5);
  residuals_.reserve(left.size() + right.size());
  for (const double value : left) residuals_.push_back(value - left_.median);
  for (const double value : right) residuals_.push_back(value - right_.median);
  const RobustScale scale = scale_of(residuals_, ascending_left, left_.median, ascending_right, right_.median);
  const double limit = outlier_cutoff(std::max(residuals_.size(), kOutlierNeeds)) * robust_deviation(scale);
  for (double& residual : residuals_) residual = std::clamp(residual, -limit, limit);
  const auto take = [](Side& side, std::span<const double> residuals) {
    for (const double value : residuals) side.mean += value;
    side.mean /= static_cast<double>(residuals.size());
    for (const double value : residuals) side.squares += (value - side.mean) * (value - side.mean);
  };
  take(left_, residuals_of_left());
  take(right_, residuals_of_right());
}

RobustTTest TwoLevels::t_test(double autocorrelation) const {
  CHECK(autocorrelation >= 0 && autocorrelation < 1);
  RobustTTest test;
  test.difference = right_.median + right_.mean - left_.median - left_.mean;
  const auto n = static_cast<double>(n_left_);
  const auto m = static_cast<double>(residuals_.size() - n_left_);
  const double degrees = n + m - 2;
  const double share = (1 - autocorrelation) / (1 + autocorrelation);
  const double variance = (left_.squares + right_.squares) / degrees * (1 / n + 1 / m) / share;
  if (variance > 0) {
    test.p_value = student_two_sided(test.difference / std::sqrt(variance), degrees);
  } else {
    test.p_value = test.difference == 0 ? 1 : 0;
  }
  return test;
}

double TwoLevels::autocorrelation() const {
  const double squares = left_.squares + right_.squares;
  if (squares <= 0) return 0;
  const double plain =
      (neighbour_products(residuals_of_left(), left_.mean) + neighbour_products(residuals_of_right(), right_.mean)) /
      squares;
  // Taking off a mean lowers it by (1 + 4 r) / n (Kendall 1954); here two are taken off.
  const auto n = static_cast<double>(residuals_.size());
  return std::clamp(plain + 2 * (1 + 4 * std::max(0.0, plain)) / n, 0.0, 0.9);
}

}  // namespace comfytrace::insight::stats
