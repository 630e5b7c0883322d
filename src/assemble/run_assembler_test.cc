#include "assemble/run_assembler.h"

#include <gtest/gtest.h>

#include "assemble/test_recorder.h"
#include "base/uuid.h"

namespace comfytrace::assemble {
namespace {

TEST(RunAssembler, TakesTimesFromTheWorkersStampsAndNodesFromProgress) {
  Recorder r;
  r.queue(990, {}, {item("p", 4)});
  run_two_nodes(r, "p");
  r.event(1205, comfyui::ExecutionSuccess{"p", 1200});
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.status, Status::success);
  EXPECT_EQ(attempt.queued_at_source, TimeSource::poll);
  EXPECT_EQ(attempt.queue_wait_ms, 10);
  EXPECT_EQ(attempt.duration_ms, 200);
  EXPECT_EQ(attempt.finished_at_source, TimeSource::server);
  ASSERT_EQ(attempt.nodes.size(), 2u);
  EXPECT_EQ(attempt.nodes[0].class_type, "ImageBlur");
  EXPECT_EQ(attempt.nodes[0].start_offset_ms, 10);
  EXPECT_EQ(attempt.nodes[0].duration_ms, 100);
  EXPECT_EQ(attempt.nodes[1].state, NodeState::cached);
  EXPECT_EQ(attempt.nodes[1].title, "Source");
  EXPECT_EQ(r.kept.at("p").status, Status::success);
}

TEST(RunAssembler, ClosesOpenNodesWhenInterrupted) {
  Recorder r;
  r.queue(990, {}, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1010, comfyui::ProgressState{"p", {node("1", false)}});
  r.event(1020, comfyui::ProgressState{"p", {node("1", false), node("2", false)}});
  r.event(1105, comfyui::ExecutionInterrupted{"p", "2", "ImageBlur", {}, 1100});
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.status, Status::cancelled);
  EXPECT_EQ(attempt.exit_reason, ExitReason::interrupted);
  EXPECT_EQ(attempt.nodes.at(0).state, NodeState::abandoned);
  EXPECT_EQ(attempt.nodes.at(1).state, NodeState::interrupted);
  EXPECT_EQ(attempt.nodes.at(1).duration_ms, 80);
}

TEST(RunAssembler, AnInterruptedPromptIsToldByTheLastMessageOfItsHistory) {
  Recorder r;
  r.tell(2000,
         HistoryRead{{entry(item("p", 0), 1000, comfyui::ExecutionInterrupted{"p", "2", "ImageBlur", {}, 1100})}});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::interrupted);
  EXPECT_EQ(r.attempt("p").origin, model::Origin::backfilled);
}

TEST(RunAssembler, ABlockedNodeDoesNotEndThePrompt) {
  Recorder r;
  r.queue(990, {}, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1010, comfyui::ProgressState{"p", {node("3", false)}});
  comfyui::ExecutionError blocked;
  blocked.prompt_id = "p";
  blocked.node_id = "3";
  blocked.exception_type = "ExecutionBlocked";
  r.event(1011, blocked);
  EXPECT_EQ(r.attempt("p").status, Status::executing);
  r.event(1012, comfyui::ProgressState{"p", {node("3", true)}});
  r.event(1100, comfyui::ExecutionSuccess{"p", 1100});
  EXPECT_EQ(r.attempt("p").status, Status::success);
  EXPECT_EQ(r.attempt("p").nodes.at(0).state, NodeState::blocked);
  EXPECT_EQ(r.attempt("p").nodes.at(0).duration_ms, 2);
}

TEST(RunAssembler, OutOfMemoryIsItsOwnExitReason) {
  Recorder r;
  r.queue(990, {}, {item("p", 0)});
  comfyui::ExecutionError error;
  error.prompt_id = "p";
  error.node_id = "2";
  error.exception_type = "torch.OutOfMemoryError";
  error.exception_message = "CUDA out of memory";
  error.timestamp_ms = 1100;
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1101, error);
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::outOfMemory);
  ASSERT_TRUE(r.attempt("p").failure);
  EXPECT_EQ(r.attempt("p").failure->message, "CUDA out of memory");
  EXPECT_EQ(r.attempt("p").nodes.at(0).state, NodeState::failed);
}

