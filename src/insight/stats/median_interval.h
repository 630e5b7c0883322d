#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "insight/stats/interval.h"

// Intervals that assume no shape of the values: of a median, and of a rate.
namespace comfytrace::insight::stats {

// The narrowest pair of order statistics, equally far from both ends, that holds the population's median with at least
// `level`. std::nullopt below median_interval_needs(level). `interval.level` is what the pair really has (0.969 at n =
// 6).
[[nodiscard]] std::optional<Interval> median_interval(std::span<const double> values, double level = kLevel);
// The fewest values that give an interval: 6 at 0.95.
[[nodiscard]] std::size_t median_interval_needs(double level = kLevel);

// Wilson's score interval of a rate of `successes` in `n`. std::nullopt at n = 0. Never leaves 0-1, and has width at
// 0 and n successes.
[[nodiscard]] std::optional<Interval> wilson_interval(std::size_t successes, std::size_t n, double level = kLevel);

}  // namespace comfytrace::insight::stats
