#include "insight/stats/mann_whitney.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

const std::vector<double> kBefore = {12.1, 9.8, 15.3, 11.0, 10.4};
const std::vector<double> kAfter = {14.2, 16.1, 13.3, 17.7, 12.9, 18.4};

// Forty and thirty-five values without ties between the groups.
std::vector<double> many_before(int n) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back((37 * i) % 101);
  return values;
}
std::vector<double> many_after(int n, double offset) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back((53 * i + 11) % 97 + offset);
  return values;
}

// Reference values: SciPy 1.10.1, scipy.stats.mannwhitneyu(after, before), method "exact" and "asymptotic" with
// continuity; shifts and intervals by NumPy from all differences and the counted distribution of U.
TEST(RankTest, SmallGroupsAreCountedExactly) {
  const RankTest test = rank_test(kBefore, kAfter);
  EXPECT_EQ(test.method, RankMethod::exact);
  EXPECT_EQ(test.u, 27);
  EXPECT_NEAR(test.p_value, 0.0303030303030303, 1e-14);
  EXPECT_DOUBLE_EQ(test.superiority, 0.9);
  EXPECT_DOUBLE_EQ(test.cliffs_delta, 0.8);
  EXPECT_NEAR(*test.shift, 3.35, 1e-12);
  EXPECT_NEAR(test.shift_interval->low, 0.8, 1e-12);
  EXPECT_NEAR(test.shift_interval->high, 7.4, 1e-12);
  EXPECT_NEAR(test.shift_interval->level, 0.96969696969697, 1e-13);
}

TEST(RankTest, CountsExactlyAsLongAsItCan) {
  const RankTest test = rank_test_only(many_before(25), many_after(20, 6.75));
  EXPECT_EQ(test.method, RankMethod::exact);
  EXPECT_EQ(test.u, 286);
  EXPECT_NEAR(test.p_value, 0.421211626590768, 1e-13);
}

TEST(RankTest, TiesAreCorrectedFor) {
  const RankTest test = rank_test_only(std::vector<double>{1, 2, 2, 3, 3, 3, 4, 5, 6, 7},
                                       std::vector<double>{3, 4, 4, 5, 5, 6, 7, 8, 8, 9, 9, 10});
  EXPECT_EQ(test.method, RankMethod::normal);
  EXPECT_EQ(test.u, 100.5);
  EXPECT_NEAR(test.p_value, 0.00793513717745036, 1e-14);
}

TEST(RankTest, LargeGroupsUseTheNormalApproximation) {
  const RankTest test = rank_test(many_before(40), many_after(35, 6.5));
  EXPECT_EQ(test.method, RankMethod::normal);
  EXPECT_EQ(test.u, 752);
  EXPECT_NEAR(test.p_value, 0.584430897482187, 1e-12);
  EXPECT_DOUBLE_EQ(*test.shift, 4.5);
  EXPECT_DOUBLE_EQ(test.shift_interval->low, -10.5);
  EXPECT_DOUBLE_EQ(test.shift_interval->high, 17.5);
}

TEST(RankTest, WithoutAGroupSaysNothing) {
  const RankTest test = rank_test({}, kAfter);
  EXPECT_EQ(test.method, RankMethod::none);
  EXPECT_EQ(test.p_value, 1);
  EXPECT_EQ(test.shift, std::nullopt);
  EXPECT_EQ(test.shift_interval, std::nullopt);
}

TEST(RankTest, OfEqualValuesFindsNothing) {
  const RankTest test = rank_test(std::vector<double>(5, 2.0), std::vector<double>(9, 2.0));
  EXPECT_EQ(test.p_value, 1);
  EXPECT_EQ(test.superiority, 0.5);
  EXPECT_EQ(test.shift, 0);
  EXPECT_EQ(test.shift_interval->low, 0);
  EXPECT_EQ(test.shift_interval->high, 0);
}

