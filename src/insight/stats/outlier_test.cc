#include "insight/stats/outlier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

TEST(Outlier, ZIsThatOfIglewiczAndHoaglin) {
  // By hand: median 12, MAD 1, 0.6745 * 28.
  const std::vector<double> values = {10, 12, 11, 13, 12, 40, 11, 12};
  const auto scale = robust_scale(values);
  EXPECT_EQ(scale->median, 12);
  EXPECT_EQ(scale->mad, 1);
  EXPECT_EQ(scale->mean_absolute_deviation, 4.125);
  EXPECT_NEAR(robust_z(40, *scale), 18.886, 1e-12);
  EXPECT_NEAR(robust_z(10, *scale), -1.349, 1e-12);
  EXPECT_EQ(outliers(values), std::vector<std::size_t>{5});
}

TEST(Outlier, WithoutAMadTheMeanDeviationStandsIn) {
  const std::vector<double> values = {5, 5, 5, 5, 5, 5, 5, 5, 6, 25};
  const auto scale = robust_scale(values);
  EXPECT_EQ(scale->mad, 0);
  EXPECT_DOUBLE_EQ(scale->mean_absolute_deviation, 2.1);
  EXPECT_NEAR(robust_z(25, *scale), 20 / (1.253314 * 2.1), 1e-12);
  EXPECT_EQ(outliers(values), std::vector<std::size_t>{9});
}

TEST(Outlier, ToAConstantSeriesAnyOtherValueIsOne) {
  const auto scale = robust_scale(std::vector<double>(6, 5.0));
  EXPECT_EQ(robust_z(5, *scale), 0);
  EXPECT_EQ(robust_z(5.001, *scale), INFINITY);
  EXPECT_EQ(robust_z(4.999, *scale), -INFINITY);
  EXPECT_EQ(is_outlier(5, *scale), false);
  EXPECT_EQ(is_outlier(5.001, *scale), true);
}

TEST(Outlier, TooFewOthersSayNothing) {
  EXPECT_EQ(robust_scale({}), std::nullopt);
  EXPECT_EQ(is_outlier(100, *robust_scale(std::vector<double>{1, 2, 3, 4})), std::nullopt);
  EXPECT_TRUE(outliers(std::vector<double>{1, 1, 1, 100}).empty());
}

TEST(Outlier, FewOthersRaiseTheCutOff) {
  for (std::size_t n = kOutlierNeeds; n < 40; ++n) EXPECT_GE(outlier_cutoff(n), outlier_cutoff(n + 1)) << n;
  EXPECT_EQ(outlier_cutoff(22), kOutlierZ);
  EXPECT_EQ(outlier_cutoff(100'000), kOutlierZ);
}

TEST(Outlier, NewValuesOfTheSamePopulationPassTheCutOffInOnePercent) {
  SeededValues random(8);
  for (const std::size_t n : {5UL, 8UL, 15UL}) {
    int passed = 0;
    for (int round = 0; round < 20'000; ++round) {
      passed += *is_outlier(random.normal(), *robust_scale(random.normals(n))) ? 1 : 0;
    }
    EXPECT_NEAR(passed / 20000.0, 0.01, 0.0028) << n;  // four standard errors
  }
}

}  // namespace
}  // namespace comfytrace::insight::stats
