#include "alert/alert_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace comfytrace::alert {
namespace {

using history::Alert;
using model::ConnectionState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::int64_t kBegun_ms = 1'000'000'000;

class AlertEngineTest : public ::testing::Test {
 protected:
  AlertEngineTest() { begin({}); }

  void begin(EngineOptions options) {
    options.new_id = [this] { return "alert-" + std::to_string(++ids); };
    engine.emplace(std::move(options), now);
  }
  // Second by second, as the program does.
  void pass_s(std::int64_t seconds) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      now.at_ms += 1'000;
      now.steady_ms += 1'000;
      engine->tick(now);
      take();
    }
  }
  void take() {
    Changes changes = engine->take_changes();
    for (Alert& alert : changes.alerts) kept.insert_or_assign(alert.id, alert);
    for (Notice& notice : changes.notices) notices.push_back(std::move(notice));
  }
  std::vector<Occasion> occasions() {
    take();
    std::vector<Occasion> all;
    for (const Notice& notice : notices) all.push_back(notice.occasion);
    return all;
  }
  std::vector<std::string> open_rules() {
    take();
    std::vector<std::string> rules;
    for (const Alert& alert : engine->open()) rules.push_back(alert.rule);
    return rules;
  }

  model::WorkerState worker(ConnectionState state, std::int64_t running = 0, std::int64_t pending = 0) const {
    model::WorkerState worker;
    worker.worker.worker_id = "w1";
    worker.worker.name = worker_name;
    worker.worker.url = "http://127.0.0.1:8188";
    worker.worker.devices.push_back({0, "RTX", "cuda", 8ll << 30, 4ll << 30, {}, {}});
    worker.connection.state = state;
    worker.queue_running = running;
    worker.queue_pending = pending;
    if (state == ConnectionState::disconnected) worker.connection.last_error = "the connection was refused";
    return worker;
  }
  void worker_is(ConnectionState state, std::int64_t running = 0, std::int64_t pending = 0) {
    engine->worker_changed(worker(state, running, pending), now);
  }
  model::Run run_of(model::Status status, const std::string& workflow = "flow",
                    std::optional<std::int64_t> vram_free_bytes = {}, const std::string& worker_id = "w1") {
    model::Run run;
    run.run_id = "run-" + std::to_string(++runs);
    run.title = "A fox";
    run.status = status;
    run.created_at_ms = now.at_ms;
    run.finished_at_ms = now.at_ms + runs;
    auto& scene = run.scenes.emplace_back();
    scene.scene_id = "scene-001";
    scene.status = status;
    scene.workflow_fingerprint = workflow;
    auto& attempt = scene.attempts.emplace_back();
    attempt.prompt_id = run.run_id;
    attempt.worker_id = worker_id;
    attempt.status = status;
    attempt.finished_at_ms = run.finished_at_ms;
    attempt.duration_ms = 30'000;
    attempt.vram_free_after_bytes = vram_free_bytes;
    return run;
  }
  void run_ends(model::Status status, const std::string& workflow = "flow",
                std::optional<std::int64_t> vram_free_bytes = {}) {
    engine->run_changed(run_of(status, workflow, vram_free_bytes), now);
  }
  RunVerdict verdict(double ratio, bool persistent = true, std::int64_t n = 20) {
    return {"run", "flow", "durationMs", ratio, n, persistent};
  }

  std::string worker_name = "gpu box";
  int ids = 0;
  int runs = 0;
  Moment now{kBegun_ms, 500, 12 * 60};
  std::optional<AlertEngine> engine;
  std::map<std::string, Alert> kept;
  std::vector<Notice> notices;
};

TEST_F(AlertEngineTest, NamesAWorkerOnceThatIsCalledByItsAddress) {
  worker_name = "127.0.0.1:8188";
  worker_is(ConnectionState::disconnected);
  pass_s(60);
  EXPECT_THAT(engine->open().at(0).message, StartsWith("127.0.0.1:8188 has not been reachable for 60 s"));
}

