#include "insight/stats/change_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

#include "insight/stats/mann_whitney.h"
#include "insight/stats/testing/seeded_values.h"
#include "insight/stats/two_levels.h"

namespace comfytrace::insight::stats {
namespace {

std::vector<std::size_t> places(const std::vector<ChangePoint>& points) {
  std::vector<std::size_t> found;
  for (const ChangePoint& point : points) found.push_back(point.index);
  return found;
}

std::vector<double> stepped(SeededValues& random, std::size_t before, std::size_t after, double ratio, double cv) {
  auto values = random.durations(before + after, 20'000, cv);
  for (std::size_t i = before; i < values.size(); ++i) values[i] *= ratio;
  return values;
}

TEST(ChangePoint, AStepIsFoundWithItsSizeAndEvidence) {
  SeededValues random(30);
  const auto values = stepped(random, 60, 40, 1.10, 0.02);
  const auto points = change_points(values);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].index, 60U);
  EXPECT_EQ(points[0].n_before, 60U);
  EXPECT_EQ(points[0].n_after, 40U);
  EXPECT_NEAR(points[0].before_median, 20'000, 200);
  EXPECT_NEAR(points[0].after_median, 22'000, 220);
  EXPECT_NEAR(points[0].size, 1.10, 0.02);
  EXPECT_TRUE(points[0].interval->contains(1.10));
  EXPECT_LT(points[0].interval->high - points[0].interval->low, 0.04);
  EXPECT_LT(points[0].p_value, 1e-9);
}

TEST(ChangePoint, SeveralStepsUpAndDownAreFound) {
  SeededValues random(31);
  auto values = random.durations(300, 5'000, 0.02);
  for (std::size_t i = 80; i < 150; ++i) values[i] *= 1.3;
  for (std::size_t i = 220; i < 300; ++i) values[i] *= 0.8;
  EXPECT_EQ(places(change_points(values)), (std::vector<std::size_t>{80, 150, 220}));
}

TEST(ChangePoint, SteadySeriesRarelyAlarm) {
  SeededValues random(32);
  int alarms = 0;
  for (int round = 0; round < 400; ++round) {
    alarms += change_points(random.durations(150, 1'000, round % 2 == 0 ? 0.02 : 0.1)).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 8);  // 4 are expected at most; 8 is two standard errors more
}

TEST(ChangePoint, AFewOutliersAreNoChange) {
  SeededValues random(33);
  auto values = random.durations(120, 1'000, 0.02);
  for (const std::size_t at : {30UL, 31UL, 32UL, 77UL}) values[at] *= 4;
  EXPECT_TRUE(change_points(values).empty());
}

TEST(ChangePoint, ALevelHasToLast) {
  SeededValues random(34);
  const auto values = stepped(random, 60, 12, 1.3, 0.01);
  const std::span<const double> all(values);
  EXPECT_TRUE(change_points(all.first(64)).empty());
  EXPECT_EQ(places(change_points(all.first(65))), std::vector<std::size_t>{60});
}

TEST(ChangePoint, AChangeBelowTheMinimumEffectIsLeftOut) {
  SeededValues random(35);
  const auto values = stepped(random, 80, 80, 1.03, 0.002);
  EXPECT_EQ(change_points(values).size(), 1U);
  EXPECT_TRUE(change_points(values, {.minimum_effect = 0.05}).empty());
}

TEST(ChangePoint, ShortAndConstantSeriesHaveNone) {
  EXPECT_TRUE(change_points({}).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 1, 1, 1, 9, 9, 9, 9, 9}).empty());
  EXPECT_TRUE(change_points(std::vector<double>(300, 42.0)).empty());
  EXPECT_TRUE(change_points(std::vector<double>(300, 0.0)).empty());
}

TEST(ChangePoint, AStepWithoutScatterIsFound) {
  std::vector<double> values(40, 100.0);
  values.insert(values.end(), 10, 110.0);
  const auto points = change_points(values);
  ASSERT_EQ(places(points), std::vector<std::size_t>{40});
  EXPECT_NEAR(points[0].size, 1.1, 1e-12);
}

TEST(ChangePoint, OnTheLinearScaleSizesAreDifferences) {
  SeededValues random(36);
  auto values = random.normals(120);
  for (std::size_t i = 70; i < values.size(); ++i) values[i] -= 8;
  const auto points = change_points(values, {.scale = ChangeScale::linear, .minimum_effect = 1});
  ASSERT_EQ(places(points), std::vector<std::size_t>{70});
  EXPECT_NEAR(points[0].size, -8, 0.8);
}

TEST(ChangePoint, OnTheLogScaleAZeroCountsAsTheSmallestValue) {
  SeededValues random(37);
  auto values = random.durations(60, 50, 0.05);
  values[10] = 0;
  EXPECT_TRUE(change_points(values).empty());
}

TEST(ChangePoint, UnitsDoNotMatter) {
  SeededValues random(38);
  auto values = stepped(random, 70, 50, 1.15, 0.04);
  const auto in_ms = change_points(values);
  for (double& value : values) value /= 1'000;
  const auto in_seconds = change_points(values);
  ASSERT_EQ(places(in_ms), places(in_seconds));
  ASSERT_EQ(in_ms.size(), 1U);
  EXPECT_NEAR(in_ms[0].size, in_seconds[0].size, 1e-9);
}

TEST(ChangePoint, TheNewestAreThoseOfTheWholeSeries) {
  SeededValues random(39);
  auto values = stepped(random, 700, 60, 0.85, 0.03);
  for (std::size_t i = 0; i < 200; ++i) values[i] *= 2;
  EXPECT_EQ(places(change_points(values)), (std::vector<std::size_t>{200, 700}));
  EXPECT_EQ(places(newest_change_points(values)), std::vector<std::size_t>{700});
  EXPECT_EQ(places(newest_change_points(std::span<const double>(values).first(230))), std::vector<std::size_t>{200});
}

TEST(ChangePoint, MemoryIsAllowedFor) {
  SeededValues random(40);
  int alarms = 0;
  for (int round = 0; round < 200; ++round) {
    auto logs = random.normals(200);
    for (std::size_t i = 1; i < logs.size(); ++i) logs[i] = 0.3 * logs[i - 1] + std::sqrt(0.91) * logs[i];
    for (double& value : logs) value = 1'000 * std::exp(0.03 * value);
    alarms += change_points(logs).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 6);  // 2 are expected at most
}

TEST(ChangePoint, EachIsToldAsARankTestOfItsSidesTells) {
  SeededValues random(41);
  auto values = random.normals(900);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 20 + values[i] + 3 * static_cast<double>(i / 60 % 3);
  ChangePointOptions options;
  options.scale = ChangeScale::linear;
  const auto points = change_points(values, options);
  ASSERT_GT(points.size(), 5u);
  const std::span<const double> all(values);
  for (const ChangePoint& point : points) {
    const auto before = all.subspan(point.index - point.n_before, point.n_before);
    const auto after = all.subspan(point.index, point.n_after);
    const RankTest test = rank_test(before, after, options.level);
    EXPECT_EQ(point.p_value, test.p_value);
    EXPECT_EQ(point.size, test.shift);
    EXPECT_EQ(point.autocorrelation, TwoLevels(before, after).autocorrelation());
    EXPECT_LE(point.n_before, options.window);
  }
}

}  // namespace
}  // namespace comfytrace::insight::stats
