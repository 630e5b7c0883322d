#include "insight/stats/robust_student.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {
namespace {

// Values less the median of their side.
void append_residuals(std::span<const double> side, std::vector<double>& residuals) {
  const double middle = *median(side);
  for (const double value : side) residuals.push_back(value - middle);
}

struct Moments {
  double mean = 0;
  double squares = 0;  // sum of squared distances from the mean
};

Moments moments(std::span<const double> values) {
  Moments m;
  for (const double value : values) m.mean += value;
  m.mean /= static_cast<double>(values.size());
  for (const double value : values) m.squares += (value - m.mean) * (value - m.mean);
  return m;
}

// Both sides' values around their own medians, drawn in.
std::vector<double> drawn_in_residuals(std::span<const double> left, std::span<const double> right) {
  std::vector<double> residuals;
  residuals.reserve(left.size() + right.size());
  append_residuals(left, residuals);
  append_residuals(right, residuals);
  const double cutoff = outlier_cutoff(std::max(residuals.size(), kOutlierNeeds));
  const double limit = cutoff * robust_deviation(*robust_scale(residuals));
  for (double& residual : residuals) residual = std::clamp(residual, -limit, limit);
  return residuals;
}

double neighbour_products(std::span<const double> values, double mean) {
  double sum = 0;
  for (std::size_t i = 1; i < values.size(); ++i) sum += (values[i] - mean) * (values[i - 1] - mean);
  return sum;
}

}  // namespace

RobustTTest robust_t_test(std::span<const double> left, std::span<const double> right, double autocorrelation) {
  CHECK(left.size() >= 2 && right.size() >= 2 && autocorrelation >= 0 && autocorrelation < 1);
  const auto residuals = drawn_in_residuals(left, right);
  const Moments l = moments(std::span(residuals).first(left.size()));
  const Moments r = moments(std::span(residuals).subspan(left.size()));
  RobustTTest test;
  test.difference = *median(right) + r.mean - *median(left) - l.mean;
  const auto n = static_cast<double>(left.size());
  const auto m = static_cast<double>(right.size());
  const double degrees = n + m - 2;
  const double share = (1 - autocorrelation) / (1 + autocorrelation);
  const double variance = (l.squares + r.squares) / degrees * (1 / n + 1 / m) / share;
  if (variance > 0) {
    test.p_value = student_two_sided(test.difference / std::sqrt(variance), degrees);
  } else {
    test.p_value = test.difference == 0 ? 1 : 0;
  }
  return test;
}

double step_free_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  std::vector<double> differences;
  for (std::size_t i = 1; i < values.size(); ++i) differences.push_back(std::fabs(values[i] - values[i - 1]));
  return median_in_place(differences) / (0.6745 * std::numbers::sqrt2);
}

double two_level_autocorrelation(std::span<const double> left, std::span<const double> right) {
  CHECK(left.size() >= 2 && right.size() >= 2);
  const auto residuals = drawn_in_residuals(left, right);
  const auto on_left = std::span(residuals).first(left.size());
  const auto on_right = std::span(residuals).subspan(left.size());
  const Moments l = moments(on_left);
  const Moments r = moments(on_right);
  if (l.squares + r.squares <= 0) return 0;
  const double plain =
      (neighbour_products(on_left, l.mean) + neighbour_products(on_right, r.mean)) / (l.squares + r.squares);
  // Taking off a mean lowers it by (1 + 4 r) / n (Kendall 1954); here two are taken off.
  const auto n = static_cast<double>(residuals.size());
  return std::clamp(plain + 2 * (1 + 4 * std::max(0.0, plain)) / n, 0.0, 0.9);
}

}  // namespace comfytrace::insight::stats
