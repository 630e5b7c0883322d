#include "insight/stats/distribution.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace comfytrace::insight::stats {
namespace {

namespace bm = boost::math;
// Without promotion to long double, which costs several times as much and adds digits that nobody reads. Errors give
// NaN and infinity instead of exceptions; the arguments are checked here.
using Policy =
    bm::policies::policy<bm::policies::promote_double<false>, bm::policies::domain_error<bm::policies::ignore_error>,
                         bm::policies::overflow_error<bm::policies::ignore_error>,
                         bm::policies::evaluation_error<bm::policies::ignore_error>>;
using Normal = bm::normal_distribution<double, Policy>;
using Student = bm::students_t_distribution<double, Policy>;
using ChiSquared = bm::chi_squared_distribution<double, Policy>;
using Binomial = bm::binomial_distribution<double, Policy>;

constexpr double kManyDegrees = 1e7;  // Student's t differs from the normal in the eighth digit

}  // namespace

double normal_cdf(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

double normal_quantile(double p) {
  CHECK(p > 0 && p < 1);
  return bm::quantile(Normal(), p);
}

double normal_two_sided(double z) {
  return std::erfc(std::fabs(z) / std::sqrt(2.0));
}

double student_cdf(double t, double degrees) {
  CHECK(degrees > 0);
  if (degrees >= kManyDegrees) return normal_cdf(t);
  if (std::isinf(t)) return t < 0 ? 0 : 1;
  return bm::cdf(Student(degrees), t);
}

double student_quantile(double p, double degrees) {
  CHECK(p > 0 && p < 1 && degrees > 0);
  if (degrees >= kManyDegrees) return normal_quantile(p);
  return bm::quantile(Student(degrees), p);
}

double student_two_sided(double t, double degrees) {
  return std::min(1.0, 2 * student_cdf(-std::fabs(t), degrees));
}

double chi_squared_quantile(double p, double degrees) {
  CHECK(p > 0 && p < 1 && degrees > 0);
  return bm::quantile(ChiSquared(degrees), p);
}

double fair_binomial_cdf(std::int64_t k, std::int64_t n) {
  CHECK(n >= 0);
  if (k < 0) return 0;
  if (k >= n) return 1;
  return bm::cdf(Binomial(static_cast<double>(n), 0.5), static_cast<double>(k));
}

double choose(std::int64_t n, std::int64_t k) {
  CHECK(k >= 0 && k <= n);
  k = std::min(k, n - k);
  constexpr double kMost = std::numeric_limits<double>::max();
  long double ways = 1;  // on the way there, products outgrow the 53 bits of a double
  for (std::int64_t i = 1; i <= k && ways <= kMost; ++i) {
    // Each step is a whole number: ways * (n - k + i) is divisible by i.
    ways = ways * static_cast<long double>(n - k + i) / static_cast<long double>(i);
  }
  return ways <= kMost ? static_cast<double>(ways) : std::numeric_limits<double>::infinity();
}

}  // namespace comfytrace::insight::stats
