#include "insight/eta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "insight/eta_book.h"
#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using model::NodeState;
using testing::HasSubstr;

class EtaTest : public testing::Test {
 protected:
  void keep_runs(int count, bool node_times_known = true) {
    for (int i = 0; i < count; ++i) {
      MadeRun run = nth(i, noise_, 0.05);
      run.node_times_known = node_times_known;
      keep(history_, run);
    }
  }
  EtaPast past_of(const model::Run& run) {
    const auto past = load_eta_past(history_, history::facts_of(run).scenes[0].key);
    EXPECT_TRUE(past.ok());
    return *past;
  }
  static MadeRun later(int number = 0) {
    MadeRun run;
    run.run_id = "open-" + std::to_string(number);
    run.created_at_ms = kStart + 30 * kDay;
    return run;
  }
  history::MemoryHistory history_;
  Noise noise_{31};
};

TEST_F(EtaTest, WithoutAPastSaysHowManyScenesAreMissing) {
  keep_runs(2);
  const model::Run run = executing(later(), 2);
  const Eta eta = estimate_scene(run.scenes[0], past_of(run), now_in(run, 2, 0));
  EXPECT_EQ(eta.basis, EtaBasis::none);
  EXPECT_FALSE(eta.remaining_ms);
  EXPECT_FALSE(eta.done_at_ms);
  EXPECT_EQ(eta.needed, 1);
  EXPECT_THAT(eta.reason, HasSubstr(" of the 3 like scenes that it takes"));
}

