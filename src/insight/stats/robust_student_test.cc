#include "insight/stats/robust_student.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

const std::vector<double> kLeft = {10.1, 9.8, 10.3, 10.0, 9.9, 10.2};
const std::vector<double> kRight = {10.6, 10.9, 10.4, 10.8, 10.7};

TEST(RobustTTest, WithoutOutliersIsStudents) {
  // SciPy 1.10.1, scipy.stats.ttest_ind.
  const auto test = robust_t_test(kLeft, kRight);
  EXPECT_NEAR(test.p_value, 0.000384179548714158, 1e-12);
  EXPECT_NEAR(test.difference, 0.63, 1e-12);
}

TEST(RobustTTest, OneOutlierNeitherHidesNorMakesAChange) {
  SeededValues random(26);
  auto left = random.normals(30);
  auto right = random.normals(30);
  EXPECT_GT(robust_t_test(left, right).p_value, 0.01);
  right[3] += 1'000;
  EXPECT_GT(robust_t_test(left, right).p_value, 0.01);
  for (double& value : right) value += 3;
  EXPECT_LT(robust_t_test(left, right).p_value, 1e-9);
}

TEST(RobustTTest, MemoryMakesItMoreCareful) {
  EXPECT_GT(robust_t_test(kLeft, kRight, 0.5).p_value, robust_t_test(kLeft, kRight).p_value);
}

TEST(RobustTTest, WithoutScatterAnyDifferenceIsOne) {
  const std::vector<double> left(5, 1.0);
  EXPECT_EQ(robust_t_test(left, left).p_value, 1);
  EXPECT_EQ(robust_t_test(left, std::vector<double>(5, 1.001)).p_value, 0);
}

TEST(TwoLevelAutocorrelation, IsThatAroundTheLevels) {
  SeededValues random(27);
  for (const double memory : {0.0, 0.5}) {
    double sum = 0;
    for (int round = 0; round < 300; ++round) {
      auto values = random.normals(60);
      for (std::size_t i = 1; i < values.size(); ++i) {
        values[i] = memory * values[i - 1] + std::sqrt(1 - memory * memory) * values[i];
      }
      for (std::size_t i = 30; i < values.size(); ++i) values[i] += 5;
      const std::span<const double> all(values);
      sum += two_level_autocorrelation(all.first(30), all.subspan(30));
    }
    // Negative estimates count as 0, so without memory the mean is a little above it.
    EXPECT_NEAR(sum / 300, memory == 0 ? 0.07 : memory, 0.06);
  }
  EXPECT_EQ(two_level_autocorrelation(std::vector<double>(4, 1.0), std::vector<double>(4, 2.0)), 0);
}

TEST(StepFreeDeviation, IsLeftAloneByAStep) {
  SeededValues random(28);
  auto values = random.normals(400);
  for (std::size_t i = 200; i < values.size(); ++i) values[i] += 50;
  EXPECT_NEAR(step_free_deviation(values), 1, 0.2);
  EXPECT_EQ(step_free_deviation(std::vector<double>{1}), 0);
  EXPECT_EQ(step_free_deviation(std::vector<double>(9, 1.0)), 0);
}

}  // namespace
}  // namespace comfytrace::insight::stats
