#include "insight/stats/minimum_effect.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "insight/stats/mann_whitney.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

TEST(RobustVariation, IsTheScaledMadOverTheMedian) {
  // By hand: median 12, MAD 1.
  EXPECT_NEAR(*robust_variation(std::vector<double>{10, 12, 11, 13, 12, 40, 11, 12}), 1 / 0.6745 / 12, 1e-12);
  EXPECT_EQ(robust_variation(std::vector<double>(5, 3.0)), 0);
}

TEST(RobustVariation, IsMissingWhereItHasNoMeaning) {
  EXPECT_EQ(robust_variation({}), std::nullopt);
  EXPECT_EQ(robust_variation(std::vector<double>{4}), std::nullopt);
  EXPECT_EQ(robust_variation(std::vector<double>{-1, 0, 1}), std::nullopt);
}

TEST(RobustVariation, OfNormalValuesIsTheirCoefficientOfVariation) {
  SeededValues random(17);
  EXPECT_NEAR(*robust_variation(random.durations(20'000, 500, 0.05)), 0.05, 0.0025);
}

TEST(SmallestDetectableChange, IsThatOfTheFormula) {
  // SciPy 1.10.1: expm1((t.ppf(.975, 56) + t.ppf(.8, 56)) * .03 * sqrt(1/50 + 1/8) * sqrt(pi / 3)).
  EXPECT_NEAR(*smallest_detectable_change(0.03, 50, 8), 0.0338941577111886, 1e-9);
}

TEST(SmallestDetectableChange, NeedsGroupsThatCanFindAnything) {
  EXPECT_EQ(smallest_detectable_change(0.03, 3, 3), std::nullopt);
  EXPECT_EQ(smallest_detectable_change(0.03, 50, 0), std::nullopt);
  EXPECT_EQ(smallest_detectable_change(0, 50, 8), 0);
}

TEST(SmallestDetectableChange, ShrinksWithMoreRuns) {
  EXPECT_LT(*smallest_detectable_change(0.03, 50, 20), *smallest_detectable_change(0.03, 50, 8));
  EXPECT_LT(*smallest_detectable_change(0.01, 50, 8), *smallest_detectable_change(0.03, 50, 8));
}

TEST(SmallestDetectableChange, IsFoundAsOftenAsItSays) {
  SeededValues random(18);
  const double change = *smallest_detectable_change(0.05, 30, 15);
  int found = 0;
  for (int round = 0; round < 2'000; ++round) {
    auto after = random.durations(15, 100, 0.05);
    for (double& value : after) value *= 1 + change;
    found += rank_test_only(random.durations(30, 100, 0.05), after).p_value <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(found / 2000.0, 0.8, 0.04);
}

}  // namespace
}  // namespace comfytrace::insight::stats
