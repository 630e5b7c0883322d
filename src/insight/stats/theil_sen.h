#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>

#include "insight/stats/interval.h"

// The robust slope of values over time (Theil 1950, Sen 1968): the median of the slopes of all pairs.
namespace comfytrace::insight::stats {

constexpr std::size_t kTheilSenExact = 2'000;  // points whose pairs are all looked at

struct TheilSenOptions {
  double level = kLevel;
  std::size_t max_exact = kTheilSenExact;  // at least 10. Cost is quadratic in it
  // What Var(S) is multiplied by for the interval: (1 + r) / (1 - r) of series with lag-1 autocorrelation r. >= 1.
  double variance_inflation = 1;
  bool with_interval = true;  // false: nobody asks for it
};

struct TheilSen {
  std::size_t n = 0;
  double slope = 0;                  // values' unit by x's unit
  double intercept = 0;              // median of y minus slope times median of x
  std::optional<Interval> interval;  // of the slope; missing where n is too small for the level
  bool reduced = false;              // more than max_exact points: see theil_sen
};
BOOST_DESCRIBE_STRUCT(TheilSen, (), (n, slope, intercept, interval, reduced))

// std::nullopt where no two points differ in x (also n < 2). Pairs of equal x say nothing and are left out; x need not
// ascend, except: more than `max_exact` points are reduced, in their order in x, to the medians of `max_exact` runs of
// neighbours, as equal in number as can be. The interval is then that of the reduced series.
[[nodiscard]] std::optional<TheilSen> theil_sen(std::span<const double> x, std::span<const double> y,
                                                const TheilSenOptions& options = {});

}  // namespace comfytrace::insight::stats