TEST_F(EtaTest, AddsWhatTheRemainingNodesTookInLikeScenes) {
  keep_runs(30);
  const model::Run run = executing(later(), 2);  // KSampler has just begun
  const std::int64_t now_ms = now_in(run, 2, 4'000);
  const Eta eta = estimate_scene(run.scenes[0], past_of(run), now_ms);
  EXPECT_EQ(eta.basis, EtaBasis::nodes);
  EXPECT_NEAR(static_cast<double>(*eta.remaining_ms), 20'000 + 4'000 + 800, 1'500);
  EXPECT_LT(*eta.remaining_low_ms, *eta.remaining_ms);
  EXPECT_GT(*eta.remaining_high_ms, *eta.remaining_ms);
  EXPECT_EQ(*eta.done_at_ms, now_ms + *eta.remaining_ms);
  EXPECT_EQ(eta.level, history::LikeLevel::device);
}

TEST_F(EtaTest, FollowsThePaceOfTheStepsWhereItIsSlowerThanEver) {
  keep_runs(30);
  model::Run run = executing(later(), 2);
  auto& node = run.scenes[0].attempts[0].nodes[2];
  node.progress_value = 10;
  node.progress_max = 20;
  const Eta eta = estimate_scene(run.scenes[0], past_of(run), now_in(run, 2, 24'000));  // twice as slow
  EXPECT_NEAR(static_cast<double>(*eta.remaining_ms), 24'000 + 4'800, 2'000);
  EXPECT_NEAR(*eta.steps_per_second, 10.0 / 24, 1e-9);
}

TEST_F(EtaTest, CachedNodesNeedNoTime) {
  keep_runs(30);
  model::Run run = executing(later(), 1);
  auto& attempt = run.scenes[0].attempts[0];
  const Eta before = estimate_scene(run.scenes[0], past_of(run), now_in(run, 1, 0));
  attempt.cached_node_ids.push_back("3");
  const Eta after = estimate_scene(run.scenes[0], past_of(run), now_in(run, 1, 0));
  EXPECT_NEAR(static_cast<double>(*before.remaining_ms - *after.remaining_ms), 24'000, 2'500);
}

TEST_F(EtaTest, StockCaptureFallsBackToWholeAttempts) {
  keep_runs(30, false);
  model::Run run = executing(later(), 0);
  run.scenes[0].attempts[0].node_times_known = false;
  run.scenes[0].attempts[0].nodes.clear();
  const std::int64_t started = *run.scenes[0].attempts[0].started_at_ms;
  const EtaPast past = past_of(run);
  const Eta eta = estimate_scene(run.scenes[0], past, started + 10'000);
  EXPECT_EQ(eta.basis, EtaBasis::attempts);
  EXPECT_NEAR(static_cast<double>(*eta.remaining_ms), 19'000, 1'500);
  EXPECT_EQ(eta.reason, "by time alone: this source does not tell nodes");
  const Eta overdue = estimate_scene(run.scenes[0], past, started + 600'000);
  EXPECT_EQ(overdue.basis, EtaBasis::none);
  EXPECT_EQ(overdue.reason, "it has taken longer than all but 0 of 30 like scenes");
  EXPECT_TRUE(estimate_scene(run.scenes[0], past, started - kHour).remaining_ms) << "the clock was set back";
}

TEST_F(EtaTest, ItsIntervalHoldsTheTruthAboutAsOftenAsItSays) {
  // Each scene has its own pace, as real ones have; asked at different places of it.
  stats::CoverageCounter counter;
  for (int series = 0; series < 40; ++series) {
    history::MemoryHistory history;
    Noise noise(static_cast<std::uint64_t>(400 + series));
    const auto draw = [&](int i) {
      MadeRun run = nth(i, noise, 0.03, std::exp(0.05 * noise.normal()));
      return run;
    };
    for (int i = 0; i < 25; ++i) keep(history, draw(i));
    for (int i = 25; i < 50; ++i) {
      const MadeRun made = draw(i);
      const model::Run truth = made_run(made);
      const model::Run run = executing(made, static_cast<std::size_t>(1 + i % 4));
      const auto past = load_eta_past(history, history::facts_of(run).scenes[0].key);
      ASSERT_TRUE(past.ok());
      const std::int64_t now_ms = now_in(run, static_cast<std::size_t>(1 + i % 4), 100);
      const Eta eta = estimate_scene(run.scenes[0], *past, now_ms);
      ASSERT_TRUE(eta.remaining_ms);
      counter.add({static_cast<double>(*eta.remaining_low_ms), static_cast<double>(*eta.remaining_high_ms), kEtaLevel},
                  static_cast<double>(*truth.finished_at_ms - now_ms));
    }
  }
  EXPECT_EQ(counter.n(), 1'000u);
  EXPECT_NEAR(*counter.rate(), kEtaLevel, 0.03);
}

class EtaBookTest : public EtaTest {
 protected:
  EtaBook book() {
    return EtaBook([this](const history::WorkKey& key, EtaBook::Done done) {
      ++loads_;
      if (waiting_) {
        held_.push_back([this, key, done] { done(load_eta_past(history_, key)); });
      } else {
        done(load_eta_past(history_, key));
      }
    });
  }
  int loads_ = 0;
  bool waiting_ = false;
  std::vector<std::function<void()>> held_;
};

TEST_F(EtaBookTest, ReadsThePastOfAKindOfWorkOnceAndAgainWhenOneOfItHasEnded) {
  keep_runs(20);
  EtaBook etas = book();
  const model::Run run = executing(later(), 2);
  std::int64_t now_ms = now_in(run, 2, 0);
  for (int i = 0; i < 50; ++i) {
    etas.run_changed(run, now_ms + i);
    ASSERT_TRUE(etas.scene("open-0", "scene-1", now_ms + i)->remaining_ms);
  }
  EXPECT_EQ(loads_, 1);
  etas.run_changed(made_run(later()), now_ms + 29'000);
  EXPECT_FALSE(etas.scene("open-0", "scene-1", now_ms)) << "it is over";
  etas.run_changed(executing(later(1), 2), now_ms + 40'000);
  EXPECT_EQ(loads_, 2);
}

TEST_F(EtaBookTest, SaysThatItIsReadingUntilThePastIsThere) {
  keep_runs(20);
  waiting_ = true;
  const model::Run run = executing(later(), 2);
  const std::int64_t now_ms = now_in(run, 2, 0);
  {
    EtaBook etas = book();
    etas.run_changed(run, now_ms);
    EXPECT_EQ(etas.scene("open-0", "scene-1", now_ms)->reason, "the past of such scenes is being read");
    EXPECT_EQ(loads_, 1) << "one question at a time";
    held_.front()();
    EXPECT_TRUE(etas.scene("open-0", "scene-1", now_ms)->remaining_ms);
  }
  held_.front()();  // an answer after the book is gone
}

TEST_F(EtaBookTest, ScoresItsFirstClaimWhenTheAttemptHasEndedWell) {
  keep_runs(20);
  EtaBook etas = book();
  EXPECT_EQ(etas.score().sentence, "not measured yet");
  const model::Run run = executing(later(), 2);
  etas.run_changed(run, now_in(run, 2, 0));
  etas.run_changed(made_run(later()), now_in(run, 2, 0) + 28'800);
  EXPECT_EQ(etas.score().sentence, "measured: 1 of 1 inside");
  MadeRun slow = later(1);
  slow.nodes[3].duration_ms += 60'000;
  etas.run_changed(executing(slow, 2), now_in(run, 2, 0));
  etas.run_changed(made_run(slow), now_in(run, 2, 0) + 88'800);
  EXPECT_EQ(etas.score().n, 2);
  EXPECT_EQ(etas.score().later, 1);
  MadeRun failed = later(2);
  etas.run_changed(executing(failed, 2), now_in(run, 2, 0));
  failed.status = model::Status::failed;
  etas.run_changed(made_run(failed), now_in(run, 2, 0) + 1'000);
  EXPECT_EQ(etas.score().n, 2) << "a failure proves nothing about time";
}

TEST_F(EtaBookTest, AddsUpTheQueueInTheOrderOfTheWorker) {
  keep_runs(30);
  EtaBook etas = book();
  const model::Run run = executing(later(), 2);
  const std::int64_t now_ms = now_in(run, 2, 0);
  etas.run_changed(run, now_ms);
  for (int i = 1; i <= 2; ++i) {
    MadeRun made = later(i);
    made.status = model::Status::queued;
    made.created_at_ms += 3 - i;  // queued in the other order than it is numbered
    model::Run queued = made_run(made);
    auto& attempt = queued.scenes[0].attempts[0];
    attempt.nodes.clear();
    attempt.cached_known = attempt.node_times_known = false;
    attempt.cached_node_ids.clear();
    attempt.queue_number = i;
    attempt.started_at_ms.reset();
    attempt.finished_at_ms.reset();
    attempt.duration_ms.reset();
    model::roll_up(queued);
    etas.run_changed(queued, now_ms);
  }
  const EtaReport report = etas.report(now_ms);
  ASSERT_EQ(report.queues.size(), 1u);
  EXPECT_EQ(report.queues[0].scenes, 3);
  EXPECT_NEAR(static_cast<double>(*report.queues[0].eta.remaining_ms), 28'800 + 2 * 29'000, 3'000);
  const auto first = etas.run("open-1", now_ms);
  const auto second = etas.run("open-2", now_ms);
  ASSERT_TRUE(first && second);
  EXPECT_NEAR(static_cast<double>(*first->scenes[0].starts_at_ms - now_ms), 28'800, 1'500);
  EXPECT_GT(*second->eta.done_at_ms, *first->eta.done_at_ms);
  const auto width = [](const Eta& eta) { return *eta.remaining_high_ms - *eta.remaining_low_ms; };
  EXPECT_GT(width(second->eta), width(first->eta)) << "the further away the less sure";
}

}  // namespace
}  // namespace comfytrace::insight
