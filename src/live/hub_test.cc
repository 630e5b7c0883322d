#include <gmock/gmock.h>

#include <set>

#include "live/hub_fixture.h"

namespace comfytrace::live {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(HubTest, GreetsWithHelloAndASnapshotOfEverythingOpen) {
  model::WorkerState worker;
  worker.worker.worker_id = "worker-1";
  hub->worker_changed(worker);
  hub->scene_changed(scene("waits", model::Status::queued));
  hub->scene_changed(scene("runs", model::Status::executing));
  hub->scene_changed(scene("over", model::Status::executing));
  hub->scene_changed(scene("over", model::Status::success));
  model::RunSummary run;
  run.run_id = "older";
  hub->seed_recent({run});

  const auto messages = connect()->take();
  ASSERT_THAT(words_of(messages, "type"), ElementsAre("hello", "snapshot"));
  EXPECT_EQ(base::find_string(messages[0], "bootId"), "boot-1");
  EXPECT_EQ(base::find_string(messages[0], "version"), "1.2.3");
  EXPECT_EQ(base::find_integer(messages[1], "seq"), 5);
  EXPECT_THAT(*base::find_array(messages[1], "workers"), SizeIs(1));
  const auto* scenes = base::find_array(messages[1], "scenes");
  ASSERT_THAT(*scenes, SizeIs(2));
  EXPECT_EQ(base::find_string((*scenes)[0], "runId"), "runs");
  EXPECT_EQ(base::find_string((*scenes)[1], "runId"), "waits");
  EXPECT_EQ(base::find_string((*base::find_array(messages[1], "recent"))[0], "runId"), "older");
}

TEST_F(HubTest, SendsTheFirstChangeAtOnceAndGathersThoseThatFollow) {
  const auto page = connect_and_greet();
  hub->scene_changed(scene("a", model::Status::executing, 1));
  run_handlers();
  EXPECT_THAT(updates_in(page->take()), SizeIs(1));
  for (int done = 2; done <= 50; ++done) hub->scene_changed(scene("a", model::Status::executing, done));
  pass_ms(199);
  EXPECT_THAT(page->take(), IsEmpty());
  pass_ms(1);
  const auto updates = updates_in(page->take());
  ASSERT_THAT(updates, SizeIs(1));
  EXPECT_EQ(base::find_integer(updates[0], "nodesDone"), 50);
}

TEST_F(HubTest, IsSilentWhileNothingChanges) {
  const auto page = connect_and_greet();
  hub->scene_changed(scene("a", model::Status::executing, 1));
  pass_ms(1'000);
  (void)page->take();
  auto again = scene("a", model::Status::executing, 1);
  again.updated_at_ms = clock.now_ms();
  hub->scene_changed(again);
  pass_ms(100'000);
  EXPECT_THAT(page->take(), IsEmpty());
}

TEST_F(HubTest, AStreamFasterThanTheWindowDoesNotStarveAPage) {
  const auto page = connect_and_greet();
  int frames = 0;
  for (int done = 0; done < 10'000 / 5; ++done) {
    hub->scene_changed(scene("a", model::Status::executing, done));
    pass_ms(5);
    frames += static_cast<int>(page->take().size());
  }
  EXPECT_EQ(frames, 1 + 10'000 / 200);
}

TEST_F(HubTest, DeliversEveryChangeOfStatusInOrderWithinOneWindow) {
  const auto page = connect_and_greet();
  hub->scene_changed(scene("first", model::Status::queued));
  run_handlers();
  (void)page->take();
  hub->scene_changed(scene("a", model::Status::queued));
  for (int done = 0; done < 10; ++done) hub->scene_changed(scene("a", model::Status::executing, done));
  hub->scene_changed(scene("a", model::Status::timeout, 10));
  pass_ms(200);
  const auto updates = updates_in(page->take());
  EXPECT_THAT(words_of(updates, "status"), ElementsAre("queued", "executing", "failed"));
  EXPECT_EQ(base::find_string(updates[2], "outcome"), "timeout");
}

TEST_F(HubTest, ScenesThatUpdateTogetherDoNotMix) {
  const auto page = connect_and_greet();
  for (int done = 1; done <= 20; ++done) {
    hub->scene_changed(scene("a", model::Status::executing, done));
    hub->scene_changed(scene("b", model::Status::executing, done * 100));
    auto second = scene("a", model::Status::executing, done * 10'000);
    second.scene_id = "scene-002";
    hub->scene_changed(second);
  }
  pass_ms(200);
  const auto updates = updates_in(page->take());
  ASSERT_THAT(updates, SizeIs(3));
  EXPECT_EQ(base::find_integer(updates[0], "nodesDone"), 20);
  EXPECT_EQ(base::find_integer(updates[1], "nodesDone"), 2'000);
  EXPECT_EQ(base::find_integer(updates[2], "nodesDone"), 200'000);
}

TEST_F(HubTest, PagesWithTheSameWindowShareOneFrame) {
  const auto one = connect_and_greet();
  const auto other = connect_and_greet();
  hub->scene_changed(scene("a", model::Status::executing, 1));
  run_handlers();
  ASSERT_THAT(one->frames, SizeIs(1));
  ASSERT_THAT(other->frames, SizeIs(1));
  EXPECT_EQ(one->frames[0], other->frames[0]);
}

TEST_F(HubTest, APageThatComesWithinAWindowGetsNothingTwice) {
  const auto early = connect_and_greet();
  hub->scene_changed(scene("a", model::Status::executing, 1));
  run_handlers();
  hub->scene_changed(scene("b", model::Status::executing, 1));
  const auto late = connect();
  EXPECT_THAT(*base::find_array(late->take()[1], "scenes"), SizeIs(2));
  hub->scene_changed(scene("c", model::Status::executing, 1));
  pass_ms(200);
  EXPECT_THAT(words_of(updates_in(early->take()), "runId"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words_of(updates_in(late->take()), "runId"), ElementsAre("c"));
}

TEST_F(HubTest, ResumesWithoutGapOrDouble) {
  std::set<int> seen;
  auto page = connect_and_greet();
  std::uint64_t last_seq = 0;
  const auto read = [&] {
    for (const auto& message : page->take()) {
      if (base::find_string(message, "type") == "hello") continue;
      ASSERT_EQ(base::find_string(message, "type"), "update");
      last_seq = static_cast<std::uint64_t>(*base::find_integer(message, "seq"));
      for (const auto& update : *base::find_array(message, "updates")) {
        EXPECT_TRUE(seen.insert(std::stoi(*base::find_string(update, "runId"))).second);
      }
    }
  };
  for (int i = 0; i < 300; ++i) {
    hub->scene_changed(scene(std::to_string(i), model::Status::executing));
    pass_ms(30);
    if (i % 7 == 3) {
      read();
      page->close(1006, "cut");
      run_handlers();
      hub->scene_changed(scene(std::to_string(1000 + i), model::Status::queued));
      page = connect(last_seq);
    }
  }
  pass_ms(200);
  read();
  EXPECT_EQ(seen.size(), 300u + 43u);
  EXPECT_EQ(last_seq, hub->seq());
}

TEST_F(HubTest, GivesASnapshotWhenTheMissedUpdatesAreGoneOrOfAnotherBoot) {
  hub = std::make_unique<Hub>(io, clock, HubOptions{.boot_id = "boot-1", .ring_updates = 10});
  for (int i = 0; i < 30; ++i) hub->scene_changed(scene("a", model::Status::executing, i));
  EXPECT_THAT(words_of(connect(20)->take(), "type"), ElementsAre("hello", "update"));
  EXPECT_THAT(words_of(connect(30)->take(), "type"), ElementsAre("hello"));
  EXPECT_THAT(words_of(connect(19)->take(), "type"), ElementsAre("hello", "snapshot"));
  EXPECT_THAT(words_of(connect(31)->take(), "type"), ElementsAre("hello", "snapshot"));
  EXPECT_THAT(words_of(connect(25, "boot-0")->take(), "type"), ElementsAre("hello", "snapshot"));
}

TEST_F(HubTest, TakesTheWindowThatAClientAsksForAndLosesNothingOnTheWay) {
  const auto page = connect_and_greet();
  hub->scene_changed(scene("a", model::Status::queued));
  run_handlers();
  hub->scene_changed(scene("b", model::Status::queued));
  page->on_text(R"({"type":"subscribe","bufferMs":1000})");
  EXPECT_THAT(words_of(updates_in(page->take()), "runId"), ElementsAre("a", "b"));
  hub->scene_changed(scene("c", model::Status::queued));
  run_handlers();
  EXPECT_THAT(words_of(updates_in(page->take()), "runId"), ElementsAre("c"));
  hub->scene_changed(scene("d", model::Status::queued));
  pass_ms(999);
  EXPECT_THAT(page->take(), IsEmpty());
  pass_ms(1);
  EXPECT_THAT(words_of(updates_in(page->take()), "runId"), ElementsAre("d"));
}

TEST_F(HubTest, TellsAClientWhatIsWrongWithItsMessage) {
  const auto page = connect_and_greet();
  for (const auto* text : {"{", "[]", R"({"type":"subscribe","bufferMs":19})", R"({"type":"subscribe","previews":1})",
                           R"({"type":"subscribe","bufferMs":"200"})"}) {
    page->on_text(text);
    EXPECT_THAT(words_of(page->take(), "type"), ElementsAre("error")) << text;
  }
  EXPECT_FALSE(page->closed_with);
}

TEST_F(HubTest, ADeletedRunIsToldAndForgotten) {
  model::RunSummary run;
  run.run_id = "a";
  hub->run_changed(run);
  hub->scene_changed(scene("a", model::Status::executing));
  const auto page = connect_and_greet();
  hub->run_deleted("a");
  run_handlers();
  const auto updates = updates_in(page->take());
  EXPECT_THAT(words_of(updates, "kind"), ElementsAre("runDeleted"));
  EXPECT_EQ(base::find_string(updates[0], "runId"), "a");
  const auto snapshot = connect()->take()[1];
  EXPECT_THAT(*base::find_array(snapshot, "scenes"), IsEmpty());
  EXPECT_THAT(*base::find_array(snapshot, "recent"), IsEmpty());
}

TEST_F(HubTest, TellsAlertsAndShowsTheOpenOnesInASnapshot) {
  history::Alert stays;
  stays.id = "stays";
  stays.message = "gpu box is \"gone\"";
  history::Alert goes;
  goes.id = "goes";
  hub->alert_changed(stays);
  const auto page = connect_and_greet();
  hub->alert_changed(stays);  // no news
  hub->alert_changed(goes);
  goes.acknowledged_at_ms = 2;
  hub->alert_changed(goes);
  goes.cleared_at_ms = 3;
  hub->alert_changed(goes);
  run_handlers();
  const auto updates = updates_in(page->take());
  ASSERT_THAT(updates, SizeIs(2)) << "raised and cleared, whatever was between";
  EXPECT_EQ(base::find_string(updates[0], "kind"), "alert");
  EXPECT_EQ(base::find_integer(*base::find(updates[0], "alert"), "acknowledgedAtMs"), 2);
  EXPECT_EQ(base::find_integer(*base::find(updates[1], "alert"), "clearedAtMs"), 3);
  const auto snapshot = connect()->take().at(1);
  ASSERT_THAT(*base::find_array(snapshot, "alerts"), SizeIs(1));
  EXPECT_EQ(base::find_string(base::find_array(snapshot, "alerts")->at(0), "message"), "gpu box is \"gone\"");
}

TEST_F(HubTest, KeepsTheTwentyNewestRuns) {
  for (int i = 0; i < 50; ++i) {
    model::RunSummary run;
    run.run_id = std::to_string(i);
    run.created_at_ms = (i * 37) % 50;
    hub->run_changed(run);
  }
  const auto snapshot = connect()->take()[1];
  const auto* recent = base::find_array(snapshot, "recent");
  ASSERT_THAT(*recent, SizeIs(20));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(base::find_integer((*recent)[i], "createdAtMs"), 49 - i);
}

TEST_F(HubTest, ForgetsAPageThatLeaves) {
  const auto page = connect_and_greet();
  page->on_text(R"({"type":"subscribe","previews":true})");
  page->on_close();
  run_handlers();
  EXPECT_EQ(hub->clients(), 0u);
  EXPECT_FALSE(hub->wants_previews());
  hub->scene_changed(scene("a", model::Status::executing));
  pass_ms(200);
  EXPECT_THAT(page->frames, IsEmpty());
}

TEST_F(HubTest, ClosesItsPagesWhenItGoes) {
  const auto page = connect_and_greet();
  hub.reset();
  EXPECT_EQ(page->closed_with, 1001);
}

TEST_F(HubTest, ItsOwnTimerSendsWhatTheWindowGathered) {
  hub = std::make_unique<Hub>(io, base::system_clock(), HubOptions{});
  const auto page = connect_and_greet();
  page->on_text(R"({"type":"subscribe","bufferMs":20})");
  hub->scene_changed(scene("a", model::Status::executing, 1));
  run_handlers();
  hub->scene_changed(scene("a", model::Status::executing, 2));
  io.restart();
  io.run();
  const auto updates = updates_in(page->take());
  EXPECT_EQ(base::find_integer(updates.back(), "nodesDone"), 2);
}

}  // namespace
}  // namespace comfytrace::live
