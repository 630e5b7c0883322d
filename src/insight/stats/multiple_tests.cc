#include "insight/stats/multiple_tests.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "base/check.h"

namespace comfytrace::insight::stats {

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  CHECK(std::all_of(p_values.begin(), p_values.end(), [](double p) { return p >= 0 && p <= 1; }));
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] > p_values[b]; });
  const auto m = static_cast<double>(p_values.size());
  std::vector<double> adjusted(p_values.size());
  double least = 1;  // from the largest down, so that the adjusted values keep the order of the plain ones
  double rank = m;
  for (const std::size_t at : order) {
    least = std::min(least, p_values[at] * m / rank);
    adjusted[at] = least;
    --rank;
  }
  return adjusted;
}

}  // namespace comfytrace::insight::stats
