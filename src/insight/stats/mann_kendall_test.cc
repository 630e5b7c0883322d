#include "insight/stats/mann_kendall.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

// Lag-1 autoregression with standard deviation 1.
std::vector<double> with_memory(SeededValues& random, std::size_t n, double memory) {
  auto values = random.normals(n);
  for (std::size_t i = 1; i < n; ++i) values[i] = memory * values[i - 1] + std::sqrt(1 - memory * memory) * values[i];
  return values;
}

// Reference values: S, variance and p by NumPy from all pairs; tau: SciPy 1.10.1, scipy.stats.kendalltau.
TEST(MannKendall, IsCountedOverAllPairs) {
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) y.push_back((i * 7) % 13 + 0.5 * i);
  const MannKendall test = mann_kendall(y);
  EXPECT_EQ(test.s, 94);
  EXPECT_NEAR(test.variance, 950, 1e-9);
  EXPECT_NEAR(test.p_value, 0.00255021763846321, 1e-14);
  EXPECT_NEAR(test.tau, 0.494736842105263, 1e-14);
}

TEST(MannKendall, TiesAreCorrectedFor) {
  const MannKendall test = mann_kendall(std::vector<double>{3, 3, 4, 5, 4, 4, 6, 6, 7, 5, 8, 8, 8, 9});
  EXPECT_EQ(test.s, 72);
  EXPECT_NEAR(test.variance, 323.333333333333, 1e-11);
  EXPECT_NEAR(test.p_value, 7.86395296318793e-05, 1e-16);
  EXPECT_NEAR(test.tau, 0.833498598818324, 1e-14);
}

TEST(MannKendall, OfTooLittleOrOfAConstantSeriesFindsNothing) {
  EXPECT_EQ(mann_kendall({}).p_value, 1);
  EXPECT_EQ(mann_kendall(std::vector<double>{1}).s, 0);
  const MannKendall test = mann_kendall(std::vector<double>(30, 2.0));
  EXPECT_EQ(test.s, 0);
  EXPECT_EQ(test.tau, 0);
  EXPECT_EQ(test.p_value, 1);
  EXPECT_EQ(mann_kendall_prewhitened(std::vector<double>(30, 2.0))->p_value, 1);
  EXPECT_EQ(mann_kendall_prewhitened(std::vector<double>{1, 2, 3, 4}), std::nullopt);
}

TEST(MannKendall, AgreesWithAllPairsOnRandomSeries) {
  SeededValues random(12);
  for (int round = 0; round < 200; ++round) {
    const auto values = random.wholes(random.whole(2, 50), 12);
    std::int64_t s = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = i + 1; j < values.size(); ++j)
        s += values[j] > values[i] ? 1 : values[j] < values[i] ? -1 : 0;
    }
    ASSERT_EQ(mann_kendall(values).s, s);
  }
}

TEST(MannKendall, ReversingASeriesMirrorsIt) {
  SeededValues random(13);
  const auto values = random.wholes(41, 20);
  const std::vector<double> reversed(values.rbegin(), values.rend());
  EXPECT_EQ(mann_kendall(values).s, -mann_kendall(reversed).s);
  EXPECT_EQ(mann_kendall(values).p_value, mann_kendall(reversed).p_value);
}

TEST(MannKendall, AutocorrelationIsThatOfTheDefinition) {
  // NumPy: sum of products of neighbours' deviations over the sum of squares.
  EXPECT_NEAR(lag1_autocorrelation(std::vector<double>{1, 3, 2, 5, 4, 6, 5, 8}), 0.244718309859155, 1e-14);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{1, 2}), 0);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>(9, 1.0)), 0);
}

TEST(MannKendall, PrewhiteningKeepsMemoryFromLookingLikeATrend) {
  SeededValues random(14);
  int plain = 0;
  int whitened = 0;
  const int rounds = 1'000;
  for (int round = 0; round < rounds; ++round) {
    const auto values = with_memory(random, 60, 0.4);
    plain += mann_kendall(values).p_value <= 0.05 ? 1 : 0;
    whitened += mann_kendall_prewhitened(values)->p_value <= 0.05 ? 1 : 0;
  }
  EXPECT_GT(plain, rounds / 10);
  EXPECT_LT(whitened, rounds * 8 / 100);
}

TEST(MannKendall, PrewhiteningKeepsATrendThatIsThere) {
  SeededValues random(15);
  int found = 0;
  bool any_whitened = false;
  for (int round = 0; round < 200; ++round) {
    auto values = with_memory(random, 60, 0.4);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += 0.06 * static_cast<double>(i);
    const auto test = mann_kendall_prewhitened(values);
    found += test->p_value <= 0.05 && test->s > 0 ? 1 : 0;
    any_whitened = any_whitened || test->prewhitened;
  }
  EXPECT_TRUE(any_whitened);
  EXPECT_GE(found, 180);
}

}  // namespace
}  // namespace comfytrace::insight::stats