TEST_F(AlertEngineTest, RaisesWorkerDownAfterItsTimeAndClearsItWhenItIsBackForAWhile) {
  worker_is(ConnectionState::disconnected);
  pass_s(59);
  EXPECT_THAT(open_rules(), IsEmpty());
  pass_s(1);
  ASSERT_THAT(open_rules(), ElementsAre("workerDown"));
  const Alert alert = engine->open()[0];
  EXPECT_EQ(alert.severity, history::AlertSeverity::critical);
  EXPECT_EQ(alert.worker_id, "w1");
  EXPECT_EQ(alert.evidence.at("disconnectedMs"), 60'000);
  EXPECT_THAT(alert.message, HasSubstr("gpu box (http://127.0.0.1:8188) has not been reachable for 60 s"));
  EXPECT_THAT(alert.message, HasSubstr("refused"));
  worker_is(ConnectionState::connected);
  pass_s(9);
  EXPECT_THAT(open_rules(), ElementsAre("workerDown"));
  pass_s(1);
  EXPECT_THAT(open_rules(), IsEmpty());
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised, Occasion::cleared));
  EXPECT_EQ(kept.at("alert-1").cleared_at_ms, now.at_ms);
}

TEST_F(AlertEngineTest, CountsAWorkerThatIsTriedAgainAsDown) {
  for (int i = 0; i < 70; ++i) {
    auto state = worker(i % 2 ? ConnectionState::connecting : ConnectionState::disconnected);
    state.connection.attempt = i + 1;
    engine->worker_changed(state, now);
    pass_s(1);
  }
  EXPECT_THAT(open_rules(), ElementsAre("workerDown"));
}

TEST_F(AlertEngineTest, DoesNotFlapOverAConnectionThatComesAndGoes) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> stays_s(1, 9);
  // Never away for as long as it takes to raise it.
  for (int i = 0; i < 500; ++i) {
    worker_is(i % 2 ? ConnectionState::connected : ConnectionState::disconnected);
    pass_s(stays_s(random));
  }
  EXPECT_THAT(occasions(), IsEmpty());
  worker_is(ConnectionState::disconnected);
  pass_s(60);
  // Never back for as long as it takes to clear it.
  for (int i = 0; i < 500; ++i) {
    worker_is(i % 2 ? ConnectionState::disconnected : ConnectionState::connected);
    pass_s(stays_s(random));
  }
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised));
}

TEST_F(AlertEngineTest, RaisesWorkerStalledAsTheRecorderSeesIt) {
  worker_is(ConnectionState::streaming, 1);
  pass_s(5);
  worker_is(ConnectionState::stalled, 1, 4);
  ASSERT_THAT(open_rules(), ElementsAre("workerStalled"));
  EXPECT_EQ(engine->open()[0].evidence.at("queuePending"), 4);
  worker_is(ConnectionState::streaming, 1, 4);
  pass_s(5);
  EXPECT_THAT(open_rules(), ElementsAre("workerStalled"));
  worker_is(ConnectionState::stalled, 1, 4);
  worker_is(ConnectionState::streaming, 1, 4);
  pass_s(10);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, RaisesAFailureStreakOfAWorkflowAndClearsItWithASuccess) {
  run_ends(model::Status::failed);
  run_ends(model::Status::timeout);
  EXPECT_THAT(open_rules(), IsEmpty());
  run_ends(model::Status::cancelled);  // says nothing either way
  run_ends(model::Status::failed);
  ASSERT_THAT(open_rules(), ElementsAre("failureStreak"));
  const Alert alert = engine->open()[0];
  EXPECT_EQ(alert.subject, "workflow:flow");
  EXPECT_EQ(alert.run_id, "run-4");
  EXPECT_EQ(alert.evidence.at("failedRuns"), 3);
  run_ends(model::Status::failed);
  run_ends(model::Status::success, "another");
  EXPECT_THAT(open_rules(), ElementsAre("failureStreak"));
  run_ends(model::Status::success);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, BlamesAWorkerOnlyForSeveralWorkflows) {
  run_ends(model::Status::failed, "a");
  run_ends(model::Status::failed, "b");
  run_ends(model::Status::failed, "c");
  ASSERT_THAT(open_rules(), ElementsAre("failureStreak"));
  EXPECT_EQ(engine->open()[0].subject, "worker:w1");
  EXPECT_EQ(engine->open()[0].worker_id, "w1");
}

