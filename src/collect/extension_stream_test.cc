#include "collect/extension_stream.h"

#include <vector>

#include "base/counters.h"
#include "collect/testing/extension_fixture.h"

namespace comfytrace::collect {
namespace {

using model::CaptureSource;
using model::ExitReason;
using model::Status;
using testing::ExtensionStreamTest;
using testing::FakeComfyUi;
using ::testing::HasSubstr;
using testing::run_for;
using testing::run_until;

TEST_F(ExtensionStreamTest, IsPreferredWhereItIs) {
  start_and_settle();
  EXPECT_EQ(connection().missing, std::nullopt);
  EXPECT_EQ(comfyui_.extension.open_sockets(), 1u);
  EXPECT_EQ(comfyui_.open_sockets(), 1u) << "the socket stays: it is what owns our own prompts";
}

TEST_F(ExtensionStreamTest, WithoutItStockComfyUiIsWatchedAndTheMendIsNamed) {
  base::counters().reset();
  start(std::nullopt);
  ASSERT_TRUE(until_source(CaptureSource::stock));
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.asked("GET /telemetry") == 1; }));
  run_for(io_, 60);
  EXPECT_EQ(comfyui_.asked("GET /telemetry"), 1u) << "not asked again until ComfyUI may be another";
  EXPECT_THAT(connection().missing.value_or(""), HasSubstr("`comfytrace extension install <ComfyUI directory>`"));
  EXPECT_EQ(base::counters().get(base::Counter::worker_requests_failed), 0u) << "its absence is no failure";
}

TEST_F(ExtensionStreamTest, IsFoundWhenComfyUiComesBackWithIt) {
  start(std::nullopt);
  ASSERT_TRUE(until_source(CaptureSource::stock));
  comfyui_.stop();
  ASSERT_TRUE(until_source(CaptureSource::none));
  comfyui_.extension.protocol = 1;
  comfyui_.start();
  EXPECT_TRUE(until_source(CaptureSource::extension));
}

