#include <gtest/gtest.h>

#include "assemble/explain.h"
#include "assemble/test_recorder.h"

// What only our extension inside ComfyUI tells.
namespace comfytrace::assemble {
namespace {

using comfyui::PromptPartlyRejected;
using comfyui::PromptQueued;
using comfyui::PromptRejected;
using comfyui::PromptsRemoved;

comfyui::ProgressState started(const std::string& prompt_id, const std::string& id, std::int64_t at_ms) {
  auto told = node(id, false);
  told.value.reset();
  told.max.reset();
  told.started_at_ms = at_ms;
  return {prompt_id, {told}};
}

comfyui::ProgressState finished(const std::string& prompt_id, const std::string& id, std::int64_t from_ms,
                                std::int64_t to_ms) {
  auto told = node(id, true);
  told.value.reset();
  told.max.reset();
  told.started_at_ms = from_ms;
  told.finished_at_ms = to_ms;
  told.vram_peak_bytes = 9'000;
  return {prompt_id, {told}};
}

PromptRejected refused(const std::string& prompt_id) {
  PromptRejected rejected;
  rejected.item = item(prompt_id, 0);
  rejected.answer.error_type = "prompt_outputs_failed_validation";
  rejected.answer.error_message = "Prompt outputs failed validation";
  rejected.answer.node_errors = {{"2", "ImageBlur", "value_not_in_list", "Value not in list", "mode"}};
  return rejected;
}

// What the records have in common that both sources told: all but who said so first.
model::Attempt without_explanations(model::Attempt attempt) {
  attempt.explanations.clear();
  return attempt;
}

void tell_by_extension(Recorder& r, bool events_too = true) {
  r.tell(990, PromptQueued{item("p", 4)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1001, comfyui::ExecutionCached{"p", {"1"}, 1001});
  r.event(1010, started("p", "2", 1010));
  r.event(1110, finished("p", "2", 1010, 1110));
  if (events_too) r.event(1200, comfyui::ExecutionSuccess{"p", 1200});
}

TEST(ExtensionFacts, GiveNodeTimesToAPromptOfAnybody) {
  Recorder r;
  tell_by_extension(r);
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.status, Status::success);
  EXPECT_TRUE(attempt.node_times_known);
  EXPECT_EQ(attempt.queued_at_ms, 990);
  EXPECT_EQ(attempt.queued_at_source, TimeSource::server);
  ASSERT_EQ(attempt.nodes.size(), 2u);
  EXPECT_EQ(attempt.nodes[0].start_offset_ms, 10);
  EXPECT_EQ(attempt.nodes[0].duration_ms, 100);
  EXPECT_EQ(attempt.nodes[0].vram_peak_bytes, 9'000);
  EXPECT_EQ(attempt.nodes[1].vram_peak_bytes, std::nullopt) << "it came from the cache";
  EXPECT_EQ(attempt.nodes[0].class_type, "ImageBlur");
}

TEST(ExtensionFacts, OfTheTimeBeforeWeWatchedAreFoundAfterwards) {
  Recorder r;
  r.assembler->apply(Fact{"w", 990, PromptQueued{item("p", 4)}, true});
  r.assembler->apply(Fact{"w", 1000, comfyui::Event(comfyui::ExecutionStart{"p", 1000}), true});
  r.assembler->apply(Fact{"w", 1010, comfyui::Event(started("p", "2", 1010)), true});
  r.assembler->apply(Fact{"w", 1110, comfyui::Event(finished("p", "2", 1010, 1110)), true});
  r.assembler->apply(Fact{"w", 1200, comfyui::Event(comfyui::ExecutionSuccess{"p", 1200}), true});
  r.assembler->apply(Fact{"w", 1300, refused("r"), true});
  r.assembler->apply(Fact{"w", 1400, PromptQueued{item("now", 5)}});
  std::map<std::string, model::Run> found;
  for (const model::Run& run : r.assembler->take_changes().runs) found.insert_or_assign(run.run_id, run);
  const auto origin = [&](const std::string& id) { return found.at(id).scenes.at(0).attempts.at(0).origin; };
  EXPECT_EQ(origin("p"), model::Origin::backfilled);
  EXPECT_EQ(found.at("p").scenes[0].attempts[0].nodes.at(0).duration_ms, 100);
  EXPECT_EQ(origin("r"), model::Origin::backfilled);
  EXPECT_EQ(origin("now"), model::Origin::observed);
}

TEST(ExtensionFacts, ToldTwiceChangeNothing) {
  Recorder r;
  tell_by_extension(r);
  const model::Run before = r.kept.at("p");
  tell_by_extension(r);
  EXPECT_EQ(r.kept.at("p"), before);
}

TEST(ExtensionFacts, GiveTheSameRecordBeforeAndAfterWhatTheSocketTells) {
  Recorder alone, before, after, around;
  const auto tell_by_socket = [](Recorder& r) {
    // Some milliseconds late, as things are that come over a network.
    r.event(1003, comfyui::ExecutionStart{"p", 1000});
    r.event(1004, comfyui::ExecutionCached{"p", {"1"}, 1001});
    r.event(1015, comfyui::ProgressState{"p", {node("2", false)}});
    r.event(1016, comfyui::Executing{"p", "2", "2"});
    r.event(1119, comfyui::ProgressState{"p", {node("2", true)}});
    r.event(1207, comfyui::ExecutionSuccess{"p", 1200});
  };
  // The last progress is told by the socket alone.
  const auto settled = [&](Recorder& r) {
    model::Attempt attempt = without_explanations(r.attempt("p"));
    attempt.nodes.at(0).progress_value.reset();
    attempt.nodes.at(0).progress_max.reset();
    return attempt;
  };
  tell_by_extension(alone);
  tell_by_extension(before);
  tell_by_socket(before);
  tell_by_socket(after);
  tell_by_extension(after);
  tell_by_extension(around, false);
  tell_by_socket(around);
  tell_by_extension(around);
  for (Recorder* r : {&before, &after, &around}) EXPECT_EQ(settled(*r), settled(alone));
}

TEST(ExtensionFacts, FillInTheTimesOfAnAttemptThatTheHistoryEndedFirst) {
  Recorder r;
  r.queue(990, {item("p", 0)});
  r.event(1010, started("p", "2", 1010));
  r.tell(1300, HistoryRead{{entry(item("p", 0), 1000, comfyui::ExecutionSuccess{"p", 1200})}});
  EXPECT_EQ(r.attempt("p").nodes.at(0).duration_ms, std::nullopt);
  EXPECT_FALSE(r.attempt("p").fallback_notes.empty());
  r.event(1110, finished("p", "2", 1010, 1110));
  r.event(1120, started("p", "3", 1120));
  r.event(1190, finished("p", "3", 1120, 1190));
  const model::Attempt& attempt = r.attempt("p");
  ASSERT_EQ(attempt.nodes.size(), 2u);
  EXPECT_EQ(attempt.nodes[0].start_offset_ms, 10);
  EXPECT_EQ(attempt.nodes[0].duration_ms, 100);
  EXPECT_EQ(attempt.nodes[1].start_offset_ms, 120);
  EXPECT_EQ(attempt.nodes[1].duration_ms, 70);
  EXPECT_EQ(attempt.nodes[1].state, NodeState::finished);
  EXPECT_TRUE(attempt.fallback_notes.empty()) << attempt.fallback_notes.front();
}

TEST(ExtensionFacts, ANodeThatHadEndedIsNotAbandonedByAnInterruptThatCameFirst) {
  Recorder r;
  r.queue(990, {item("p", 0)});
  r.event(1000, comfyui::ExecutionStart{"p", 1000});
  r.event(1010, started("p", "1", 1010));
  r.event(1200, comfyui::ExecutionInterrupted{"p", "2", "ImageBlur", {}, 1200});
  EXPECT_EQ(r.attempt("p").nodes.at(0).state, NodeState::abandoned);
  r.event(1100, finished("p", "1", 1010, 1100));
  r.event(1150, started("p", "2", 1150));
  EXPECT_EQ(r.attempt("p").nodes.at(0).state, NodeState::finished);
  EXPECT_EQ(r.attempt("p").nodes.at(0).duration_ms, 90);
  EXPECT_EQ(r.attempt("p").nodes.at(1).state, NodeState::interrupted);
  EXPECT_EQ(r.attempt("p").nodes.at(1).start_offset_ms, 150);
  EXPECT_EQ(r.attempt("p").nodes.at(1).duration_ms, 50);
}

TEST(ExtensionFacts, NameTheChildrenOfAnExpandedNode) {
  Recorder r;
  r.queue(990, {item("p", 0)});
  comfyui::ProgressState child = started("p", "2.0.0.1", 1010);
  child.nodes[0].display_node_id = child.nodes[0].parent_node_id.emplace("2");
  child.nodes[0].class_type = "ImageScale";
  r.event(1010, child);
  EXPECT_EQ(r.attempt("p").nodes.at(0).class_type, "ImageScale");
  EXPECT_EQ(r.attempt("p").nodes.at(0).display_node_id, "2");
}

TEST(ExtensionFacts, OfAnEarlierExecutionOfTheSameIdChangeNothing) {
  Recorder r;
  r.queue(1990, {item("p", 1)});
  r.event(2000, comfyui::ExecutionStart{"p", 2000});
  r.event(1010, started("p", "2", 1010));
  r.event(1110, finished("p", "2", 1010, 1110));
  EXPECT_TRUE(r.attempt("p").nodes.empty());
}

TEST(ExtensionFacts, APromptTakenOutOfTheQueueIsDeletedAtOnceAndForCertain) {
  Recorder r;
  r.tell(900, PromptQueued{item("a", 1)});
  r.tell(910, PromptQueued{item("b", 2)});
  r.event(950, comfyui::ExecutionStart{"b", 950});
  r.tell(1000, PromptsRemoved{{"a", "b", "never seen"}, true});
  EXPECT_EQ(r.attempt("a").exit_reason, ExitReason::deleted);
  EXPECT_EQ(r.attempt("a").finished_at_ms, 1000);
  EXPECT_EQ(r.attempt("a").finished_at_source, TimeSource::server);
  EXPECT_EQ(r.attempt("b").status, Status::executing) << "what has begun is no longer in the queue";
  EXPECT_FALSE(r.kept.contains("never seen"));

  r.queue(1005, {}, {item("a", 1)});  // read before
  EXPECT_EQ(r.attempt("a").exit_reason, ExitReason::deleted);
  r.tell(900, PromptQueued{item("a", 1)});  // told again
  EXPECT_EQ(r.kept.at("a").scenes.at(0).attempts.size(), 1u);
  EXPECT_EQ(r.attempt("a").exit_reason, ExitReason::deleted);
  r.tell(2000, PromptQueued{item("a", 3)});
  EXPECT_EQ(r.attempt("a").status, Status::queued);
  r.tell(1000, PromptsRemoved{{"a"}, false});  // told again
  EXPECT_EQ(r.attempt("a").status, Status::queued);
}

TEST(ExtensionFacts, WhatWasConcludedToBeDeletedGetsItsTime) {
  Recorder r;
  r.connect(890);
  r.queue(900, {}, {item("a", 1)});
  r.queue(3000, {});
  r.tell(5000, HistoryMissing{"a"});
  ASSERT_EQ(r.attempt("a").exit_reason, ExitReason::deleted);
  r.tell(1000, PromptsRemoved{{"a"}, false});
  EXPECT_EQ(r.attempt("a").finished_at_ms, 1000);
  EXPECT_EQ(r.attempt("a").exit_reason, ExitReason::deleted);
}

TEST(ExtensionFacts, ARefusedPromptOfAnotherProgramIsARunThatFailed) {
  Recorder r;
  r.tell(1000, refused("p"));
  r.tell(1000, refused("p"));
  const model::Attempt& attempt = r.attempt("p");
  EXPECT_EQ(attempt.exit_reason, ExitReason::validationError);
  EXPECT_EQ(attempt.origin, model::Origin::observed);
  ASSERT_EQ(attempt.validation_errors.size(), 1u);
  EXPECT_EQ(attempt.validation_errors[0].details, "mode");
  EXPECT_EQ(r.kept.at("p").scenes.at(0).attempts.size(), 1u);

  r.tell(2000, refused(""));
  r.tell(2000, refused(""));
  EXPECT_EQ(r.kept.size(), 2u) << "one without a name of its own is known by its time";
}

TEST(ExtensionFacts, APartlyRefusedPromptSaysWhatDoesNotRun) {
  Recorder r;
  r.tell(990, PromptPartlyRejected{"p", refused("").answer.node_errors});
  r.tell(991, PromptQueued{item("p", 1)});
  r.tell(990, PromptPartlyRejected{"p", refused("").answer.node_errors});
  EXPECT_EQ(r.attempt("p").status, Status::queued);
  EXPECT_EQ(r.attempt("p").validation_errors.size(), 1u);
  ASSERT_EQ(r.attempt("p").fallback_notes.size(), 1u);
  EXPECT_NE(r.attempt("p").fallback_notes[0].find("2 (ImageBlur)"), std::string::npos);
}

TEST(ExtensionFacts, TheMomentAPromptWasMadeIsBetterThanTheOneItWasQueued) {
  const std::int64_t now = 1'795'376'468'000;
  Recorder r;
  for (int i = 0; i < 2; ++i) r.tell(now, PromptQueued{item("p", 0, R"({"create_time":1795376467900})")});
  EXPECT_EQ(r.attempt("p").queued_at_ms, now - 100);
}

TEST(ExtensionFacts, ALossThatIsMadeGoodIsNotNoted) {
  Recorder r;
  tell_by_extension(r, false);
  r.event(1115, started("p", "3", 1115));
  r.disconnect(1120);
  EXPECT_EQ(r.attempt("p").fallback_notes.size(), 1u);
  r.connect(1150);
  r.tell(1151, Resumed{});
  EXPECT_TRUE(r.attempt("p").fallback_notes.empty());

  r.disconnect(1160);
  r.connect(1170);  // nobody makes this one good
  r.event(1171, finished("p", "3", 1115, 1165));
  r.disconnect(1180);
  r.tell(1190, Resumed{});
  EXPECT_EQ(r.attempt("p").fallback_notes.size(), 1u);
}

}  // namespace
}  // namespace comfytrace::assemble