TEST(RunAssembler, TheHistoryWinsOverWhatEventsSaid) {
  Recorder r;
  r.queue(990, {}, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1100, comfyui::ExecutionSuccess{"p", 1100});
  comfyui::ExecutionError error;
  error.prompt_id = "p";
  error.node_id = "2";
  error.exception_type = "ValueError";
  error.timestamp_ms = 1150;
  r.tell(1200, HistoryRead{{entry(item("p", 0), 1000, error)}});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::executionError);
  EXPECT_EQ(r.attempt("p").finished_at_ms, 1150);
  ASSERT_EQ(r.attempt("p").artifacts.size(), 1u);
  EXPECT_EQ(r.attempt("p").artifacts[0].filename, "a.png");
}

TEST(RunAssembler, AReusedPromptIdIsAnotherAttemptOfTheSameScene) {
  Recorder r;
  r.queue(990, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1100, comfyui::ExecutionSuccess{"p", 1100});
  r.queue(1150, {item("p", 0)});  // read before it ended
  EXPECT_EQ(r.kept.at("p").scenes.at(0).attempts.size(), 1u);
  r.queue(1990, {item("p", 1)});
  r.event(2000, comfyui::ExecutionStart{"p", 2000});
  r.event(2001, comfyui::ExecutionStart{"p", 1000});
  r.tell(2200, HistoryRead{{entry(item("p", 1), 2000, comfyui::ExecutionSuccess{"p", 2100})}});
  const model::Scene& scene = r.kept.at("p").scenes.at(0);
  ASSERT_EQ(scene.attempts.size(), 2u);
  EXPECT_EQ(scene.attempts[0].finished_at_ms, 1100);
  EXPECT_EQ(scene.attempts[1].started_at_ms, 2000);
  EXPECT_EQ(scene.attempts[1].finished_at_ms, 2100);
}

TEST(RunAssembler, PromptsThatNameARunBecomeItsScenesAndReopenIt) {
  Recorder r;
  r.queue(100, {}, {item("a", 0, R"({"run_id":"R","scene_id":"S1"})")});
  r.event(110, comfyui::ExecutionStart{"a", 110});
  r.event(120, comfyui::ExecutionSuccess{"a", 120});
  EXPECT_EQ(r.kept.at("R").status, Status::success);
  r.queue(200, {}, {item("b", 1, R"({"run_id":"R"})")});
  EXPECT_NE(r.kept.at("R").status, Status::success);
  r.queue(210, {}, {item("b", 1, R"({"run_id":"R"})"), item("c", 2, R"({"run_id":"R","scene_id":"S1"})")});
  const model::Run& run = r.kept.at("R");
  EXPECT_TRUE(run.grouped);
  ASSERT_EQ(run.scenes.size(), 2u);
  EXPECT_EQ(run.scenes[0].attempts.size(), 2u);
  EXPECT_EQ(run.scenes[1].scene_id, "scene-002");
}

TEST(RunAssembler, ACreateTimeThatAClientMadeUpIsNotBelieved) {
  Recorder r;
  const std::int64_t now = 1'795'376'468'000;
  r.queue(now, {}, {item("p", 0, R"({"create_time":1})")});
  EXPECT_EQ(r.attempt("p").queued_at_ms, now);
  EXPECT_EQ(r.attempt("p").queued_at_source, TimeSource::poll);
  r.queue(now, {}, {item("q", 1, R"({"create_time":1795376467900})")});
  EXPECT_EQ(r.attempt("q").queued_at_ms, now - 100);
  EXPECT_EQ(r.attempt("q").queued_at_source, TimeSource::server);
}

TEST(RunAssembler, TwoWorkersMayUseTheSamePromptId) {
  Recorder r;
  r.queue(100, {item("run 1", 0)}, {}, "w1");
  r.queue(100, {item("run 1", 0)}, {}, "w2");
  r.event(200, comfyui::ExecutionSuccess{"run 1", 200}, "w1");
  const std::string other = base::named_uuid("w2run 1");
  EXPECT_EQ(r.attempt("run 1").status, Status::success);
  EXPECT_EQ(r.attempt(other).status, Status::executing);
}

