#include "insight/stats/two_levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

TEST(TwoLevels, KnowsTheShiftBetweenTheMedians) {
  const std::vector<double> left = {3, 1, 2};
  const std::vector<double> right = {9, 7, 8, 8.5};
  EXPECT_DOUBLE_EQ(TwoLevels(left, right).shift(), 6.25);
}

TEST(TwoLevels, IsTheSameWhereTheOrderIsGiven) {
  SeededValues random(4);
  const auto left = random.normals(31);
  const auto right = random.normals(18);
  auto ascending_left = left;
  auto ascending_right = right;
  std::ranges::sort(ascending_left);
  std::ranges::sort(ascending_right);
  const TwoLevels plain(left, right);
  TwoLevels::Room room;
  const TwoLevels given(left, right, ascending_left, ascending_right, room);
  EXPECT_EQ(plain.t_test(0.2).p_value, given.t_test(0.2).p_value);
  EXPECT_EQ(plain.autocorrelation(), given.autocorrelation());
  EXPECT_NE(plain.t_test(0.2).p_value, plain.t_test(0.4).p_value);
}

TEST(TwoLevels, AreSurelyOnOneSideOnlyWhereTheTestIs) {
  SeededValues random(6);
  int above = 0;
  int below = 0;
  for (int round = 0; round < 400; ++round) {
    const auto left = random.normals(random.whole(round % 7 == 0 ? 2 : 5, 60));
    auto right = random.normals(random.whole(2, 60));
    for (double& value : right) value += 0.01 * round;
    const TwoLevels levels(left, right);
    const double p_value = levels.t_test(0.1).p_value;
    for (const double alpha : {0.3, 1e-3, 1e-5}) {
      if (levels.is_surely_above(alpha, 0.1)) {
        ++above;
        EXPECT_GT(p_value, alpha) << round;
      }
      if (levels.is_surely_below(alpha, 0.1)) {
        ++below;
        EXPECT_LT(p_value, alpha) << round;
      }
    }
  }
  EXPECT_GT(above, 100);
  EXPECT_GT(below, 100);
  const std::vector<double> flat(6, 2.0);
  EXPECT_TRUE(TwoLevels(flat, flat).is_surely_above(0.5));
  EXPECT_FALSE(TwoLevels(flat, flat).is_surely_below(0.5));
  EXPECT_FALSE(TwoLevels(flat, std::vector<double>(6, 3.0)).is_surely_above(1e-9));
}

TEST(MadOfSorted, IsWhatTheRobustScaleSays) {
  SeededValues random(9);
  for (std::size_t n = 1; n < 40; ++n) {
    auto values = random.normals(n);
    for (std::size_t i = 0; i < n / 3; ++i) values[i] = std::round(values[i]);
    std::ranges::sort(values);
    EXPECT_EQ(mad_of_sorted(values, *median(values)), robust_scale(values)->mad) << n;
  }
}

}  // namespace
}  // namespace comfytrace::insight::stats
