#include "insight/stats/robust_t_test.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {
namespace {

constexpr double kDrawIn = 3;  // robust standard deviations

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

// The mean square of differences `lag` apart, the largest drawn in.
double mean_square_difference(std::span<const double> values, std::size_t lag) {
  std::vector<double> differences;
  for (std::size_t i = lag; i < values.size(); ++i) differences.push_back(std::fabs(values[i] - values[i - lag]));
  std::vector<double> work = differences;
  double limit = kDrawIn * median_in_place(work) / 0.6745;
  if (limit <= 0) limit = *std::max_element(differences.begin(), differences.end());
  double sum = 0;
  for (const double difference : differences) sum += std::min(difference, limit) * std::min(difference, limit);
  return sum / static_cast<double>(differences.size());
}

}  // namespace

RobustTTest robust_t_test(std::span<const double> left, std::span<const double> right, double autocorrelation) {
  CHECK(left.size() >= 2 && right.size() >= 2 && autocorrelation >= 0 && autocorrelation < 1);
  std::vector<double> residuals;
  residuals.reserve(left.size() + right.size());
  append_residuals(left, residuals);
  append_residuals(right, residuals);
  const double limit = kDrawIn * robust_deviation(*robust_scale(residuals));
  for (double& residual : residuals) residual = std::clamp(residual, -limit, limit);
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
    test.p_value = student_two_sided(test.difference / std::sqrt(variance), std::max(1.0, degrees * share));
  } else {
    test.p_value = test.difference == 0 ? 1 : 0;
  }
  return test;
}

double step_free_autocorrelation(std::span<const double> values) {
  if (values.size() < 10) return 0;
  const double neighbours = mean_square_difference(values, 1);
  if (neighbours <= 0) return 0;
  // Of a first-order autoregression the mean squares are 2 v (1 - r) and 2 v (1 - r^2): their ratio is 1 + r.
  return std::clamp(mean_square_difference(values, 2) / neighbours - 1, 0.0, 0.9);
}

}  // namespace comfytrace::insight::stats