TEST_F(AlertEngineTest, CountsARunOnceHoweverOftenItIsTold) {
  const model::Run run = run_of(model::Status::failed);
  for (int i = 0; i < 10; ++i) engine->run_changed(run, now);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, OrdersRunsByTheirEndAndNotByTheirTelling) {
  const model::Run good = run_of(model::Status::success);
  std::vector<model::Run> bad;
  for (int i = 0; i < 3; ++i) bad.push_back(run_of(model::Status::failed));
  model::Run newest = run_of(model::Status::success);
  engine->run_changed(newest, now);
  for (const auto& run : bad) engine->run_changed(run, now);
  engine->run_changed(good, now);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, RaisesNothingForWhatEndedBeforeItBegan) {
  for (int i = 0; i < 5; ++i) {
    model::Run run = run_of(model::Status::failed);
    run.finished_at_ms = run.scenes[0].attempts[0].finished_at_ms = kBegun_ms - 1'000 + i;
    engine->run_changed(run, now);
  }
  EXPECT_THAT(open_rules(), IsEmpty());
  run_ends(model::Status::failed);
  ASSERT_THAT(open_rules(), ElementsAre("failureStreak"));
  EXPECT_EQ(engine->open()[0].evidence.at("failedRuns"), 6) << "but it counts";
}

TEST_F(AlertEngineTest, RaisesVramHeadroomWhenItPersistsOnly) {
  worker_is(ConnectionState::connected);
  const std::int64_t little = 100ll << 20;
  run_ends(model::Status::success, "flow", little);
  run_ends(model::Status::success, "flow", little);
  run_ends(model::Status::success, "flow", 2ll << 30);
  run_ends(model::Status::success, "flow", little);
  run_ends(model::Status::success, "flow", little);
  EXPECT_THAT(open_rules(), IsEmpty());
  run_ends(model::Status::success, "flow", little);
  ASSERT_THAT(open_rules(), ElementsAre("vramHeadroom"));
  EXPECT_EQ(engine->open()[0].evidence.at("vramFreeBytes"), static_cast<double>(little));
  run_ends(model::Status::success, "flow", 300ll << 20);  // in between
  run_ends(model::Status::success, "flow", 2ll << 30);
  EXPECT_THAT(open_rules(), ElementsAre("vramHeadroom"));
  run_ends(model::Status::success, "flow", 2ll << 30);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, CountsAnAttemptOnceThoughWhatWasFreeIsToldLater) {
  worker_is(ConnectionState::connected);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(open_rules(), IsEmpty());
    model::Run run = run_of(model::Status::success);
    engine->run_changed(run, now);
    run.scenes[0].attempts[0].vram_free_after_bytes = 1 << 20;
    for (int again = 0; again < 5; ++again) engine->run_changed(run, now);
  }
  EXPECT_THAT(open_rules(), ElementsAre("vramHeadroom"));
}

