#include "app/sparkline.h"

#include <gtest/gtest.h>

namespace comfytrace::app {
namespace {

TEST(Sparkline, RisesFromTheLeastToTheLargest) {
  EXPECT_EQ(sparkline({0, 7}, 10), "▁█");
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 10), "▁▂▃▄▅▆▇█");
}

TEST(Sparkline, LeavesABlankWhereNothingIsKnown) {
  EXPECT_EQ(sparkline({1, std::nullopt, 2}, 10), "▁ █");
  EXPECT_EQ(sparkline({std::nullopt}, 10), " ");
  EXPECT_EQ(sparkline({}, 10), "");
}

TEST(Sparkline, OfEqualValuesIsLevel) {
  EXPECT_EQ(sparkline({3, 3, 3}, 10), "▅▅▅");
}

TEST(Sparkline, AveragesWhatDoesNotFit) {
  EXPECT_EQ(sparkline({0, 0, 7, 7}, 2), "▁█");
}

TEST(Bar, IsAsLongAsItsShare) {
  EXPECT_EQ(bar(0, 4), "");
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(7, 4), "████") << "never longer than the whole";
  EXPECT_EQ(bar(0.28125, 4), "█▏");
}

}  // namespace
}  // namespace comfytrace::app
