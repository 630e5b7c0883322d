#pragma once

#include <cstdint>

// The distributions that the tests and intervals of this folder stand on. The one place that knows Boost.Math, whose
// headers are slow to compile.
namespace comfytrace::insight::stats {

// P(Z <= z) of the standard normal, and its inverse for 0 < p < 1.
[[nodiscard]] double normal_cdf(double z);
[[nodiscard]] double normal_quantile(double p);
// P(|Z| >= |z|).
[[nodiscard]] double normal_two_sided(double z);

// Student's t; `degrees` > 0, need not be whole. Very many degrees are the normal's.
// Quantiles are good to 9 digits.
[[nodiscard]] double student_cdf(double t, double degrees);
[[nodiscard]] double student_quantile(double p, double degrees);
[[nodiscard]] double student_two_sided(double t, double degrees);

// The sum of `degrees` squared normals; `degrees` > 0, need not be whole.
[[nodiscard]] double chi_squared_quantile(double p, double degrees);

// P(X <= k) of the binomial with n trials of one half.
[[nodiscard]] double fair_binomial_cdf(std::int64_t k, std::int64_t n);

// Ways to choose k of n, as a double: exact up to 2^53, infinite where it overflows.
[[nodiscard]] double choose(std::int64_t n, std::int64_t k);

}  // namespace comfytrace::insight::stats
