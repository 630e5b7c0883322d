#include "collect/back_off.h"

#include <gtest/gtest.h>

namespace comfytrace::collect {
namespace {

TEST(BackOff, DoublesToSixteenSecondsAndThenTriesEveryThirtyForEver) {
  CollectorTimings timings;
  timings.random = [] { return 0.5; };
  BackOff back_off(timings);
  for (const std::int64_t expected : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000, 30'000}) {
    EXPECT_EQ(back_off.next_ms(), expected);
  }
  EXPECT_EQ(back_off.failures(), 8);
  back_off.reset();
  EXPECT_EQ(back_off.next_ms(), 1'000);
}

TEST(BackOff, VariesEachWaitByAFifthEitherWay) {
  CollectorTimings timings;
  double random = 0;
  timings.random = [&] { return random; };
  BackOff back_off(timings);
  EXPECT_EQ(back_off.next_ms(), 800);
  random = 0.999'999;
  EXPECT_EQ(back_off.next_ms(), 2'400);
}

TEST(BackOff, WaitsLongAtOnceWhereTryingSoonMakesNoSense) {
  CollectorTimings timings;
  timings.jitter_ratio = 0;
  BackOff back_off(timings);
  EXPECT_EQ(back_off.next_slow_ms(), 30'000);
  EXPECT_EQ(back_off.failures(), 1);
}

}  // namespace
}  // namespace comfytrace::collect
