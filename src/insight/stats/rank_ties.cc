#include "insight/stats/rank_ties.h"

#include <algorithm>

namespace comfytrace::insight::stats {
namespace {

struct TieSums {
  double pairs = 0;     // sum of t (t - 1)
  double triples = 0;   // sum of t (t - 1) (t - 2)
  double variance = 0;  // sum of t (t - 1) (2 t + 5)
};

TieSums sums(std::span<const double> ties) {
  TieSums all;
  for (const double t : ties) {
    all.pairs += t * (t - 1);
    all.triples += t * (t - 1) * (t - 2);
    all.variance += t * (t - 1) * (2 * t + 5);
  }
  return all;
}

}  // namespace

std::vector<double> tie_sizes(std::span<const double> values) {
  std::vector<double> ascending(values.begin(), values.end());
  std::sort(ascending.begin(), ascending.end());
  return tie_sizes_of_sorted(ascending);
}

std::vector<double> tie_sizes_of_sorted(std::span<const double> ascending) {
  std::vector<double> sizes;
  for (auto from = ascending.begin(); from != ascending.end();) {
    const auto to = std::upper_bound(from, ascending.end(), *from);
    if (to - from > 1) sizes.push_back(static_cast<double>(to - from));
    from = to;
  }
  return sizes;
}

double kendall_variance(std::size_t n, std::span<const double> ties_x, std::span<const double> ties_y) {
  if (n < 2) return 0;
  const auto count = static_cast<double>(n);
  const TieSums x = sums(ties_x);
  const TieSums y = sums(ties_y);
  const double pairs = count * (count - 1);
  double variance = (pairs * (2 * count + 5) - x.variance - y.variance) / 18 + x.pairs * y.pairs / (2 * pairs);
  if (n > 2) variance += x.triples * y.triples / (9 * pairs * (count - 2));
  return std::max(0.0, variance);
}

}  // namespace comfytrace::insight::stats
