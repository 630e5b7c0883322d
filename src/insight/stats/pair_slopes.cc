#include "insight/stats/pair_slopes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "insight/stats/rank_select.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::size_t kSample = 1'024;
constexpr std::size_t kOff = 48;      // of the sample: three standard deviations at the least
constexpr std::size_t kMany = 8'192;  // slopes; of fewer a sample is too much of a detour

struct Bounds {
  double from = -std::numeric_limits<double>::infinity();
  double to = std::numeric_limits<double>::infinity();
};

struct Between {
  std::vector<double> slopes;  // of which `count` count
  std::size_t count = 0;
  std::size_t below = 0;
};

// Written without a branch: a slope that is not wanted is overwritten by the next.
[[gnu::always_inline]] inline void gather(std::span<const double> x, std::span<const double> y, const Bounds& bounds,
                                          Between& found) {
  using Doubles = double __attribute__((vector_size(32)));
  using Bits = std::int64_t __attribute__((vector_size(32)));
  constexpr std::size_t kLanes = 4;
  Bits below = {};
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    if (found.slopes.size() < found.count + x.size())
      found.slopes.resize(std::max(2 * found.slopes.size(), found.count + x.size()));
    double* out = found.slopes.data() + found.count;
    std::size_t j = i + 1;
    for (; j + kLanes <= x.size(); j += kLanes) {
      Doubles rise;
      Doubles run;
      std::memcpy(&rise, &y[j], sizeof rise);
      std::memcpy(&run, &x[j], sizeof run);
      run -= x[i];
      const Doubles slopes = (rise - y[i]) / run;
      const Bits is_slope = run > 0.0;
      below += (slopes < bounds.from) & is_slope;
      const Bits is_wanted = (slopes >= bounds.from) & (slopes <= bounds.to) & is_slope;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        *out = slopes[lane];
        out -= is_wanted[lane];
      }
    }
    for (; j < x.size(); ++j) {
      const double length = x[j] - x[i];
      const double slope = (y[j] - y[i]) / length;
      const bool is_slope = length > 0;
      found.below += static_cast<std::size_t>((slope < bounds.from) & is_slope);
      *out = slope;
      out += static_cast<std::size_t>((slope >= bounds.from) & (slope <= bounds.to) & is_slope);
    }
    found.count = static_cast<std::size_t>(out - found.slopes.data());
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) found.below -= static_cast<std::size_t>(below[lane]);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void gather_wide(std::span<const double> x, std::span<const double> y,
                                                 const Bounds& bounds, Between& found) {
  gather(x, y, bounds, found);
}
#endif

Between slopes_between(std::span<const double> x, std::span<const double> y, const Bounds& bounds) {
  Between found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    gather_wide(x, y, bounds, found);
    return found;
  }
#endif
  gather(x, y, bounds, found);
  return found;
}

// Between which slopes those of these ranks, of `count`, are likely to be.
Bounds likely_bounds(std::span<const double> x, std::span<const double> y, std::span<const std::size_t> ranks,
                     std::size_t count) {
  const std::size_t pairs = x.size() * (x.size() - 1) / 2;
  std::vector<double> some;
  some.reserve(kSample);
  std::size_t begin = 0;  // of the pairs of i
  std::size_t i = 0;
  for (std::size_t k = 0; k < kSample; ++k) {
    const std::size_t at = k * pairs / kSample;
    while (at - begin >= x.size() - 1 - i) begin += x.size() - 1 - i++;
    const std::size_t j = i + 1 + (at - begin);
    if (x[j] > x[i]) some.push_back((y[j] - y[i]) / (x[j] - x[i]));
  }
  if (some.empty()) return {};
  const auto [least, most] = std::ranges::minmax(ranks);
  const std::size_t low = least * some.size() / count;
  const std::size_t high = std::min(most * some.size() / count + kOff, some.size() - 1);
  const std::size_t places[] = {low - std::min(low, kOff), high};
  const auto bounds = values_at_ranks(some, places);
  return {bounds[0], bounds[1]};
}

}  // namespace

std::size_t count_slopes(std::span<const double> x) {
  std::size_t count = 0;
  std::size_t smaller = 0;  // before x[i]
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i] > x[i - 1]) smaller = i;
    count += smaller;
  }
  return count;
}

std::vector<double> slopes_at_ranks(std::span<const double> x, std::span<const double> y,
                                    std::span<const std::size_t> ranks) {
  const std::size_t count = count_slopes(x);
  CHECK(x.size() == y.size() && !ranks.empty() && std::ranges::max(ranks) < count);
  Between found;
  std::vector<std::size_t> among(ranks.begin(), ranks.end());
  if (count >= kMany) {
    found = slopes_between(x, y, likely_bounds(x, y, ranks, count));
    const auto [least, most] = std::ranges::minmax(ranks);
    if (least < found.below || most >= found.below + found.count) found = {};
  }
  if (found.count == 0) found = slopes_between(x, y, {});
  for (std::size_t& rank : among) rank -= found.below;
  return values_at_ranks(std::span(found.slopes).first(found.count), among);
}

}  // namespace comfytrace::insight::stats