TEST(RunAssembler, ANodeThatStartedBeforeTheStartWasStampedKeepsItsInstant) {
  Recorder r;
  r.queue(900, {}, {item("p", 0)});
  r.event(1000, comfyui::ProgressState{"p", {node("1", false)}});
  r.event(1050, comfyui::ProgressState{"p", {node("1", true), node("2", false)}});
  r.tell(1200, HistoryRead{{entry(item("p", 0), 980, comfyui::ExecutionSuccess{"p", 1100})}});
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.started_at_ms, 980);
  EXPECT_EQ(attempt.nodes.at(0).start_offset_ms, 20);
  EXPECT_EQ(attempt.nodes.at(0).duration_ms, 50);
  EXPECT_FALSE(attempt.nodes.at(1).duration_ms) << "its end was not seen";
  EXPECT_EQ(attempt.nodes.at(1).state, NodeState::finished);
}

TEST(RunAssembler, EventsAfterTheEndAddOnlyWhatIsMissing) {
  Recorder r;
  r.queue(900, {item("p", 0)});
  r.tell(1200, HistoryRead{{entry(item("p", 0), 980, comfyui::ExecutionSuccess{"p", 1100})}});
  r.event(5000, comfyui::ProgressState{"p", {node("1", false)}});
  r.event(5001, comfyui::ExecutionSuccess{"p", 5001});
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.finished_at_ms, 1100);
  ASSERT_EQ(attempt.nodes.size(), 1u);
  EXPECT_FALSE(attempt.nodes[0].start_offset_ms);
  EXPECT_FALSE(attempt.node_times_known);
}

TEST(RunAssembler, TheNodeToldOnConnectingBelongsToWhatRunsThere) {
  Recorder r;
  r.queue(900, {item("p", 0)});
  r.event(1000, comfyui::Executing{std::nullopt, "2", std::nullopt});
  ASSERT_EQ(r.attempt("p").nodes.size(), 1u);
  EXPECT_EQ(r.attempt("p").nodes[0].class_type, "ImageBlur");
  EXPECT_FALSE(r.attempt("p").nodes[0].start_offset_ms) << "it is not known since when it runs";
}

TEST(RunAssembler, ARefusedPromptIsARunThatFailed) {
  Recorder r;
  Submitted refused;
  refused.item = item("", 0);
  refused.answer.error_type = "prompt_no_outputs";
  refused.answer.error_message = "Prompt has no outputs";
  r.tell(100, refused);
  r.tell(100, refused);
  ASSERT_EQ(r.kept.size(), 1u);
  const model::Attempt& attempt = r.kept.begin()->second.scenes.at(0).attempts.at(0);
  EXPECT_EQ(attempt.exit_reason, ExitReason::validationError);
  ASSERT_EQ(attempt.validation_errors.size(), 1u);
  EXPECT_EQ(attempt.validation_errors[0].type, "prompt_no_outputs");
}

TEST(RunAssembler, EventsBeforeThePromptIsKnownAreNotLost) {
  Recorder r;
  run_two_nodes(r, "p");
  EXPECT_TRUE(r.kept.empty());
  r.queue(1120, {item("p", 0, R"({"run_id":"R"})")});
  ASSERT_TRUE(r.kept.contains("R"));
  EXPECT_EQ(r.attempt("R").started_at_ms, 1000);
  EXPECT_EQ(r.attempt("R").nodes.at(0).class_type, "ImageBlur");
  EXPECT_EQ(r.attempt("R").nodes.at(0).duration_ms, 100);
}

TEST(RunAssembler, MemoryIsReadBeforeDuringAndAfter) {
  Recorder r;
  const auto sample = [](std::int64_t at_ms, std::int64_t used) {
    model::DeviceSample s;
    s.at_ms = at_ms;
    s.vram_used_bytes = used;
    s.vram_free_bytes = 100 - used;
    return std::vector<model::DeviceSample>{s};
  };
  r.tell(500, sample(500, 10));
  r.queue(990, {}, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.tell(1100, sample(1100, 60));
  r.tell(1200, sample(1200, 40));
  r.event(1300, comfyui::ExecutionSuccess{"p", 1300});
  r.tell(1400, sample(1400, 15));
  r.tell(1500, sample(1500, 90));
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.vram_free_before_bytes, 90);
  EXPECT_EQ(attempt.vram_free_after_bytes, 85);
  EXPECT_EQ(attempt.vram_delta_bytes, -5);
  EXPECT_EQ(attempt.vram_peak_bytes, 60);
}

