#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

// Whether values in order tend to rise or to fall (Mann 1945, Kendall 1975), and what autocorrelation does to that.
namespace comfytrace::insight::stats {

constexpr double kPrewhitenFrom = 0.1;        // lag-1 autocorrelation
constexpr std::size_t kMannKendallNeeds = 5;  // 4 cannot reach 0.05

struct MannKendall {
  std::size_t n = 0;
  std::int64_t s = 0;          // pairs that rise less pairs that fall
  double tau = 0;              // Kendall's tau-b of the values over their order, -1 to 1
  double variance = 0;         // of s, corrected for ties; 0 of a constant series
  double p_value = 1;          // two-sided, normal with continuity; 1 of a constant series
  double autocorrelation = 0;  // lag 1, of the series without its trend, corrected for taking that off
  bool prewhitened = false;    // p_value is that of the prewhitened series
};
BOOST_DESCRIBE_STRUCT(MannKendall, (), (n, s, tau, variance, p_value, autocorrelation, prewhitened))

// The plain test: values are taken as independent. n < 2 gives s = 0, p = 1. O(n log n).
[[nodiscard]] MannKendall mann_kendall(std::span<const double> values);

// The test for series with memory. Where the series without its Theil-Sen trend has a lag-1 autocorrelation of at least
// kPrewhitenFrom, p_value is the larger of those of the prewhitened series and of the trend-free prewhitened one (the
// 3PW rule of Collaud Coen et al. 2020): the first keeps false alarms down, the second keeps a trend that is there.
// s, tau and variance stay those of the series as it is. std::nullopt below kMannKendallNeeds.
[[nodiscard]] std::optional<MannKendall> mann_kendall_prewhitened(std::span<const double> values);

// Lag-1 autocorrelation around the mean, -1 to 1; 0 of a constant series and of fewer than 3 values.
[[nodiscard]] double lag1_autocorrelation(std::span<const double> values);

}  // namespace comfytrace::insight::stats
