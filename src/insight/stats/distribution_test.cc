#include "insight/stats/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace comfytrace::insight::stats {
namespace {

// Reference values: SciPy 1.10.1, scipy.stats.norm, t and binom.
TEST(Distribution, NormalIsThatOfTheTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.95996398454005, 1e-13);
  EXPECT_NEAR(normal_quantile(1e-10), -6.36134090240406, 1e-12);
  EXPECT_NEAR(normal_cdf(-1.5), 0.0668072012688581, 1e-15);
  EXPECT_NEAR(normal_two_sided(2.5), 0.0124193306515523, 1e-15);
  EXPECT_DOUBLE_EQ(normal_two_sided(-2.5), normal_two_sided(2.5));
}

TEST(Distribution, StudentIsThatOfTheTables) {
  EXPECT_NEAR(student_quantile(0.95, 2), 2.91998558035552, 1e-9);
  EXPECT_NEAR(student_quantile(0.975, 7), 2.3646242510103, 1e-9);
  EXPECT_NEAR(student_cdf(-3.2, 11.5), 0.00401044385021376, 1e-14);
  EXPECT_NEAR(student_two_sided(30, 50) / 1.23800227959873e-33, 1, 1e-9);
  EXPECT_DOUBLE_EQ(student_two_sided(0, 5), 1);
}

TEST(Distribution, StudentOfManyDegreesIsTheNormal) {
  EXPECT_NEAR(student_quantile(0.975, 2e7), normal_quantile(0.975), 1e-7);
  EXPECT_NEAR(student_cdf(-3, 9.9e6), student_cdf(-3, 1.1e7), 1e-8);
}

TEST(Distribution, StudentAtInfinityIsCertain) {
  EXPECT_EQ(student_cdf(-INFINITY, 3), 0);
  EXPECT_EQ(student_cdf(INFINITY, 3), 1);
  EXPECT_EQ(student_two_sided(INFINITY, 3), 0);
}

TEST(Distribution, ChiSquaredIsThatOfTheTables) {
  EXPECT_NEAR(chi_squared_quantile(0.95, 7), 14.0671404493402, 1e-12);
  // Of two degrees it is an exponential, of one the square of a normal.
  for (const double p : {0.0005, 0.05, 0.5, 0.95, 0.9995}) {
    EXPECT_NEAR(chi_squared_quantile(p, 2) / (-2 * std::log1p(-p)), 1, 1e-12) << p;
    EXPECT_NEAR(chi_squared_quantile(p, 1) / std::pow(normal_quantile((1 + p) / 2), 2), 1, 1e-10) << p;
  }
}

TEST(Distribution, FairBinomialIsThatOfTheTables) {
  EXPECT_NEAR(fair_binomial_cdf(5, 20), 0.0206947326660156, 1e-15);
  EXPECT_NEAR(fair_binomial_cdf(40, 100), 0.0284439668204904, 1e-14);
  EXPECT_NEAR(fair_binomial_cdf(480, 1000), 0.10872414660207, 1e-13);
  EXPECT_EQ(fair_binomial_cdf(-1, 20), 0);
  EXPECT_EQ(fair_binomial_cdf(20, 20), 1);
}

TEST(Distribution, WaysToChooseAreWholeAndSymmetric) {
  EXPECT_EQ(choose(40, 20), 137846528820.0);
  EXPECT_EQ(choose(56, 28), 7648690600760440.0);
  EXPECT_EQ(choose(55, 27), 3824345300380220.0);
  EXPECT_EQ(choose(56, 3), choose(56, 53));
  EXPECT_EQ(choose(7, 0), 1);
  EXPECT_TRUE(std::isinf(choose(5000, 2500)));
}

}  // namespace
}  // namespace comfytrace::insight::stats
