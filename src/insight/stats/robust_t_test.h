#pragma once

#include <span>

namespace comfytrace::insight::stats {

// Student's two-sample t-test of values whose outliers have been drawn in: further from their own side's median than 3
// robust standard deviations (of both sides together) counts as 3. So a single outlier neither makes a change nor
// hides one. Each side holds 2 or more.
struct RobustTTest {
  double p_value = 1;     // two-sided
  double difference = 0;  // of the means of the drawn-in values, right - left
};

// `autocorrelation` is the lag-1 of the values around their levels, 0 <= r < 1: values that follow each other say less,
// as if there were (1 - r) / (1 + r) as many.
[[nodiscard]] RobustTTest robust_t_test(std::span<const double> left, std::span<const double> right,
                                        double autocorrelation = 0);

// Lag-1 autocorrelation of a series that may step between levels and hold outliers, 0 to 0.9: from how much more values
// two apart differ than neighbours do, which a step or an outlier here and there leaves as it is. 0 below 10 values.
[[nodiscard]] double step_free_autocorrelation(std::span<const double> values);

}  // namespace comfytrace::insight::stats
