#include "insight/baselines.h"

#include <gtest/gtest.h>

#include "history/memory/memory_history.h"
#include "history/sample_runs_test.cc"  // the runs are made by the tests' own maker

namespace comfytrace::insight {
namespace {

// Runs of one kind of work a minute apart, the last of them `last_ratio` times as long as usual.
void fill(history::MemoryHistory& history, int count, double last_ratio) {
  const model::Run pattern = history::typical_run(1, 1);
  for (int i = 0; i < count; ++i) {
    model::Run run = pattern;
    run.run_id = "run " + std::to_string(i);
    run.created_at_ms += i * 60'000;
    auto& attempt = run.scenes[0].attempts[0];
    attempt.prompt_id = run.run_id;
    const double usual_ms = 10'000 + 37 * ((i * 7) % 5);
    attempt.duration_ms = static_cast<std::int64_t>(i + 1 == count ? usual_ms * last_ratio : usual_ms);
    attempt.finished_at_ms = *attempt.started_at_ms + *attempt.duration_ms;
    model::roll_up(run);
    ASSERT_TRUE(history.save({&run, 1}));
  }
}

TEST(Baselines, SayInOneLineHowEachRunOfAListStandsToThoseLikeIt) {
  history::MemoryHistory history;
  fill(history, 21, 1.5);
  const std::vector<std::string> ids{"run 20", "no such run", "run 10", "run 1"};
  const auto lines = baselines_of(history, ids);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 3u);
  const RunBaseline& slow = lines->at(0);
  EXPECT_EQ(slow.verdict, Verdict::worse);
  EXPECT_EQ(slow.n, 20);
  EXPECT_NEAR(slow.delta_ratio.value_or(0), 0.5, 0.02);
  EXPECT_EQ(slow.recent_ms.size(), kRecentLike);
  EXPECT_EQ(slow.recent_ms.back(), 10'000 + 37 * ((19 * 7) % 5));
  EXPECT_LE(*slow.lower_ms, *slow.median_ms);
  EXPECT_EQ(lines->at(1).verdict, Verdict::noEvidence);
  EXPECT_EQ(lines->at(2).verdict, Verdict::notEnoughData);
  EXPECT_GT(lines->at(2).needed, 0);
  EXPECT_TRUE(lines->at(2).recent_ms.empty()) << "too few to show a line of";
}

TEST(Baselines, DoNotCallAFailedRunFast) {
  history::MemoryHistory history;
  fill(history, 21, 0.1);
  model::Run failed = history.get("run 20")->value();
  failed.scenes[0].attempts[0].status = model::Status::failed;
  failed.scenes[0].attempts[0].exit_reason = model::ExitReason::outOfMemory;
  model::roll_up(failed);
  ASSERT_TRUE(history.save({&failed, 1}));
  const std::vector<std::string> ids{"run 20"};
  const auto lines = baselines_of(history, ids);
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->at(0).verdict, Verdict::notEnoughData);
  EXPECT_FALSE(lines->at(0).delta_ratio);
}

}  // namespace
}  // namespace comfytrace::insight
