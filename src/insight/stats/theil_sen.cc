#include "insight/stats/theil_sen.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/quantile.h"
#include "insight/stats/rank_ties.h"

namespace comfytrace::insight::stats {
namespace {

struct Points {
  std::vector<double> x;
  std::vector<double> y;
};

// `groups` points, each the medians of neighbours in x.
Points reduce(std::span<const double> x, std::span<const double> y, std::size_t groups) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  Points reduced;
  std::vector<double> some_x;
  std::vector<double> some_y;
  for (std::size_t g = 0; g < groups; ++g) {
    some_x.clear();
    some_y.clear();
    for (std::size_t i = g * x.size() / groups; i < (g + 1) * x.size() / groups; ++i) {
      some_x.push_back(x[order[i]]);
      some_y.push_back(y[order[i]]);
    }
    reduced.x.push_back(median_in_place(some_x));
    reduced.y.push_back(median_in_place(some_y));
  }
  return reduced;
}

std::vector<double> pair_slopes(std::span<const double> x, std::span<const double> y) {
  std::vector<double> slopes;
  slopes.reserve(x.size() * (x.size() - 1) / 2);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[j] != x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  return slopes;
}

// Sen's interval: as many slopes off each end as Kendall's S scatters under no trend.
std::optional<Interval> slope_interval(std::span<double> slopes, std::span<const double> x, std::span<const double> y,
                                       const TheilSenOptions& options) {
  const double variance = kendall_variance(x.size(), tie_sizes(x), tie_sizes(y)) * options.variance_inflation;
  const double width = normal_quantile(0.5 + options.level / 2) * std::sqrt(variance);
  const double off = std::floor((static_cast<double>(slopes.size()) - width) / 2);
  if (off < 1) return std::nullopt;
  const auto low = slopes.begin() + static_cast<std::ptrdiff_t>(off) - 1;
  const auto high = slopes.end() - static_cast<std::ptrdiff_t>(off);
  std::nth_element(slopes.begin(), low, slopes.end());
  if (high > low) std::nth_element(low + 1, high, slopes.end());
  return Interval{*low, *high, options.level};
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
  Points reduced;
  if (x.size() > options.max_exact) {
    line.reduced = true;
    reduced = reduce(x, y, options.max_exact);
    x = reduced.x;
    y = reduced.y;
  }
  if (x.size() < 2) return std::nullopt;
  auto slopes = pair_slopes(x, y);
  if (slopes.empty()) return std::nullopt;
  line.slope = median_in_place(slopes);
  line.intercept = *median(y) - line.slope * *median(x);
  line.interval = slope_interval(slopes, x, y, options);
  return line;
}

}  // namespace comfytrace::insight::stats
