#include "insight/stats/energy_split.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace comfytrace::insight::stats {
namespace {

double pairs(double n) {
  return n * (n - 1) / 2;
}

constexpr std::size_t kLanes = 4;
constexpr std::size_t kVectors = 4;
constexpr std::size_t kAtOnce = kLanes * kVectors;  // values whose sums are made in registers

// Of each value the sums of its distances to the values before it and to those after it, each made in the order of the
// values. There is room behind all three up to a multiple of kAtOnce.
[[gnu::always_inline]] inline void add_distances(const double* values, std::size_t n, double* to_earlier,
                                                 double* to_later) {
  using Doubles = double __attribute__((vector_size(32)));
  using Bits = std::int64_t __attribute__((vector_size(32)));
  constexpr std::int64_t kNoSign = std::numeric_limits<std::int64_t>::max();
  constexpr Doubles kLane = {0, 1, 2, 3};
  for (std::size_t begin = 0; begin < n; begin += kAtOnce) {
    Doubles of[kVectors];
    Doubles earlier[kVectors] = {};
    Doubles later[kVectors] = {};
    std::memcpy(of, values + begin, sizeof of);
    const std::size_t end = std::min(begin + kAtOnce, n);
    for (std::size_t i = 0; i < begin; ++i) {
      for (std::size_t k = 0; k < kVectors; ++k)
        earlier[k] += reinterpret_cast<Doubles>(reinterpret_cast<Bits>(of[k] - values[i]) & kNoSign);
    }
    for (std::size_t i = begin; i < end; ++i) {
      const auto place = static_cast<double>(i - begin);
      for (std::size_t k = 0; k < kVectors; ++k) {
        const Bits distance = reinterpret_cast<Bits>(of[k] - values[i]) & kNoSign;
        const Bits is_behind = kLane + static_cast<double>(k * kLanes) > place;
        earlier[k] += reinterpret_cast<Doubles>(distance & is_behind);
        later[k] += reinterpret_cast<Doubles>(distance & ~is_behind);
      }
    }
    for (std::size_t i = end; i < n; ++i) {
      for (std::size_t k = 0; k < kVectors; ++k)
        later[k] += reinterpret_cast<Doubles>(reinterpret_cast<Bits>(of[k] - values[i]) & kNoSign);
    }
    std::memcpy(to_earlier + begin, earlier, sizeof earlier);
    std::memcpy(to_later + begin, later, sizeof later);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void add_distances_wide(const double* values, std::size_t n, double* to_earlier,
                                                        double* to_later) {
  add_distances(values, n, to_earlier, to_later);
}
#endif

}  // namespace

std::optional<std::size_t> energy_split(std::span<const double> values, std::size_t min_segment) {
  const std::size_t n = values.size();
  if (n < 2 * min_segment) return std::nullopt;
  const std::size_t room = (n + kAtOnce - 1) / kAtOnce * kAtOnce;
  std::vector<double> rooms(3 * room);
  std::copy(values.begin(), values.end(), rooms.begin());
  double* const earlier = rooms.data() + room;
  double* const later = earlier + room;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    add_distances_wide(rooms.data(), n, earlier, later);
  } else {
    add_distances(rooms.data(), n, earlier, later);
  }
#else
  add_distances(rooms.data(), n, earlier, later);
#endif
  const std::span<const double> to_earlier(earlier, n);
  const std::span<const double> to_later(later, n);
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
