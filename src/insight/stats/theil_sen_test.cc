#include "insight/stats/theil_sen.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "insight/stats/rank_ties.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

std::vector<double> order(std::size_t n) {
  std::vector<double> x(n);
  std::iota(x.begin(), x.end(), 0.0);
  return x;
}

// Slope and intercept: SciPy 1.10.1, scipy.stats.theilslopes; the interval's ends by NumPy from all slopes, counted off
// after Sen (1968) and rounded outwards.
TEST(TheilSen, IsTheMedianSlopeOfAllPairs) {
  const auto x = order(20);
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) y.push_back((i * 7) % 13 + 0.5 * i);
  const auto line = theil_sen(x, y);
  EXPECT_EQ(line->n, 20U);
  EXPECT_NEAR(line->slope, 0.617647058823529, 1e-14);
  EXPECT_NEAR(line->intercept, 4.38235294117647, 1e-13);
  EXPECT_NEAR(line->interval->low, 0.277777777777778, 1e-14);
  EXPECT_NEAR(line->interval->high, 1, 1e-14);
  EXPECT_FALSE(line->reduced);
}

TEST(TheilSen, PairsOfEqualXAreLeftOut) {
  const std::vector<double> x = {1, 1, 2, 3, 5, 8, 8, 9, 12, 15};
  const std::vector<double> y = {2.0, 2.5, 3.1, 2.9, 6.0, 8.4, 8.1, 9.9, 12.2, 16.0};
  const auto line = theil_sen(x, y, {.level = 0.9});
  EXPECT_NEAR(line->slope, 0.966666666666667, 1e-14);
  EXPECT_NEAR(line->intercept, 0.766666666666667, 1e-13);
  EXPECT_NEAR(line->interval->low, 0.875, 1e-14);
  EXPECT_NEAR(line->interval->high, 1.03333333333333, 1e-14);
}

TEST(TheilSen, WithoutTwoDifferentXIsMissing) {
  EXPECT_FALSE(theil_sen({}, {}).has_value());
  EXPECT_FALSE(theil_sen(std::vector<double>{1}, std::vector<double>{2}).has_value());
  EXPECT_FALSE(theil_sen(std::vector<double>{4, 4, 4}, std::vector<double>{1, 2, 3}).has_value());
}

TEST(TheilSen, OfTwoPointsHasNoInterval) {
  const auto line = theil_sen(std::vector<double>{1, 3}, std::vector<double>{5, 9});
  EXPECT_EQ(line->slope, 2);
  EXPECT_EQ(line->interval, std::nullopt);
}

TEST(TheilSen, OfAConstantSeriesIsFlat) {
  const auto line = theil_sen(order(12), std::vector<double>(12, 7.0));
  EXPECT_EQ(line->slope, 0);
  EXPECT_EQ(line->intercept, 7);
  EXPECT_EQ(line->interval->low, 0);
  EXPECT_EQ(line->interval->high, 0);
}

TEST(TheilSen, AClockThatJumpedBackOnlyReordersThePoints) {
  const std::vector<double> x = {0, 10, 20, 5, 15, 25};
  std::vector<double> y;
  for (const double at : x) y.push_back(3 * at + 1);
  EXPECT_DOUBLE_EQ(theil_sen(x, y)->slope, 3);
}

TEST(TheilSen, AQuarterOfOutliersDoesNotMoveIt) {
  SeededValues random(9);
  const auto x = order(200);
  auto y = random.normals(200);
  for (std::size_t i = 0; i < 200; ++i) y[i] += 0.5 * x[i] + (random.uniform() < 0.25 ? 1'000 * random.uniform() : 0);
  EXPECT_NEAR(theil_sen(x, y)->slope, 0.5, 0.5);
}

TEST(TheilSen, MorePointsThanItPairsAreReducedToTheSameTrend) {
  SeededValues random(10);
  const std::size_t n = 5'000;
  const auto x = order(n);
  auto y = random.normals(n);
  for (std::size_t i = 0; i < n; ++i) y[i] += 0.001 * x[i];
  const auto line = theil_sen(x, y, {.max_exact = 200});
  EXPECT_TRUE(line->reduced);
  EXPECT_EQ(line->n, n);
  EXPECT_TRUE(line->interval->contains(0.001));
  EXPECT_NEAR(line->slope, 0.001, 0.00006);  // the exact slope's standard error is 0.00001
  EXPECT_EQ(theil_sen(x, y, {.max_exact = 200})->slope, line->slope);
}

TEST(TheilSen, MemoryWidensTheInterval) {
  SeededValues random(11);
  const auto x = order(40);
  const auto y = random.normals(40);
  const auto plain = *theil_sen(x, y)->interval;
  const auto wide = *theil_sen(x, y, {.variance_inflation = 3})->interval;
  EXPECT_LT(wide.low, plain.low);
  EXPECT_GT(wide.high, plain.high);
}

TEST(KendallVariance, CountsTiesOnBothSides) {
  // The mean of S squared over all 720 orders of y, counted in Python.
  const auto x = tie_sizes(std::vector<double>{1, 1, 2, 3, 3, 3});
  const auto y = tie_sizes(std::vector<double>{1, 2, 2, 4, 4, 5});
  EXPECT_NEAR(kendall_variance(6, x, y), 22.2, 1e-12);
  EXPECT_EQ(kendall_variance(1, {}, {}), 0);
}

TEST(TheilSen, IsTheSameLineWithoutAnInterval) {
  SeededValues random(37);
  std::vector<double> x;
  for (int i = 0; i < 400; ++i) x.push_back(i / 7);
  const auto y = random.normals(x.size());
  const auto whole = theil_sen(x, y, {.max_exact = 300});
  const auto line = theil_sen(x, y, {.max_exact = 300, .with_interval = false});
  ASSERT_TRUE(whole && line && whole->interval);
  EXPECT_EQ(line->slope, whole->slope);
  EXPECT_EQ(line->intercept, whole->intercept);
  EXPECT_FALSE(line->interval);
}

}  // namespace
}  // namespace comfytrace::insight::stats
