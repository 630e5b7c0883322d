#include "insight/stats/theil_sen.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/pair_slopes.h"
#include "insight/stats/quantile.h"
#include "insight/stats/rank_ties.h"

namespace comfytrace::insight::stats {
namespace {

struct Points {
  std::vector<double> x;
  std::vector<double> y;
};

Points in_order(std::span<const double> x, std::span<const double> y) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return x[i]; });
  Points points;
  for (const std::size_t i : order) {
    points.x.push_back(x[i]);
    points.y.push_back(y[i]);
  }
  return points;
}

// `groups` points, each the medians of neighbours; x ascends.
Points reduce(std::span<const double> x, std::span<const double> y, std::size_t groups) {
  Points reduced;
  std::vector<double> some_x;
  std::vector<double> some_y;
  for (std::size_t g = 0; g < groups; ++g) {
    some_x.clear();
    some_y.clear();
    for (std::size_t i = g * x.size() / groups; i < (g + 1) * x.size() / groups; ++i) {
      some_x.push_back(x[i]);
      some_y.push_back(y[i]);
    }
    reduced.x.push_back(median_in_place(some_x));
    reduced.y.push_back(median_in_place(some_y));
  }
  return reduced;
}

// How many slopes lie off each end of Sen's interval: as many as Kendall's S, which scatters by sqrt(variance) under no
// trend, leaves over. 0: there is no interval.
std::size_t slopes_outside(std::size_t slopes, double variance, double level) {
  const double width = normal_quantile(0.5 + level / 2) * std::sqrt(variance);
  const double off = std::floor((static_cast<double>(slopes) - width) / 2);
  return off < 1 ? 0 : static_cast<std::size_t>(off);
}

}  // namespace

std::optional<TheilSen> theil_sen(std::span<const double> x, std::span<const double> y,
                                  const TheilSenOptions& options) {
  CHECK(x.size() == y.size() && options.max_exact >= 10 && options.variance_inflation >= 1);
  CHECK(options.level > 0 && options.level < 1);
  check_finite(x);
  check_finite(y);
  TheilSen line;
  line.n = x.size();
  Points ascending;
  if (!std::ranges::is_sorted(x)) {
    ascending = in_order(x, y);
    x = ascending.x;
    y = ascending.y;
  }
  Points reduced;
  if (x.size() > options.max_exact) {
    line.reduced = true;
    reduced = reduce(x, y, options.max_exact);
    x = reduced.x;
    y = reduced.y;
  }
  if (x.size() < 2) return std::nullopt;
  const std::size_t count = count_slopes(x);
  if (count == 0) return std::nullopt;
  std::size_t outside = 0;
  if (options.with_interval) {
    const double variance = kendall_variance(x.size(), tie_sizes(x), tie_sizes(y)) * options.variance_inflation;
    outside = slopes_outside(count, variance, options.level);
  }
  std::vector<std::size_t> ranks = {(count - 1) / 2, count / 2};
  if (outside > 0) ranks.insert(ranks.end(), {outside - 1, count - outside});
  const auto found = slopes_at_ranks(x, y, ranks);
  line.slope = std::midpoint(found[0], found[1]);
  line.intercept = *median(y) - line.slope * *median(x);
  if (outside > 0) line.interval = Interval{found[2], found[3], options.level};
  return line;
}

}  // namespace comfytrace::insight::stats