TEST_F(AlertEngineTest, DoesNotFlapOverVramThatSwaysAroundTheThreshold) {
  worker_is(ConnectionState::connected);
  std::mt19937 random(11);
  // From well below the threshold (256 MiB) to just below what clears (384 MiB).
  std::uniform_int_distribution<std::int64_t> free_mib(60, 380);
  for (int i = 0; i < 2'000; ++i) run_ends(model::Status::success, "flow", free_mib(random) << 20);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised));
}

TEST_F(AlertEngineTest, KnowsNothingOfVramWhereNobodyTellsIt) {
  for (int i = 0; i < 5; ++i) run_ends(model::Status::success, "flow", 0);
  worker_is(ConnectionState::connected);
  for (int i = 0; i < 5; ++i) run_ends(model::Status::success, "flow");
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, RaisesQueueStuckWhenNothingMovesForLongerThanTheWorkersHistoryExplains) {
  worker_is(ConnectionState::connected);
  model::Run slow = run_of(model::Status::success);
  slow.scenes[0].attempts[0].duration_ms = 400'000;  // three times that is longer than the least
  engine->run_changed(slow, now);
  worker_is(ConnectionState::streaming, 1, 2);
  pass_s(1'199);
  EXPECT_THAT(open_rules(), IsEmpty());
  pass_s(1);
  ASSERT_THAT(open_rules(), ElementsAre("queueStuck"));
  EXPECT_EQ(engine->open()[0].evidence.at("limitMs"), 1'200'000);
  EXPECT_EQ(engine->open()[0].evidence.at("queuePending"), 2);
  worker_is(ConnectionState::streaming, 1, 1);
  pass_s(10);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, WaitsLongerForAWorkerOfWhichNothingIsKnown) {
  worker_is(ConnectionState::connected, 0, 1);
  pass_s(1'799);
  EXPECT_THAT(open_rules(), IsEmpty());
  pass_s(1);
  EXPECT_THAT(open_rules(), ElementsAre("queueStuck"));
}

TEST_F(AlertEngineTest, CallsAQueueStuckNeitherWhileANodeMakesStepsNorForPromptsBehindAHungOne) {
  worker_is(ConnectionState::streaming, 1, 1);
  model::LiveScene scene;
  scene.run_id = scene.prompt_id = "p";
  scene.worker_id = "w1";
  scene.status = model::Status::executing;
  scene.node.emplace().node_id = "5";
  for (int step = 0; step < 100; ++step) {
    scene.node->progress_value = step;
    engine->scene_changed(scene, now);
    pass_s(60);
  }
  EXPECT_THAT(open_rules(), IsEmpty());
  for (int waiting = 2; waiting < 32; ++waiting) {
    worker_is(ConnectionState::streaming, 1, waiting);
    engine->scene_changed(scene, now);  // the same again is no step
    pass_s(60);
  }
  EXPECT_THAT(open_rules(), ElementsAre("queueStuck"));
}

TEST_F(AlertEngineTest, RaisesDeviationOfAPersistentVerdictOnly) {
  engine->verdict(verdict(2.0, false), now);
  engine->verdict(verdict(2.0, true, 4), now);  // rests on too little
  engine->verdict(verdict(1.2), now);
  EXPECT_THAT(open_rules(), IsEmpty());
  engine->verdict(verdict(1.38), now);
  ASSERT_THAT(open_rules(), ElementsAre("deviation"));
  EXPECT_EQ(engine->open()[0].subject, "workflow:flow/durationMs");
  EXPECT_EQ(engine->open()[0].evidence.at("ratio"), 1.38);
  engine->verdict(verdict(1.0), now);
  engine->verdict(verdict(1.15), now);
  engine->verdict(verdict(1.0), now);
  EXPECT_THAT(open_rules(), ElementsAre("deviation"));
  engine->verdict(verdict(1.0), now);
  EXPECT_THAT(open_rules(), IsEmpty());
  engine->verdict(verdict(0.5), now);
  EXPECT_THAT(open_rules(), ElementsAre("deviation"));
}

TEST_F(AlertEngineTest, TellsOfADiskThatFillsUpAndOfWritesThatFail) {
  engine->store_health({false, "", 100ll << 20}, now);
  pass_s(30);
  ASSERT_THAT(open_rules(), ElementsAre("diskFull"));
  engine->store_health({true, "the disk is full", 0}, now);
  pass_s(10);
  EXPECT_THAT(open_rules(), ElementsAre("diskFull", "writerFailing"));
  EXPECT_THAT(engine->open()[1].message, HasSubstr("the disk is full"));
  engine->store_health({false, "", 600ll << 20}, now);
  pass_s(10);
  EXPECT_THAT(open_rules(), ElementsAre("diskFull")) << "not free enough yet to be sure";
  engine->store_health({false, "", 2ll << 30}, now);
  EXPECT_THAT(open_rules(), IsEmpty());
  engine->store_health({false, "", std::nullopt}, now);
  pass_s(60);
  EXPECT_THAT(open_rules(), IsEmpty()) << "what is not known is not full";
}

TEST_F(AlertEngineTest, DoesNotFlapOverADiskThatIsFilledAndFreed) {
  std::mt19937 random(3);
  std::uniform_int_distribution<std::int64_t> free_mib(300, 760);
  for (int i = 0; i < 2'000; ++i) {
    engine->store_health({false, "", free_mib(random) << 20}, now);
    pass_s(5);
  }
  EXPECT_LE(occasions().size(), 1u);
}

TEST_F(AlertEngineTest, LeavesOutRulesThatAreOffAndUsesThresholdsThatAreSet) {
  EngineOptions options;
  options.rules.set_enabled(Rule::failureStreak, false);
  options.rules.set_severity(Rule::workerDown, history::AlertSeverity::info);
  ASSERT_TRUE(options.rules.set_threshold(Rule::workerDown, "after_s", 5));
  begin(std::move(options));
  for (int i = 0; i < 5; ++i) run_ends(model::Status::failed);
  worker_is(ConnectionState::disconnected);
  pass_s(5);
  ASSERT_THAT(open_rules(), ElementsAre("workerDown"));
  EXPECT_EQ(engine->open()[0].severity, history::AlertSeverity::info);
}

TEST_F(AlertEngineTest, RepeatsWhatNobodyAcknowledges) {
  EngineOptions options;
  options.repeat_ms = 600'000;
  begin(std::move(options));
  worker_is(ConnectionState::disconnected);
  pass_s(60);
  pass_s(599);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised));
  pass_s(1);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised, Occasion::repeated));
  const auto acknowledged = engine->acknowledge("alert-1", now);
  ASSERT_TRUE(acknowledged);
  EXPECT_EQ(acknowledged->acknowledged_at_ms, now.at_ms);
  pass_s(3'000);
  EXPECT_THAT(occasions(), SizeIs(2));
  EXPECT_EQ(kept.at("alert-1").acknowledged_at_ms, acknowledged->acknowledged_at_ms);
  EXPECT_FALSE(engine->acknowledge("nobody", now));
}

