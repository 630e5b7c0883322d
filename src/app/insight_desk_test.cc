#include "app/insight_desk.h"

#include <gtest/gtest.h>

#include <chrono>

#include "insight/testing/made_runs.h"

namespace comfytrace::app {
namespace {

using insight::executing;
using insight::MadeRun;
using insight::now_in;

std::unique_ptr<history::RunHistoryReader> past() {
  auto history = std::make_unique<history::MemoryHistory>();
  insight::Noise noise(31);
  for (int i = 0; i < 30; ++i) insight::keep(*history, insight::nth(i, noise, 0.05));
  return history;
}

class InsightDeskTest : public testing::Test {
 protected:
  InsightDeskTest() {
    MadeRun later;
    later.run_id = "open";
    later.created_at_ms = insight::kStart + 30 * insight::kDay;
    open_ = executing(later, 1);
    finished_ = insight::made_run(later);
    clock_.jump_wall_ms(now_in(open_, 1, 0));
    auto started = history::HistoryPool::start(
        []() -> base::Result<std::unique_ptr<history::RunHistoryReader>> { return past(); }, 1);
    EXPECT_TRUE(started.ok());
    pool_ = std::move(*started);
    desk_.emplace(InsightDesk::Parts{io_, clock_, *pool_, writer_, {}, [this] { ++estimates_changed_; }, {}});
  }
  ~InsightDeskTest() override { pool_->stop(); }

  model::LiveScene with_eta(model::Status status = model::Status::executing) {
    model::LiveScene scene;
    scene.run_id = "open";
    scene.scene_id = open_.scenes[0].scene_id;
    scene.status = status;
    return desk_->with_eta(scene);
  }
  // Until the past that the first question asked for has been read.
  void read_the_past() {
    desk_->run_changed(open_);
    ASSERT_FALSE(with_eta().eta_ms);
    while (estimates_changed_ == 0) io_.run_one_for(std::chrono::seconds(20));
  }

  net::asio::io_context io_;
  // A pool's answers come from another thread; there is always one more to wait for.
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_ = net::asio::make_work_guard(io_);
  base::FakeClock clock_{0};
  history::HistoryWriter writer_{std::make_unique<history::MemoryHistory>(), {}};
  std::unique_ptr<history::HistoryPool> pool_;
  std::optional<InsightDesk> desk_;
  model::Run open_;
  model::Run finished_;
  int estimates_changed_ = 0;
};

TEST_F(InsightDeskTest, SaysThatAnEstimateIsThereOnceThePastIsRead) {
  read_the_past();
  const model::LiveScene scene = with_eta();
  ASSERT_TRUE(scene.eta_ms);
  EXPECT_EQ(scene.eta_scenes, 30);
  EXPECT_LE(*scene.eta_low_ms, *scene.eta_ms);
  EXPECT_GE(*scene.eta_high_ms, *scene.eta_ms);
}

TEST_F(InsightDeskTest, CountsAnEstimateDownAndMakesItAnewAfterASecond) {
  read_the_past();
  const auto at_first = with_eta().eta_ms;
  ASSERT_TRUE(at_first);
  // The recorder has heard meanwhile that the sampler is done, which only a new estimate can know.
  MadeRun further;
  further.run_id = "open";
  further.created_at_ms = open_.created_at_ms;
  desk_->run_changed(executing(further, 3));
  clock_.advance_ms(400);
  EXPECT_EQ(with_eta().eta_ms, *at_first - 400);
  clock_.advance_ms(600);
  EXPECT_LT(with_eta().eta_ms, *at_first / 2);
}

TEST_F(InsightDeskTest, MakesAnEstimateAnewAtOnceWhenTheSceneChangesItsStatus) {
  read_the_past();
  const auto waiting = with_eta(model::Status::queued).eta_ms;
  const auto running = with_eta().eta_ms;
  ASSERT_TRUE(running);
  clock_.advance_ms(300);
  EXPECT_EQ(with_eta().eta_ms, *running - 300) << "made when it began to run, not before";
  EXPECT_EQ(with_eta(model::Status::queued).eta_ms.has_value(), waiting.has_value());
}

TEST_F(InsightDeskTest, TellsNothingOfWhatIsOver) {
  read_the_past();
  ASSERT_TRUE(with_eta().eta_ms);
  desk_->run_changed(finished_);
  EXPECT_FALSE(with_eta(model::Status::success).eta_ms);
  EXPECT_FALSE(with_eta().eta_ms) << "nor from an estimate that was kept";
}

}  // namespace
}  // namespace comfytrace::app
