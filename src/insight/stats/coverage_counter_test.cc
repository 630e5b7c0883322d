#include "insight/stats/coverage_counter.h"

#include <gtest/gtest.h>

namespace comfytrace::insight::stats {
namespace {

TEST(CoverageCounter, CountsWhereTheTruthFell) {
  CoverageCounter counter;
  EXPECT_EQ(counter.rate(), std::nullopt);
  EXPECT_EQ(counter.rate_interval(), std::nullopt);
  for (const double truth : {0.5, 1.0, 1.5, 2.0, 2.5, 3.0}) counter.add({1, 2, 0.9}, truth);
  EXPECT_EQ(counter.below(), 1U);
  EXPECT_EQ(counter.inside(), 3U);  // the ends belong to it
  EXPECT_EQ(counter.above(), 2U);
  EXPECT_EQ(counter.rate(), 0.5);
  EXPECT_TRUE(counter.rate_interval()->contains(0.5));
  CoverageCounter sum;
  sum.add({1, 2, 0.9}, 1.5);
  sum.merge(counter);
  EXPECT_EQ(sum.n(), 7U);
  EXPECT_EQ(sum.inside(), 4U);
  EXPECT_EQ(sum.above(), 2U);
  EXPECT_EQ(sum.below(), 1U);
}

}  // namespace
}  // namespace comfytrace::insight::stats
