#include "base/parallel.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace comfytrace::base {
namespace {

constexpr std::chrono::seconds kPatience{20};  // beyond it nobody comes any more

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

// Where some number of threads wait for one another.
class Meeting {
 public:
  explicit Meeting(std::size_t threads) : awaited_(threads) {}
  // False: not all have come, and no more will.
  [[nodiscard]] bool come() {
    std::unique_lock lock(mutex_);
    --awaited_;
    came_.notify_all();
    return came_.wait_for(lock, kPatience, [&] { return awaited_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::size_t awaited_;
};

TEST(Parallel, WhoWaitsForAPartHelpsWithWhatThatAsksFor) {
  const std::size_t threads = parallel_threads();
  if (threads < 2) GTEST_SKIP() << "one thread has nobody to wait for";
  for (int round = 0; round < 200; ++round) {
    // The caller has the first part, so that the other is a helper's.
    Meeting begun(2);
    // Takes every thread there is, the caller's among them.
    Meeting all(threads);
    std::atomic<bool> met = true;
    parallel(2, [&](std::size_t part) {
      if (!begun.come()) met = false;
      if (part == 0) return;
      parallel(threads, [&](std::size_t) {
        if (!all.come()) met = false;
      });
    });
    ASSERT_TRUE(met) << "nobody helped";
  }
}

}  // namespace
}  // namespace comfytrace::base
