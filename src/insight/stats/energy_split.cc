#include "insight/stats/energy_split.h"

#include <cmath>
#include <vector>

namespace comfytrace::insight::stats {
namespace {

double pairs(double n) {
  return n * (n - 1) / 2;
}

}  // namespace

std::optional<std::size_t> energy_split(std::span<const double> values, std::size_t min_segment) {
  const std::size_t n = values.size();
  if (n < 2 * min_segment) return std::nullopt;
  // Sums of each value's distances to the values before it and to those after it.
  std::vector<double> to_earlier(n, 0.0);
  std::vector<double> to_later(n, 0.0);
  // Each sum is made in the order of the values, many of them at once.
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j + 1; i < n; ++i) to_earlier[i] += std::fabs(values[i] - values[j]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) to_later[j] += std::fabs(values[i] - values[j]);
  }
  double within_left = 0;
  double within_right = 0;
  for (const double sum : to_earlier) within_right += sum;
  const double all = within_right;
  if (all <= 0) return std::nullopt;
  std::optional<std::size_t> best;
  double best_energy = 0;
  for (std::size_t left = 1; left + min_segment <= n; ++left) {
    // The value at left - 1 has changed sides.
    within_left += to_earlier[left - 1];
    within_right -= to_later[left - 1];
    if (left < min_segment) continue;
    const auto l = static_cast<double>(left);
    const auto r = static_cast<double>(n - left);
    const double across = all - within_left - within_right;
    const double distance = 2 * across / (l * r) - within_left / pairs(l) - within_right / pairs(r);
    const double energy = distance * l * r / (l + r);
    if (!best || energy > best_energy) {
      best = left;
      best_energy = energy;
    }
  }
  return best;
}

}  // namespace comfytrace::insight::stats
