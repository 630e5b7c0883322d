#include "insight/stats/outlier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "insight/stats/finite.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {

std::optional<RobustScale> robust_scale(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  std::vector<double> work(values.begin(), values.end());
  RobustScale scale;
  scale.n = values.size();
  scale.median = median_in_place(work);
  for (double& value : work) value = std::fabs(value - scale.median);
  scale.mean_absolute_deviation = std::accumulate(work.begin(), work.end(), 0.0) / static_cast<double>(work.size());
  scale.mad = median_in_place(work);
  return scale;
}

// |value - median| grows to both sides of it: of two groups in order, only the middle is wanted.
double mad_of_sorted(std::span<const double> ascending, double median) {
  const auto n_below = static_cast<std::size_t>(std::ranges::lower_bound(ascending, median) - ascending.begin());
  const std::size_t n_above = ascending.size() - n_below;
  const auto above = [&](std::size_t i) { return ascending[n_below + i] - median; };
  const auto below = [&](std::size_t i) { return median - ascending[n_below - 1 - i]; };
  const auto at = [&](std::size_t rank) {
    // How many of the `rank` nearest lie above.
    std::size_t least = rank - std::min(rank, n_below);
    std::size_t most = std::min(rank, n_above);
    while (least < most) {
      const std::size_t up = least + (most - least) / 2;
      if (above(up) < below(rank - up - 1)) {
        least = up + 1;
      } else {
        most = up;
      }
    }
    if (least == n_above) return below(rank - least);
    if (rank - least == n_below) return above(least);
    return std::min(above(least), below(rank - least));
  };
  const std::size_t half = (ascending.size() - 1) / 2;
  return ascending.size() % 2 == 1 ? at(half) : std::lerp(at(half), at(half + 1), 0.5);
}

double robust_deviation(const RobustScale& scale) {
  if (scale.mad > 0) return scale.mad / 0.6745;
  return 1.253314 * scale.mean_absolute_deviation;
}

double robust_z(double value, const RobustScale& scale) {
  const double off = value - scale.median;
  const double deviation = robust_deviation(scale);
  if (deviation > 0) return off / deviation;
  if (off == 0) return 0;
  return std::copysign(std::numeric_limits<double>::infinity(), off);
}

double outlier_cutoff(std::size_t n) {
  CHECK(n >= kOutlierNeeds);
  // The 99 % points of |robust_z| of one more normal value, simulated (2 million series a size, standard error at most
  // 0.05) and rounded up; from 22 on they are below Iglewicz and Hoaglin's own cut-off.
  constexpr std::array<double, 17> kFew = {14.6, 8.1,  7.8,  5.95, 5.8,  5.0,  4.9,  4.45, 4.4,
                                           4.1,  4.05, 3.85, 3.8,  3.65, 3.65, 3.55, 3.55};
  const std::size_t at = n - kOutlierNeeds;
  return at < kFew.size() ? kFew[at] : kOutlierZ;
}

std::optional<bool> is_outlier(double value, const RobustScale& others) {
  if (others.n < kOutlierNeeds) return std::nullopt;
  return std::fabs(robust_z(value, others)) > outlier_cutoff(others.n);
}

std::vector<std::size_t> outliers(std::span<const double> values) {
  std::vector<std::size_t> found;
  if (values.size() < kOutlierNeeds) return found;
  const auto scale = robust_scale(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::fabs(robust_z(values[i], *scale)) > kOutlierZ) found.push_back(i);
  }
  return found;
}

}  // namespace comfytrace::insight::stats
