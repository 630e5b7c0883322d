#include "collect/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "collect/testing/fake_comfyui.h"
#include "collect/testing/gathering_sink.h"

namespace comfytrace::collect {
namespace {

using model::ExitReason;
using model::Status;
using testing::FakeComfyUi;
using testing::fast_timings;
using testing::GatheringSink;
using testing::run_for;
using testing::run_until;

class RecorderTest : public ::testing::Test {
 protected:
  void start() {
    recorder_ = make_recorder();
    worker_id_ = *recorder_->add_worker(comfyui_.url());
    recorder_->start();
    ASSERT_TRUE(run_until(io_, [&] { return connected(); }));
    run_for(io_, 20);
  }
  std::unique_ptr<Recorder> make_recorder() {
    const auto lookup = [this](std::string_view run_id) -> std::optional<model::Run> {
      const auto it = sink_.runs.find(std::string(run_id));
      return it == sink_.runs.end() ? std::nullopt : std::optional(it->second);
    };
    return std::make_unique<Recorder>(io_, base::system_clock(), lookup, sink_, timings_);
  }
  [[nodiscard]] model::ConnectionState state() const { return recorder_->worker_states()[0].connection.state; }
  [[nodiscard]] bool connected() const { return state() == model::ConnectionState::connected; }
  bool until(const std::string& run_id, Status status) {
    return run_until(io_, [&] { return sink_.runs.contains(run_id) && sink_.runs[run_id].status == status; });
  }

  net::asio::io_context io_;
  FakeComfyUi comfyui_{io_};
  CollectorTimings timings_ = fast_timings();
  GatheringSink sink_;
  std::unique_ptr<Recorder> recorder_;
  std::string worker_id_;
};

TEST_F(RecorderTest, FollowsAPromptOfAnotherProgramFromTheQueueToItsEnd) {
  start();
  comfyui_.queue("a");
  ASSERT_TRUE(until("a", Status::queued));
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  EXPECT_EQ(recorder_->open_scenes().size(), 1u);
  comfyui_.finish("a");
  ASSERT_TRUE(until("a", Status::success));
  const model::Attempt& attempt = sink_.runs["a"].scenes.at(0).attempts.at(0);
  EXPECT_EQ(attempt.started_at_ms, 1'000);
  EXPECT_EQ(attempt.duration_ms, 100);
  EXPECT_EQ(attempt.artifacts.at(0).filename, "a.png");
  EXPECT_TRUE(recorder_->open_scenes().empty());
  EXPECT_EQ(sink_.statuses_of("a"), (std::vector{Status::queued, Status::executing, Status::success}));
}

TEST_F(RecorderTest, AnEntryThatComesLateIsWaitedFor) {
  start();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.finish("a", true);
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.asked("GET /history/a") >= 1; }));
  comfyui_.remember("a");
  EXPECT_TRUE(until("a", Status::success));
}

TEST_F(RecorderTest, APendingPromptThatSomebodyDeletesEndsAsDeleted) {
  start();
  comfyui_.queue("a");
  ASSERT_TRUE(until("a", Status::queued));
  comfyui_.forget("a");
  comfyui_.tell_status();
  ASSERT_TRUE(until("a", Status::cancelled));
  EXPECT_EQ(sink_.runs["a"].exit_reason, ExitReason::deleted);
}

TEST_F(RecorderTest, WhatVanishesInARestartOfTheServerEndsAsLost) {
  start();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.stop();
  comfyui_.lose_memory();
  ASSERT_TRUE(run_until(io_, [&] { return !connected(); }));
  comfyui_.start();
  ASSERT_TRUE(until("a", Status::failed));
  EXPECT_EQ(sink_.runs["a"].exit_reason, ExitReason::workerLost);
}

TEST_F(RecorderTest, WhatEndsWhileTheConnectionIsDownIsTakenInAfterwards) {
  start();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.stop();
  comfyui_.remember("a", comfyui_.running[0].second);
  comfyui_.remember("unseen");
  comfyui_.forget("a");
  comfyui_.start();
  EXPECT_TRUE(until("a", Status::success));
  EXPECT_TRUE(until("unseen", Status::success));
}

TEST_F(RecorderTest, ARecorderThatStartsAgainTakesUpItsOpenRuns) {
  start();
  comfyui_.queue("a");
  comfyui_.queue("gone");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  ASSERT_TRUE(until("gone", Status::queued));
  recorder_.reset();
  comfyui_.remember("a", comfyui_.running[0].second);
  comfyui_.forget("a");
  comfyui_.forget("gone");

  recorder_ = make_recorder();
  recorder_->adopt(std::vector{sink_.runs["a"], sink_.runs["gone"]});
  EXPECT_EQ(recorder_->open_scenes().size(), 2u);
  worker_id_ = *recorder_->add_worker(comfyui_.url());
  recorder_->start();
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(run_until(io_, [&] { return !model::is_open(sink_.runs["gone"].status); }));
  EXPECT_TRUE(recorder_->open_scenes().empty());
}

TEST_F(RecorderTest, RefusesTheSameWorkerTwice) {
  start();
  const auto again = recorder_->add_worker(comfyui_.url() + "/");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, base::ErrorCode::conflict);
  EXPECT_FALSE(recorder_->add_worker("http://"));
  EXPECT_EQ(recorder_->worker_states().size(), 1u);
}