TEST(RankTest, TooSmallForTheLevelHasAShiftWithoutAnInterval) {
  const RankTest test = rank_test(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6});
  EXPECT_EQ(test.shift, 3);
  EXPECT_EQ(test.shift_interval, std::nullopt);
  EXPECT_NEAR(test.p_value, 0.1, 1e-15);
}

TEST(RankTest, NeedsFourASideAtFivePercent) {
  EXPECT_EQ(rank_test_needs(), 4U);
  EXPECT_FALSE(rank_test_can_reach(3, 3));
  EXPECT_TRUE(rank_test_can_reach(4, 4));
  EXPECT_TRUE(rank_test_can_reach(1, 39));  // 2 / 40
  EXPECT_FALSE(rank_test_can_reach(1, 38));
  EXPECT_FALSE(rank_test_can_reach(0, 1000));
}

// The p-values that groups of these sizes can have at least are those that the exact test gives groups far apart.
TEST(RankTest, TheLeastPValueIsWhatCanReachSays) {
  for (std::size_t n = 1; n <= 8; ++n) {
    for (std::size_t m = 1; m <= 8; ++m) {
      std::vector<double> low;
      std::vector<double> high;
      for (std::size_t i = 0; i < n; ++i) low.push_back(static_cast<double>(i));
      for (std::size_t i = 0; i < m; ++i) high.push_back(100 + static_cast<double>(i));
      const double p = rank_test_only(low, high).p_value;
      EXPECT_TRUE(rank_test_can_reach(n, m, p * 1.000001));
      if (p < 1) {
        EXPECT_FALSE(rank_test_can_reach(n, m, p * 0.999999));
      }
    }
  }
}

TEST(RankTest, AgreesWithCountingAllPairsOnRandomGroups) {
  SeededValues random(4);
  for (int round = 0; round < 300; ++round) {
    const auto draw = [&] {
      const std::size_t n = random.whole(1, 30);
      return round % 2 == 0 ? random.normals(n) : random.wholes(n, 9);
    };
    const auto before = draw();
    const auto after = draw();
    double u = 0;
    std::vector<double> differences;
    for (const double b : before) {
      for (const double a : after) {
        u += a > b ? 1 : a == b ? 0.5 : 0;
        differences.push_back(a - b);
      }
    }
    std::sort(differences.begin(), differences.end());
    const RankTest test = rank_test(before, after);
    ASSERT_EQ(test.u, u);
    const std::size_t n = differences.size();
    ASSERT_DOUBLE_EQ(*test.shift, (differences[(n - 1) / 2] + differences[n / 2]) / 2);
    if (!test.shift_interval) continue;
    ASSERT_TRUE(std::binary_search(differences.begin(), differences.end(), test.shift_interval->low));
    ASSERT_TRUE(std::binary_search(differences.begin(), differences.end(), test.shift_interval->high));
    ASSERT_TRUE(test.shift_interval->contains(*test.shift));
  }
}

TEST(RankTest, SwappingTheGroupsMirrorsTheAnswer) {
  SeededValues random(5);
  for (int round = 0; round < 100; ++round) {
    const auto one = random.wholes(random.whole(2, 40), 30);
    const auto other = random.wholes(random.whole(2, 40), 40);
    const RankTest there = rank_test(one, other);
    const RankTest back = rank_test(other, one);
    ASSERT_NEAR(there.p_value, back.p_value, 1e-12);
    ASSERT_NEAR(there.cliffs_delta, -back.cliffs_delta, 1e-12);
    ASSERT_EQ(*there.shift, -*back.shift);
  }
}

TEST(RankTest, OfOnePopulationRejectsAsRarelyAsItSays) {
  SeededValues random(6);
  int rejected = 0;
  for (int round = 0; round < 4'000; ++round) {
    rejected += rank_test_only(random.normals(12), random.normals(8)).p_value <= 0.05 ? 1 : 0;
  }
  EXPECT_LE(rejected / 4000.0, 0.05 + 0.0138);  // four standard errors
  EXPECT_GE(rejected / 4000.0, 0.03);           // the exact test is not much too careful either
}

}  // namespace
}  // namespace comfytrace::insight::stats
