#include "base/parallel.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace comfytrace::base {
namespace {

TEST(Parallel, EveryPartIsDoneOnceBeforeItReturns) {
  for (const std::size_t parts : {0u, 1u, 2u, 3u, 100u}) {
    std::vector<std::atomic<int>> done(parts);
    parallel(parts, [&](std::size_t part) { ++done[part]; });
    for (const auto& times : done) EXPECT_EQ(times.load(), 1);
  }
}

TEST(Parallel, ManyCallersAtOnceGetTheirOwn) {
  constexpr std::size_t kCallers = 8;
  std::array<std::atomic<int>, kCallers> sums{};
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < 200; ++round)
        parallel(5, [&](std::size_t part) { sums[caller] += static_cast<int>(part); });
    });
  }
  for (std::thread& thread : callers) thread.join();
  for (const auto& sum : sums) EXPECT_EQ(sum.load(), 200 * 10);
}

TEST(Parallel, TheFirstPartIsTheCallers) {
  for (int round = 0; round < 500; ++round) {
    std::thread::id first;
    parallel(3, [&](std::size_t part) {
      if (part == 0) first = std::this_thread::get_id();
    });
    ASSERT_EQ(first, std::this_thread::get_id());
  }
}

TEST(Parallel, PartsMayAskForMoreThemselves) {
  std::atomic<int> done = 0;
  parallel(4, [&](std::size_t) { parallel(4, [&](std::size_t) { ++done; }); });
  EXPECT_EQ(done.load(), 16);
}

TEST(Parallel, WhoWaitsForAPartHelpsWithWhatThatAsksFor) {
  if (parallel_threads() < 2) GTEST_SKIP() << "one thread has nobody to wait for";
  for (int round = 0; round < 200; ++round) {
    parallel(2, [&](std::size_t part) {
      if (part == 0) return;
      // Only two threads at once get past it.
      std::latch both(2);
      parallel(2, [&](std::size_t) { both.arrive_and_wait(); });
    });
  }
}

}  // namespace
}  // namespace comfytrace::base