TEST_F(RecorderTest, WatchesSeveralWorkersAndOneThatIsDownHoldsUpNobody) {
  start();
  FakeComfyUi other(io_);
  FakeComfyUi down(io_);
  down.stop();
  const std::string other_id = *recorder_->add_worker(other.url(), "other");
  ASSERT_TRUE(recorder_->add_worker(down.url(), "down"));
  ASSERT_TRUE(run_until(io_, [&] {
    const auto states = recorder_->worker_states();
    return states[1].connection.state == model::ConnectionState::connected &&
           states[2].connection.state == model::ConnectionState::disconnected;
  }));
  comfyui_.queue("a");
  other.queue("b");
  ASSERT_TRUE(until("a", Status::queued));
  ASSERT_TRUE(until("b", Status::queued));
  EXPECT_EQ(sink_.runs["a"].scenes[0].attempts[0].worker_id, worker_id_);
  EXPECT_EQ(sink_.runs["b"].scenes[0].attempts[0].worker_id, other_id);
  EXPECT_EQ(recorder_->find_worker("other"), other_id);
  EXPECT_EQ(recorder_->find_worker(other.url()), other_id);
  EXPECT_EQ(recorder_->find_worker(""), std::nullopt) << "three could be meant";
  EXPECT_FALSE(recorder_->connect_now("nobody"));
}

TEST_F(RecorderTest, APictureWithoutIdsBelongsToThePromptThatExecutes) {
  start();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.send_binary(std::string("\0\0\0\x01\0\0\0\x02PNG", 11));
  ASSERT_TRUE(run_until(io_, [&] { return !sink_.previews.empty(); }));
  EXPECT_EQ(sink_.previews[0].worker_id, worker_id_);
  EXPECT_EQ(sink_.previews[0].run_id, "a");
  EXPECT_EQ(sink_.previews[0].prompt_id, "a");
  EXPECT_FALSE(sink_.previews[0].scene_id.empty());
  EXPECT_EQ(sink_.previews[0].format, "png");
  EXPECT_EQ(sink_.previews[0].image, "PNG");
}

TEST_F(RecorderTest, GivesTheReadingsOfAnAttemptWhenItHasEnded) {
  start();
  comfyui_.vram_free = 600;
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.vram_free = 100;
  ASSERT_TRUE(run_until(io_, [&] { return sink_.workers[worker_id_].worker.devices.at(0).vram_free_bytes == 100; }));
  EXPECT_TRUE(sink_.series.empty());
  comfyui_.finish("a");
  ASSERT_TRUE(run_until(io_, [&] { return !sink_.series.empty(); }));
  const history::SampleSeries& series = sink_.series[0];
  EXPECT_EQ(series.run_id, "a");
  EXPECT_EQ(series.prompt_id, "a");
  ASSERT_GE(series.samples.size(), 2u);
  EXPECT_EQ(series.samples.front().vram_free_bytes, 600) << "from before the attempt";
  EXPECT_EQ(series.samples.back().vram_used_bytes, 900);
}

TEST_F(RecorderTest, HowLongARunMayBeSilentComesFromEarlierRunsOfItsKind) {
  timings_.stall_floor_ms = 1;
  timings_.stall_factor = 0.5;  // of the 100 ms that every entry of the history took
  comfyui_.remember("earlier");
  start();
  ASSERT_TRUE(until("earlier", Status::success));
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(run_until(io_, [&] { return state() == model::ConnectionState::streaming; }));
  EXPECT_TRUE(run_until(io_, [&] { return state() == model::ConnectionState::stalled; }));
  EXPECT_EQ(sink_.runs["a"].status, Status::executing) << "a stall ends no run";
}

TEST_F(RecorderTest, AKindOfWorkNeverSeenBeforeIsGivenTime) {
  timings_.stall_floor_ms = 1;
  timings_.stall_factor = 0;
  start();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(run_until(io_, [&] { return state() == model::ConnectionState::streaming; }));
  run_for(io_, 60);
  EXPECT_EQ(state(), model::ConnectionState::streaming);
}

TEST_F(RecorderTest, AWorkerIsKeptAtFirstContactAndWhenContactEnds) {
  start();
  ASSERT_TRUE(run_until(io_, [&] { return sink_.seen.size() == 1; }));
  const auto first_seen_at_ms = sink_.seen[0].first_seen_at_ms;
  comfyui_.stop();
  ASSERT_TRUE(run_until(io_, [&] { return sink_.seen.size() == 2; }));
  EXPECT_EQ(sink_.seen[1].first_seen_at_ms, first_seen_at_ms);
  EXPECT_EQ(sink_.seen[1].comfyui_version, "0.8.0");
}

TEST_F(RecorderTest, ARunThatAPersonDeletedDoesNotComeBack) {
  comfyui_.remember("a");
  start();
  ASSERT_TRUE(until("a", Status::success));
  recorder_->forget("a");
  sink_.runs.clear();
  comfyui_.queue("b");
  comfyui_.begin("b");
  comfyui_.finish("b");
  ASSERT_TRUE(until("b", Status::success));
  EXPECT_FALSE(sink_.runs.contains("a"));
}

TEST_F(RecorderTest, TellsWatchersOfAPromptUntilItHasEnded) {
  start();
  std::vector<Status> seen;
  recorder_->watch_prompt(worker_id_, "a", [&](const model::LiveScene& scene) { seen.push_back(scene.status); });
  comfyui_.queue("a");
  ASSERT_TRUE(until("a", Status::queued));
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.finish("a");
  ASSERT_TRUE(run_until(io_, [&] { return !seen.empty() && seen.back() == Status::success; }));
  EXPECT_EQ(seen.front(), Status::queued);
}

}  // namespace
}  // namespace comfytrace::collect