TEST_F(AlertEngineTest, RepeatsInTimeThoughTheWallClockWasSetBack) {
  EngineOptions options;
  options.repeat_ms = 600'000;
  begin(std::move(options));
  worker_is(ConnectionState::disconnected);
  pass_s(61);
  now.at_ms -= 30ll * 86'400'000;
  pass_s(601);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised, Occasion::repeated));
}

class QuietHoursTest : public AlertEngineTest {
 protected:
  QuietHoursTest() {
    EngineOptions options;
    options.quiet_hours = QuietHours{22 * 60, 7 * 60};
    begin(std::move(options));
  }
};

TEST_F(QuietHoursTest, KeepBackNoticesAndTellThemInOneDigest) {
  worker_is(ConnectionState::disconnected);
  pass_s(60);  // by day
  now.local_minute = 23 * 60;
  run_ends(model::Status::failed);
  run_ends(model::Status::failed);
  run_ends(model::Status::failed);
  worker_is(ConnectionState::connected);
  pass_s(20'000);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::raised)) << "of the day";
  EXPECT_EQ(kept.size(), 2u) << "but both are kept";
  EXPECT_TRUE(kept.at("alert-2").held_back);
  now.local_minute = 6 * 60 + 59;
  pass_s(1);
  EXPECT_THAT(occasions(), SizeIs(1));
  now.local_minute = 7 * 60;
  pass_s(1);
  ASSERT_THAT(occasions(), ElementsAre(Occasion::raised, Occasion::digest));
  const Notice& digest = notices.back();
  ASSERT_THAT(digest.alerts, SizeIs(2));
  EXPECT_EQ(digest.alerts[0].rule, "workerDown");
  EXPECT_TRUE(digest.alerts[0].cleared_at_ms);
  EXPECT_EQ(digest.alerts[1].rule, "failureStreak");
  EXPECT_FALSE(kept.at("alert-2").held_back);
  pass_s(100);
  EXPECT_THAT(occasions(), SizeIs(2)) << "once";
}

TEST_F(QuietHoursTest, SurviveARestart) {
  now.local_minute = 23 * 60;
  worker_is(ConnectionState::disconnected);
  run_ends(model::Status::failed);
  run_ends(model::Status::failed);
  run_ends(model::Status::failed);
  run_ends(model::Status::success);
  pass_s(60);
  ASSERT_EQ(kept.size(), 2u);
  std::vector<Alert> stored;
  for (const auto& [id, alert] : kept) stored.push_back(alert);
  EngineOptions options;
  options.quiet_hours = QuietHours{22 * 60, 7 * 60};
  begin(std::move(options));
  const std::vector<std::string> watched{"w1"};
  engine->restore(stored, watched, now);
  worker_is(ConnectionState::disconnected);
  pass_s(100);
  EXPECT_THAT(occasions(), IsEmpty());
  now.local_minute = 8 * 60;
  pass_s(1);
  ASSERT_THAT(occasions(), ElementsAre(Occasion::digest));
  EXPECT_THAT(notices[0].alerts, SizeIs(2));
}

TEST(QuietHoursRange, MayGoPastMidnightAndMayBeEmpty) {
  const QuietHours night{22 * 60, 7 * 60};
  EXPECT_TRUE(night.holds(22 * 60));
  EXPECT_TRUE(night.holds(0));
  EXPECT_FALSE(night.holds(7 * 60));
  EXPECT_FALSE(night.holds(12 * 60));
  const QuietHours noon{12 * 60, 13 * 60};
  EXPECT_TRUE(noon.holds(12 * 60 + 59));
  EXPECT_FALSE(noon.holds(13 * 60));
  EXPECT_FALSE((QuietHours{60, 60}.holds(60)));
}

TEST_F(AlertEngineTest, DoesNotRaiseAgainAfterARestartWhatIsOpen) {
  worker_is(ConnectionState::disconnected);
  pass_s(60);
  const std::vector<Alert> stored = engine->open();
  notices.clear();
  begin({});
  const std::vector<std::string> watched{"w1"};
  engine->restore(stored, watched, now);
  worker_is(ConnectionState::connecting);
  worker_is(ConnectionState::disconnected);
  pass_s(200);
  EXPECT_THAT(occasions(), IsEmpty());
  ASSERT_THAT(open_rules(), ElementsAre("workerDown"));
  EXPECT_EQ(engine->open()[0].id, "alert-1");
  worker_is(ConnectionState::connected);
  pass_s(10);
  EXPECT_THAT(occasions(), ElementsAre(Occasion::cleared));
  EXPECT_EQ(kept.at("alert-1").cleared_at_ms, now.at_ms);
}

TEST_F(AlertEngineTest, ClearsAfterARestartWhatNobodyLooksAtAnyMore) {
  Alert off{.id = "off", .rule = "workerDown", .subject = "worker:w1", .worker_id = "w1"};
  Alert gone{.id = "gone", .rule = "queueStuck", .subject = "worker:w2", .worker_id = "w2"};
  Alert unknown{.id = "unknown", .rule = "ofANewerVersion", .subject = "x"};
  Alert once{.id = "once", .rule = "writerFailing", .subject = "history"};
  Alert twice = once;
  twice.id = "twice";
  EngineOptions options;
  options.rules.set_enabled(Rule::workerDown, false);
  begin(std::move(options));
  const std::vector<std::string> watched{"w1"};
  const std::vector<Alert> stored{off, gone, unknown, once, twice};
  engine->restore(stored, watched, now);
  take();
  for (const char* id : {"off", "gone", "unknown", "twice"}) EXPECT_EQ(kept.at(id).cleared_at_ms, now.at_ms) << id;
  ASSERT_THAT(engine->open(), SizeIs(1));
  EXPECT_EQ(engine->open()[0].id, "once");
  EXPECT_THAT(occasions(), IsEmpty());
}

TEST_F(AlertEngineTest, GivesUpAnAlertAboutAWorkflowThatNobodyRunsAnyMore) {
  for (int i = 0; i < 3; ++i) run_ends(model::Status::failed);
  ASSERT_THAT(open_rules(), ElementsAre("failureStreak"));
  now.at_ms += AlertBook::kForgottenAfter_ms - 2'000;
  pass_s(1);
  EXPECT_THAT(open_rules(), ElementsAre("failureStreak"));
  pass_s(1);
  EXPECT_THAT(open_rules(), IsEmpty());
}

TEST_F(AlertEngineTest, StaysBoundedUnderAnyNumberOfWorkflows) {
  for (std::size_t i = 0; i < AlertBook::kConditions + 100; ++i) {
    RunVerdict one = verdict(2);
    one.workflow = std::to_string(i);
    engine->verdict(one, now);
  }
  EXPECT_EQ(engine->open().size(), AlertBook::kConditions);
}

TEST(RuleSettings, RefuseWhatDoesNotFitAndSayWhatDoes) {
  RuleSettings settings;
  const auto unknown = settings.set_threshold(Rule::workerDown, "afterSeconds", 3);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().mend, HasSubstr("after_s"));
  const auto beyond = settings.set_threshold(Rule::failureStreak, "runs", 1);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().mend, "from 2 to 50");
  EXPECT_FALSE(settings.set_threshold(Rule::failureStreak, "runs", std::nan("")));
}

TEST(RuleTable, ReadsAsJsonWithEveryRuleAndItsDefaults) {
  const auto json = base::parse_json(rules_json(RuleSettings()));
  ASSERT_TRUE(json);
  const auto* rules = base::find_array(*json, "rules");
  ASSERT_EQ(rules->size(), kRules);
  for (const auto& rule : *rules) {
    EXPECT_FALSE(base::find_string(rule, "sentence")->empty());
    for (const auto& threshold : *base::find_array(rule, "thresholds")) {
      EXPECT_EQ(base::find_number(threshold, "value"), base::find_number(threshold, "default"));
      EXPECT_LE(*base::find_number(threshold, "least"), *base::find_number(threshold, "value"));
      EXPECT_GE(*base::find_number(threshold, "most"), *base::find_number(threshold, "value"));
    }
  }
}

}  // namespace
}  // namespace comfytrace::alert
