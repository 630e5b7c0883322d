#pragma once

#include <span>
#include <vector>

namespace comfytrace::insight::stats {

// Student's two-sample t-test of values whose outliers have been drawn in: those further from their own side's
// median than outlier_cutoff() robust standard deviations (of both sides together) count as that far. So a single
// outlier neither makes a change nor hides one. Each side holds 2 or more.
struct RobustTTest {
  double p_value = 1;     // two-sided
  double difference = 0;  // of the means of the drawn-in values, right - left
};

// `autocorrelation` is the lag-1 of the values around their levels, 0 <= r < 1: values that follow each other say less,
// as if there were (1 - r) / (1 + r) as many.
[[nodiscard]] RobustTTest robust_t_test(std::span<const double> left, std::span<const double> right,
                                        double autocorrelation = 0);

// What stands for the standard deviation of a series that may step between levels: from the median difference of
// neighbours. 0 below 2 values and where more than half of the neighbours are equal.
[[nodiscard]] double step_free_deviation(std::span<const double> values);
// The same for callers that make many; `work` is overwritten.
[[nodiscard]] double step_free_deviation(std::span<const double> values, std::vector<double>& work);

// Lag-1 autocorrelation of values around the levels of their sides, outliers drawn in, 0 to 0.9; corrected for the two
// levels being estimated.
[[nodiscard]] double two_level_autocorrelation(std::span<const double> left, std::span<const double> right);

}  // namespace comfytrace::insight::stats
