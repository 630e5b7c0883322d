#include "insight/stats/quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

// Reference values of this set: NumPy 1.24.2, numpy.quantile (its default is type 7), mean, std(ddof=1).
const std::vector<double> kDurations = {12.1, 9.8, 15.3, 11.0, 10.4, 48.0, 12.2, 9.9, 10.7, 11.9, 13.5};

TEST(Quantile, IsOfTypeSeven) {
  EXPECT_DOUBLE_EQ(*quantile(kDurations, 0), 9.8);
  EXPECT_DOUBLE_EQ(*quantile(kDurations, 0.1), 9.9);
  EXPECT_DOUBLE_EQ(*quantile(kDurations, 0.25), 10.55);
  EXPECT_DOUBLE_EQ(*quantile(kDurations, 0.95), 31.65);
  EXPECT_DOUBLE_EQ(*quantile(kDurations, 1), 48.0);
}

TEST(Quantile, SummaryNamesEveryFigure) {
  const Summary summary = summarize(kDurations);
  EXPECT_EQ(summary.n, 11U);
  EXPECT_DOUBLE_EQ(*summary.min, 9.8);
  EXPECT_DOUBLE_EQ(*summary.max, 48.0);
  EXPECT_NEAR(*summary.mean, 14.9818181818182, 1e-12);
  EXPECT_DOUBLE_EQ(*summary.median, 11.9);
  EXPECT_DOUBLE_EQ(*summary.p90, 15.3);
  EXPECT_DOUBLE_EQ(*summary.p95, 31.65);
  EXPECT_NEAR(*summary.p99, 44.73, 1e-12);
  EXPECT_NEAR(*summary.standard_deviation, 11.0720204282523, 1e-12);
}

TEST(Quantile, OfNothingIsMissing) {
  EXPECT_EQ(quantile({}, 0.5), std::nullopt);
  const Summary summary = summarize({});
  EXPECT_EQ(summary.n, 0U);
  EXPECT_EQ(summary.median, std::nullopt);
  EXPECT_EQ(summary.mean, std::nullopt);
  EXPECT_EQ(summary.standard_deviation, std::nullopt);
}

TEST(Quantile, OfOneValueIsTheValueWithoutADeviation) {
  const Summary summary = summarize(std::vector<double>{7});
  EXPECT_EQ(summary.p99, 7);
  EXPECT_EQ(summary.mean, 7);
  EXPECT_EQ(summary.standard_deviation, std::nullopt);
}

TEST(Quantile, OfAConstantSeriesDeviatesByZero) {
  const Summary summary = summarize(std::vector<double>(9, 0.1));
  EXPECT_EQ(summary.p95, 0.1);
  EXPECT_EQ(summary.mean, 0.1);
  EXPECT_EQ(summary.standard_deviation, 0);
}

TEST(Quantile, SmallScatterFarFromZeroIsNotLost) {
  // Epoch milliseconds: a sum of squares would cancel.
  EXPECT_NEAR(*summarize(std::vector<double>{1.7e12, 1.7e12 + 1, 1.7e12 + 2}).standard_deviation, 1, 1e-9);
}

TEST(Quantile, SelectionAgreesWithSortingOnRandomSets) {
  SeededValues random(1);
  for (int round = 0; round < 500; ++round) {
    auto values = round % 2 == 0 ? random.normals(random.whole(1, 60)) : random.wholes(random.whole(1, 60), 5);
    const Summary summary = summarize(values);
    const double p = random.uniform();
    const double selected = *quantile(values, p);
    std::sort(values.begin(), values.end());
    EXPECT_EQ(selected, quantile_of_sorted(values, p));
    EXPECT_EQ(summary.median, quantile_of_sorted(values, 0.5));
    EXPECT_EQ(summary.p90, quantile_of_sorted(values, 0.9));
    EXPECT_EQ(summary.p95, quantile_of_sorted(values, 0.95));
    EXPECT_EQ(summary.p99, quantile_of_sorted(values, 0.99));
  }
}

TEST(QuantileDeathTest, AValueThatIsNotFiniteIsAFaultOfOurs) {
  const std::vector<double> broken = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_DEATH((void)quantile(broken, 0.5), "isfinite");
}

}  // namespace
}  // namespace comfytrace::insight::stats
