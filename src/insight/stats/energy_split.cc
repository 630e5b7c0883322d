#include "insight/stats/energy_split.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace comfytrace::insight::stats {
namespace {

double pairs(double n) {
  return n * (n - 1) / 2;
}

// Adds to each of some sums the distance of its value from `from`, several at once.
void add_distances(std::span<const double> values, double from, double* sums) {
  using Doubles = double __attribute__((vector_size(32)));
  using Bits = std::int64_t __attribute__((vector_size(32)));
  constexpr std::size_t kLanes = 4;
  constexpr std::int64_t kNoSign = std::numeric_limits<std::int64_t>::max();
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    Doubles value;
    Doubles sum;
    std::memcpy(&value, &values[i], sizeof value);
    std::memcpy(&sum, sums + i, sizeof sum);
    value -= from;
    Bits bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= kNoSign;
    std::memcpy(&value, &bits, sizeof value);
    sum += value;
    std::memcpy(sums + i, &sum, sizeof sum);
  }
  for (; i < values.size(); ++i) sums[i] += std::fabs(values[i] - from);
}

}  // namespace

std::optional<std::size_t> energy_split(std::span<const double> values, std::size_t min_segment) {
  const std::size_t n = values.size();
  if (n < 2 * min_segment) return std::nullopt;
  // Sums of each value's distances to the values before it and to those after it.
  std::vector<double> to_earlier(n, 0.0);
  std::vector<double> to_later(n, 0.0);
  // Each sum is made in the order of the values, many of them at once.
  for (std::size_t i = 0; i + 1 < n; ++i) add_distances(values.subspan(i + 1), values[i], &to_earlier[i + 1]);
  for (std::size_t i = 1; i < n; ++i) add_distances(values.first(i), values[i], to_later.data());
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
