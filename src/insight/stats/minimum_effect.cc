#include "insight/stats/minimum_effect.h"

#include <cmath>
#include <numbers>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/outlier.h"

namespace comfytrace::insight::stats {

std::optional<double> robust_variation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const auto scale = robust_scale(values);
  if (scale->median == 0) return std::nullopt;
  return robust_deviation(*scale) / std::fabs(scale->median);
}

std::optional<double> smallest_detectable_change(double variation, std::size_t n_before, std::size_t n_after,
                                                 const MinimumEffectOptions& options) {
  CHECK(variation >= 0 && options.alpha > 0 && options.alpha < 1 && options.power > 0 && options.power < 1);
  if (!rank_test_can_reach(n_before, n_after, options.alpha)) return std::nullopt;
  const double degrees = static_cast<double>(n_before) + static_cast<double>(n_after) - 2;
  const double factor = student_quantile(1 - options.alpha / 2, degrees) + student_quantile(options.power, degrees);
  const double error = std::sqrt(1 / static_cast<double>(n_before) + 1 / static_cast<double>(n_after));
  // The rank test needs pi / 3 as many values as the t-test where values are normal.
  return std::expm1(factor * variation * error * std::sqrt(std::numbers::pi / 3));
}

}  // namespace comfytrace::insight::stats