TEST(RunAssembler, LateFactsOfADeletedRunAreIgnored) {
  Recorder r;
  r.tell(2000, HistoryRead{{entry(item("p", 0), 1000, comfyui::ExecutionSuccess{"p", 1100})}});
  r.assembler->forget("p");
  r.kept.clear();
  r.tell(2100, HistoryRead{{entry(item("p", 0), 1000, comfyui::ExecutionSuccess{"p", 1100})}});
  EXPECT_TRUE(r.kept.empty());
}

TEST(RunAssembler, WhatPeopleWriteOnARunSurvivesItsNextChange) {
  Recorder r;
  r.queue(100, {item("p", 0)});
  model::Run run = r.kept.at("p");
  run.title = "Opening shot";
  run.tags = {"keep"};
  run.status = Status::failed;
  r.assembler->adopt(run);
  r.event(200, comfyui::ExecutionSuccess{"p", 200});
  EXPECT_EQ(r.kept.at("p").title, "Opening shot");
  EXPECT_EQ(r.kept.at("p").tags, std::vector<std::string>{"keep"});
  EXPECT_EQ(r.kept.at("p").status, Status::success);
}

TEST(RunAssembler, OpenPromptsAndScenesAreThoseThatHaveNotEnded) {
  Recorder r;
  r.queue(100, {item("a", 0)}, {item("b", 1)});
  EXPECT_EQ(r.assembler->open_prompts("w"), (std::vector<std::string>{"a", "b"}));
  r.event(110, comfyui::ProgressState{"a", {node("1", true), node("2", false)}});
  const auto scenes = r.assembler->open_scenes();
  ASSERT_EQ(scenes.size(), 2u);
  r.event(200, comfyui::ExecutionSuccess{"a", 200});
  EXPECT_EQ(r.assembler->open_prompts("w"), std::vector<std::string>{"b"});
  ASSERT_EQ(r.assembler->open_scenes().size(), 1u);
  EXPECT_EQ(r.assembler->open_scenes()[0].prompt_id, "b");
}

TEST(RunAssembler, TheLiveSceneShowsTheNodeThatRuns) {
  Recorder r;
  r.queue(100, {item("a", 0)});
  r.event(110, comfyui::ProgressState{"a", {node("1", true), node("2", false)}});
  const Changes changes = r.event(120, comfyui::Progress{"a", "2", 3, 8});
  EXPECT_TRUE(changes.runs.empty()) << "progress alone is not worth a save";
  ASSERT_EQ(changes.scenes.size(), 1u);
  const model::LiveScene& live = changes.scenes[0];
  EXPECT_EQ(live.node_count, 3);
  EXPECT_EQ(live.nodes_done, 1);
  ASSERT_TRUE(live.node);
  EXPECT_EQ(live.node->class_type, "ImageBlur");
  EXPECT_EQ(live.node->progress_value, 3);
  EXPECT_EQ(live.node->started_at_ms, 110);
}

TEST(RunAssembler, EveryChangeOfStatusIsShownInOrder) {
  Recorder r;
  r.assembler->apply(Fact{"w", 100, comfyui::QueueSnapshot{{}, {item("p", 0)}}});
  r.assembler->apply(Fact{"w", 110, comfyui::Event(comfyui::ExecutionStart{"p", 110})});
  r.assembler->apply(Fact{"w", 120, comfyui::Event(comfyui::ExecutionSuccess{"p", 120})});
  const Changes changes = r.assembler->take_changes();
  ASSERT_GE(changes.scenes.size(), 2u);
  EXPECT_EQ(changes.scenes[changes.scenes.size() - 2].status, Status::executing);
  EXPECT_EQ(changes.scenes.back().status, Status::success);
  EXPECT_EQ(changes.runs.size(), 1u);
}

TEST(RunAssembler, MemoryOfFinishedRunsIsBounded) {
  Recorder r;
  for (int i = 0; i < 800; ++i) {
    const std::string id = "p" + std::to_string(i);
    r.tell(1000 + i, HistoryRead{{entry(item(id, i), 1000 + i, comfyui::ExecutionSuccess{id, 1001 + i})}});
  }
  EXPECT_EQ(r.assembler->find("p0"), nullptr);
  EXPECT_NE(r.assembler->find("p799"), nullptr);
  EXPECT_EQ(r.kept.size(), 800u);
}

}  // namespace
}  // namespace comfytrace::assemble
