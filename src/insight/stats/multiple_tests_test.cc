#include "insight/stats/multiple_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

// The example of Benjamini & Hochberg (1995), section 3.2: at q = 0.05 the first four of fifteen are rejected. Adjusted
// values by NumPy from the definition.
TEST(BenjaminiHochberg, RejectsWhatThePublishedExampleRejects) {
  const std::vector<double> p = {.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344,
                                 .0459, .3240, .4262, .5719, .6528, .7590, 1.0};
  const auto adjusted = benjamini_hochberg(p);
  const std::vector<double> expected = {
      0.0015, 0.003,  0.0095, 0.035625,          0.0603,   0.0638571428571429, 0.0638571428571429,
      0.0645, 0.0765, 0.486,  0.581181818181818, 0.714875, 0.753230769230769,  0.813214285714286,
      1};
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12) << i;
  EXPECT_EQ(std::count_if(adjusted.begin(), adjusted.end(), [](double a) { return a <= 0.05; }), 4);
}

TEST(BenjaminiHochberg, KeepsThePlacesOfTheTests) {
  const auto adjusted = benjamini_hochberg(std::vector<double>{0.9, 0.01, 0.04});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.9);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
}

TEST(BenjaminiHochberg, OfNoTestAndOfOneChangesNothing) {
  EXPECT_TRUE(benjamini_hochberg({}).empty());
  EXPECT_EQ(benjamini_hochberg(std::vector<double>{0.2}), std::vector<double>{0.2});
}

TEST(BenjaminiHochberg, AmongTestsWithoutAnEffectRarelyAlarmsAtAll) {
  SeededValues random(16);
  int alarms = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<double> p(30);
    for (double& value : p) value = random.uniform();
    const auto adjusted = benjamini_hochberg(p);
    alarms += *std::min_element(adjusted.begin(), adjusted.end()) <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(alarms / 2000.0, 0.05, 0.0195);  // four standard errors
}

}  // namespace
}  // namespace comfytrace::insight::stats
