#include "insight/stats/two_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/merge_ascending.h"
#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {
namespace {

// The same as robust_scale(residuals), which are ascending less their median on either side.
RobustScale scale_of(std::span<const double> ascending_left, double left_median,
                     std::span<const double> ascending_right, double right_median, TwoLevels::Room& room) {
  room.sides.clear();
  for (const double value : ascending_left) room.sides.push_back(value - left_median);
  for (const double value : ascending_right) room.sides.push_back(value - right_median);
  if (room.ascending.size() < room.sides.size()) room.ascending.resize(room.sides.size());
  const std::span<const double> sides(room.sides);
  merge_ascending(sides.first(ascending_left.size()), sides.subspan(ascending_left.size()), room.ascending.data());
  const auto ascending = std::span<const double>(room.ascending).first(sides.size());
  RobustScale scale;
  scale.n = ascending.size();
  scale.median = quantile_of_sorted(ascending, 0.5);
  scale.mad = mad_of_sorted(ascending, scale.median);
  return scale.mad > 0 ? scale : *robust_scale(room.residuals);
}

double neighbour_products(std::span<const double> values, double mean) {
  double sum = 0;
  for (std::size_t i = 1; i < values.size(); ++i) sum += (values[i] - mean) * (values[i - 1] - mean);
  return sum;
}

}  // namespace

TwoLevels::TwoLevels(std::span<const double> left, std::span<const double> right)
    : TwoLevels(left, right, sorted_finite(left), sorted_finite(right), own_) {}

TwoLevels::TwoLevels(std::span<const double> left, std::span<const double> right,
                     std::span<const double> ascending_left, std::span<const double> ascending_right, Room& room)
    : n_left_(left.size()) {
  CHECK(left.size() >= 2 && right.size() >= 2);
  CHECK(left.size() == ascending_left.size() && right.size() == ascending_right.size());
  left_.median = quantile_of_sorted(ascending_left, 0.5);
  right_.median = quantile_of_sorted(ascending_right, 0.5);
  room.residuals.clear();
  for (const double value : left) room.residuals.push_back(value - left_.median);
  for (const double value : right) room.residuals.push_back(value - right_.median);
  const RobustScale scale = scale_of(ascending_left, left_.median, ascending_right, right_.median, room);
  const double limit = outlier_cutoff(std::max(room.residuals.size(), kOutlierNeeds)) * robust_deviation(scale);
  for (double& residual : room.residuals) residual = std::clamp(residual, -limit, limit);
  residuals_ = room.residuals;
  const auto take = [](Side& side, std::span<const double> residuals) {
    for (const double value : residuals) side.mean += value;
    side.mean /= static_cast<double>(residuals.size());
    for (const double value : residuals) side.squares += (value - side.mean) * (value - side.mean);
  };
  take(left_, residuals_of_left());
  take(right_, residuals_of_right());
}

TwoLevels::Difference TwoLevels::difference(double autocorrelation) const {
  CHECK(autocorrelation >= 0 && autocorrelation < 1);
  Difference found;
  found.difference = right_.median + right_.mean - left_.median - left_.mean;
  const auto n = static_cast<double>(n_left_);
  const auto m = static_cast<double>(residuals_.size() - n_left_);
  found.degrees = n + m - 2;
  const double share = (1 - autocorrelation) / (1 + autocorrelation);
  const double variance = (left_.squares + right_.squares) / found.degrees * (1 / n + 1 / m) / share;
  if (variance > 0) {
    found.t = found.difference / std::sqrt(variance);
  } else if (found.difference != 0) {
    found.t = std::numeric_limits<double>::infinity();
  }
  return found;
}

RobustTTest TwoLevels::t_test(double autocorrelation) const {
  const Difference found = difference(autocorrelation);
  return {student_two_sided(found.t, found.degrees), found.difference};
}

// The tails of Student's t are heavier than those of the normal. What lies close to `alpha` is left to the test.
bool TwoLevels::is_surely_above(double alpha, double autocorrelation) const {
  return normal_two_sided(difference(autocorrelation).t) > alpha * (1 + 1e-9);
}

// The integral of the tail from t on is less with x / t in it, and then has a closed form; its factor is at most that
// of the normal.
bool TwoLevels::is_surely_below(double alpha, double autocorrelation) const {
  const Difference found = difference(autocorrelation);
  const double t = std::fabs(found.t);
  if (found.degrees <= 1 || t == 0 || std::isinf(t)) return false;
  const double tail =
      found.degrees / (found.degrees - 1) / t * std::exp(-(found.degrees - 1) / 2 * std::log1p(t * t / found.degrees));
  return 2 * std::numbers::inv_sqrtpi / std::numbers::sqrt2 * tail < alpha * (1 - 1e-9);
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