TEST_F(ExtensionStreamTest, GivesNodeTimesToAPromptOfAnotherProgram) {
  start_and_settle();
  tell_queued("a", 900);
  ASSERT_TRUE(until("a", Status::queued));
  EXPECT_EQ(attempt("a").queued_at_ms, 900);
  EXPECT_EQ(recorder_->worker_states()[0].queue_pending, 1);
  comfyui_.queue("a");
  comfyui_.begin("a");
  comfyui_.extension.tell_execution("a", 1'000, false);
  ASSERT_TRUE(until("a", Status::executing));
  EXPECT_EQ(recorder_->worker_states()[0].queue_running, 1);
  comfyui_.finish("a");
  comfyui_.extension.tell_end("a", 1'000);
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(run_until(io_, [&] { return !attempt("a").artifacts.empty(); })) << "its history is read";
  expect_whole("a");
}

TEST_F(ExtensionStreamTest, ToldByTheSocketTooGivesTheSameRecord) {
  start_and_settle();
  const std::string& client = recorder_->stream(worker_id_)->client_id();
  tell_queued("a", 900);
  comfyui_.queue("a");
  comfyui_.begin("a");
  const auto by_socket = [&](const std::string& type, const std::string& data) {
    comfyui_.send_to(client, R"({"type":")" + type + R"(","data":{"prompt_id":"a",)" + data + "}}");
    run_for(io_, 5);
  };
  by_socket("execution_start", R"("timestamp":1000)");
  by_socket("progress_state", R"("nodes":{"1":{"node_id":"1","value":0,"max":4,"state":"running"}})");
  comfyui_.extension.tell_execution("a", 1'000, false);
  by_socket("progress_state", R"("nodes":{"1":{"node_id":"1","value":4,"max":4,"state":"finished"}})");
  by_socket("executing", R"("node":"2")");
  comfyui_.finish("a");
  by_socket("execution_success", R"("timestamp":1100)");
  ASSERT_TRUE(until("a", Status::success));
  comfyui_.extension.tell_end("a", 1'000);
  ASSERT_TRUE(run_until(io_, [&] { return attempt("a").nodes.at(1).duration_ms.has_value(); }));
  expect_whole("a");
}

TEST_F(ExtensionStreamTest, ResumesWithoutGapOrDoubleAfterTheConnectionWasLost) {
  start_and_settle();
  tell_queued("a", 900);
  comfyui_.queue("a");
  comfyui_.begin("a");
  comfyui_.extension.tell_execution("a", 1'000, false);
  ASSERT_TRUE(until("a", Status::executing));
  ASSERT_TRUE(run_until(io_, [&] { return attempt("a").nodes.size() == 2; }));
  comfyui_.stop();
  comfyui_.extension.sockets.clear();
  ASSERT_TRUE(until_source(CaptureSource::none));
  comfyui_.finish("a");
  comfyui_.extension.tell_end("a", 1'000);
  tell_queued("b", 1'900);
  comfyui_.extension.tell_execution("b", 2'000);
  comfyui_.history.emplace_back("b", FakeComfyUi::entry("b", FakeComfyUi::item("b"), 2'000));
  comfyui_.start();
  ASSERT_TRUE(until_source(CaptureSource::extension));
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(until("b", Status::success));
  run_for(io_, 30);
  expect_whole("a");
  expect_whole("b");
  EXPECT_THAT(comfyui_.extension.sockets.at(0)->target, HasSubstr("boot=boot-1"));
  EXPECT_THAT(comfyui_.extension.sockets.at(0)->target, ::testing::Not(HasSubstr("since=0&")));
}

TEST_F(ExtensionStreamTest, WhatItStillHasOfTheTimeBeforeIsFoundAfterwardsNodeByNode) {
  tell_queued("a", 900);
  comfyui_.extension.tell_execution("a", 1'000);
  comfyui_.remember("a");
  comfyui_.extension.tell(
      "http", "rejected",
      R"({"promptId":"r","clientId":null,"error":{"type":"e","message":"no"},"nodeErrors":{},"prompt":{},"extraData":{}})",
      1'500);
  start_and_settle();
  EXPECT_THAT(comfyui_.extension.sockets.at(0)->target, HasSubstr("since=0&"));
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(run_until(io_, [&] { return attempt("a").nodes.size() == 2 && attempt("a").nodes[1].duration_ms; }));
  expect_whole("a");
  EXPECT_EQ(attempt("a").origin, model::Origin::backfilled);
  ASSERT_TRUE(until("r", Status::failed));
  EXPECT_EQ(attempt("r").origin, model::Origin::backfilled);
  tell_queued("b", 1'900);
  ASSERT_TRUE(run_until(io_, [&] { return sink_.runs.contains("b"); }));
  EXPECT_EQ(attempt("b").origin, model::Origin::observed);
}

TEST_F(ExtensionStreamTest, AsksForNoFrameThatItNoLongerHas) {
  for (int i = 0; i < 5; ++i) comfyui_.extension.tell("telemetry", "stats", "{}", 100);
  comfyui_.extension.forget_frames();
  comfyui_.extension.tell("telemetry", "stats", "{}", 200);
  start_and_settle();
  EXPECT_THAT(comfyui_.extension.sockets.at(0)->target, HasSubstr("since=5&"));
}

TEST_F(ExtensionStreamTest, FallsBackWhenItVanishes) {
  start_and_settle();
  comfyui_.extension.protocol.reset();
  comfyui_.extension.close_sockets();
  ASSERT_TRUE(until_source(CaptureSource::stock));
  EXPECT_TRUE(connection().missing);
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::executing));
  comfyui_.finish("a");
  ASSERT_TRUE(until("a", Status::success));
  EXPECT_EQ(comfyui_.sockets.size(), 1u) << "the socket was not touched";
}

TEST_F(ExtensionStreamTest, IsMadeAnewAloneWhenOnlyItsSocketEnds) {
  start_and_settle();
  comfyui_.extension.close_sockets();
  ASSERT_TRUE(until_source(CaptureSource::stock));
  tell_queued("a", 900);
  comfyui_.queue("a");
  ASSERT_TRUE(until_source(CaptureSource::extension));
  ASSERT_TRUE(run_until(io_, [&] { return sink_.runs.contains("a") && attempt("a").queued_at_ms == 900; }));
  EXPECT_EQ(comfyui_.sockets.size(), 1u);
}

TEST_F(ExtensionStreamTest, AnotherLifeOfComfyUiIsToldFromItsBeginning) {
  start_and_settle();
  for (int i = 0; i < 5; ++i) comfyui_.extension.tell("telemetry", "stats", "{}", 100);
  run_for(io_, 20);
  comfyui_.stop();
  comfyui_.extension.restart("boot-2");
  tell_queued("a", 900);
  comfyui_.extension.tell_execution("a", 1'000);
  comfyui_.history.emplace_back("a", FakeComfyUi::entry("a", FakeComfyUi::item("a")));
  comfyui_.start();
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(run_until(io_, [&] { return attempt("a").nodes.size() == 2 && attempt("a").nodes[1].duration_ms; }));
  expect_whole("a");
}

TEST_F(ExtensionStreamTest, WhatItLostIsLookedForInQueueAndHistory) {
  timings_.relaxed_queue_ms = 3'600'000;
  start_and_settle();
  comfyui_.remember("short");
  comfyui_.extension.tell_unnumbered("dropped", R"({"count":3,"fromSeq":1,"toSeq":3})");
  EXPECT_TRUE(until("short", Status::success));
}

TEST_F(ExtensionStreamTest, ALossThatWasNotMadeGoodStaysNoted) {
  start_and_settle();
  tell_queued("a", 900);
  comfyui_.queue("a");
  comfyui_.begin("a");
  comfyui_.extension.tell_execution("a", 1'000, false);
  ASSERT_TRUE(run_until(io_, [&] { return sink_.runs.contains("a") && attempt("a").nodes.size() == 2; }));
  comfyui_.stop();
  ASSERT_TRUE(until_source(CaptureSource::none));
  comfyui_.finish("a");
  comfyui_.extension.tell_end("a", 1'000);
  comfyui_.extension.forget_frames();
  comfyui_.start();
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(until_source(CaptureSource::extension));
  comfyui_.extension.tell("telemetry", "stats", "{}", 3'000);
  run_for(io_, 30);
  EXPECT_FALSE(attempt("a").fallback_notes.empty());
}

TEST_F(ExtensionStreamTest, ARefusedPromptOfAnotherProgramBecomesARun) {
  start_and_settle();
  const auto refuse = [&](const std::string& id, const std::string& client_id) {
    comfyui_.extension.tell(
        "http", "rejected",
        fmt::format(
            R"({{"submissionId":"s","promptId":"{}","clientId":"{}","error":{{"type":"t","message":"Prompt outputs failed validation","details":""}},)"
            R"("nodeErrors":{{"1":{{"class_type":"KSampler","errors":[{{"type":"value_not_in_list","message":"Value not in list","details":"x"}}]}}}},)"
            R"("prompt":{{"1":{{"class_type":"KSampler","inputs":{{}}}}}},"extraData":{{}}}})",
            id, client_id),
        1'000);
  };
  refuse("ours", recorder_->stream(worker_id_)->client_id());
  refuse("theirs", "somebody");
  ASSERT_TRUE(until("theirs", Status::failed));
  EXPECT_EQ(sink_.runs["theirs"].exit_reason, ExitReason::validationError);
  EXPECT_EQ(attempt("theirs").validation_errors.at(0).class_type, "KSampler");
  EXPECT_FALSE(sink_.runs.contains("ours")) << "told by who posted it, from the answer";
}

TEST_F(ExtensionStreamTest, ADeletedPromptIsDeletedAtOnce) {
  timings_.history_window_ms = 3'600'000;
  start_and_settle();
  tell_queued("a", 900);
  comfyui_.queue("a");
  ASSERT_TRUE(until("a", Status::queued));
  comfyui_.forget("a");
  comfyui_.extension.tell("queue", "deleted", R"({"promptIds":["a"]})", 950.5);
  ASSERT_TRUE(until("a", Status::cancelled));
  EXPECT_EQ(sink_.runs["a"].exit_reason, ExitReason::deleted);
  EXPECT_EQ(attempt("a").finished_at_ms, 950);
  EXPECT_EQ(attempt("a").finished_at_source, model::TimeSource::server);
}

TEST_F(ExtensionStreamTest, TheQueueIsAskedForRarelyWhileItTells) {
  timings_.relaxed_queue_ms = 3'600'000;
  start_and_settle();
  // What was asked before it told may be answered late, and asked once more.
  std::size_t asked = 0;
  for (int round = 0; round < 50 && asked != comfyui_.asked("GET /queue"); ++round) {
    asked = comfyui_.asked("GET /queue");
    run_for(io_, 60);
  }
  tell_queued("a", 900);
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until("a", Status::queued));
  run_for(io_, 60);
  EXPECT_EQ(comfyui_.asked("GET /queue"), asked);
  comfyui_.extension.protocol.reset();
  comfyui_.extension.close_sockets();
  EXPECT_TRUE(until("a", Status::executing)) << "asked for at once when it no longer tells";
}

TEST_F(ExtensionStreamTest, WhatRunsAlreadyIsKnownFromItsFirstWord) {
  comfyui_.queue("a");
  comfyui_.begin("a");
  comfyui_.extension.running_nodes =
      R"([{"promptId":"a","nodeId":"1","classType":"KSampler","startedTsMs":1010.2,"value":3,"max":9}])";
  start();
  ASSERT_TRUE(run_until(io_, [&] { return sink_.runs.contains("a") && attempt("a").nodes.size() == 1; }));
  EXPECT_EQ(attempt("a").started_at_ms, 1'010);
  comfyui_.extension.tell_end("a", 1'000);
  comfyui_.finish("a");
  ASSERT_TRUE(until("a", Status::success));
  ASSERT_TRUE(run_until(io_, [&] { return attempt("a").started_at_ms == 1'000; }));
  EXPECT_EQ(attempt("a").nodes.at(0).start_offset_ms, 10);
}

TEST_F(ExtensionStreamTest, PreviewsComeWhenAskedForAndOnceOnly) {
  start_and_settle();
  comfyui_.extension.tell_execution("a", 1'000, false);
  const auto picture = [&](const std::string& id) {
    comfyui_.extension.tell_unnumbered(
        "preview", R"({"promptId":")" + id +
                       R"(","nodeId":"2","mimeType":"image/jpeg","width":8,"height":8,"base64":"/9j/4A=="})");
  };
  picture("a");
  ASSERT_TRUE(run_until(io_, [&] { return sink_.previews.size() == 1; }));
  EXPECT_EQ(sink_.previews[0].prompt_id, "a");
  EXPECT_EQ(sink_.previews[0].image, "\xFF\xD8\xFF\xE0");

  const std::string about = R"({"prompt_id":"own","node_id":"2","image_type":"image/png"})";
  comfyui_.send_binary(std::string("\0\0\0\x04\0\0\0", 7) + static_cast<char>(about.size()) + about + "png");
  ASSERT_TRUE(run_until(io_, [&] { return sink_.previews.size() == 2; }));
  picture("own");
  picture("a");
  ASSERT_TRUE(run_until(io_, [&] { return sink_.previews.size() == 3; }));
  EXPECT_EQ(sink_.previews[2].prompt_id, "a") << "of a prompt whose pictures the socket brings, those count";

  sink_.wants = false;
  ASSERT_TRUE(run_until(io_, [&] { return !comfyui_.extension.sockets[0]->received.empty(); }));
  EXPECT_EQ(comfyui_.extension.sockets[0]->received[0], R"({"type":"subscribe","previews":false})");
}

TEST_F(ExtensionStreamTest, GarbageIsCountedAndTheRestIsTold) {
  start_and_settle();
  base::counters().reset();
  comfyui_.extension.tell("node", "node_started", "{}", 1'000);
  comfyui_.extension.tell("queue", "queued", R"({"prompt":5})", 1'000);
  comfyui_.extension.tell("future", "thing", "{}", 1'000);
  tell_queued("a", 900);
  ASSERT_TRUE(until("a", Status::queued));
  EXPECT_EQ(base::counters().get(base::Counter::frames_malformed), 2u);
  EXPECT_EQ(base::counters().get(base::Counter::frames_unknown), 1u);
  EXPECT_EQ(connection().source, CaptureSource::extension);
}

}  // namespace
}  // namespace comfytrace::collect
