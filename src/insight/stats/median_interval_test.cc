#include "insight/stats/median_interval.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

std::vector<double> one_to(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.rbegin(), values.rend(), 1.0);
  return values;
}

TEST(MedianInterval, NeedsSixAtNinetyFivePercent) {
  EXPECT_EQ(median_interval_needs(), 6U);
  EXPECT_EQ(median_interval_needs(0.5), 2U);
  EXPECT_EQ(median_interval(one_to(5)), std::nullopt);
  EXPECT_EQ(median_interval({}), std::nullopt);
  ASSERT_TRUE(median_interval(one_to(6)).has_value());
}

// Depths and levels: SciPy 1.10.1, scipy.stats.binom.cdf; they are those of the tables of the sign test (Conover 1999).
TEST(MedianInterval, TakesTheOrderStatisticsOfTheTables) {
  struct Row {
    std::size_t n;
    double low;
    double level;
  };
  for (const Row& row :
       {Row{6, 1, 0.96875}, Row{7, 1, 0.984375}, Row{9, 2, 0.9609375}, Row{20, 6, 0.958610534667969},
        Row{50, 18, 0.967160862435731}, Row{100, 40, 0.964799799782052}, Row{1000, 469, 0.9537088026395019}}) {
    const auto interval = median_interval(one_to(row.n));
    ASSERT_TRUE(interval.has_value());
    EXPECT_EQ(interval->low, row.low) << row.n;
    EXPECT_EQ(interval->high, static_cast<double>(row.n) + 1 - row.low) << row.n;
    EXPECT_NEAR(interval->level, row.level, 1e-12) << row.n;
  }
}

TEST(MedianInterval, OfAConstantSeriesHasNoWidth) {
  EXPECT_EQ(median_interval(std::vector<double>(8, 3.0))->low, 3);
  EXPECT_EQ(median_interval(std::vector<double>(8, 3.0))->high, 3);
}

TEST(MedianInterval, HoldsTheMedianAsOftenAsItSays) {
  SeededValues random(3);
  int inside = 0;
  for (int round = 0; round < 4'000; ++round) inside += median_interval(random.normals(9))->contains(0) ? 1 : 0;
  EXPECT_NEAR(inside / 4000.0, 0.9609, 0.0123);  // four standard errors
}

// Newcombe (1998), Statistics in Medicine 17, table I, method 3, to its four digits.
TEST(WilsonInterval, IsThatOfThePublishedTable) {
  struct Row {
    std::size_t successes, n;
    double low, high;
  };
  for (const Row& row : {Row{81, 263, 0.2553, 0.3662}, Row{15, 148, 0.0624, 0.1605}, Row{0, 20, 0, 0.1611},
                         Row{1, 29, 0.0061, 0.1718}}) {
    const auto interval = wilson_interval(row.successes, row.n);
    EXPECT_NEAR(interval->low, row.low, 5e-5);
    EXPECT_NEAR(interval->high, row.high, 5e-5);
  }
}

TEST(WilsonInterval, OfNothingIsMissing) {
  EXPECT_EQ(wilson_interval(0, 0), std::nullopt);
}

TEST(WilsonInterval, IsSymmetricAndStaysARate) {
  for (std::size_t n = 1; n < 40; ++n) {
    for (std::size_t k = 0; k <= n; ++k) {
      const auto one = *wilson_interval(k, n);
      const auto other = *wilson_interval(n - k, n);
      ASSERT_NEAR(one.low, 1 - other.high, 1e-12);
      ASSERT_GE(one.low, 0);
      ASSERT_LE(one.high, 1);
      ASSERT_LT(one.low, one.high);
      ASSERT_TRUE(one.contains(static_cast<double>(k) / static_cast<double>(n)));
    }
  }
}

}  // namespace
}  // namespace comfytrace::insight::stats
