#include "assemble/worker_life.h"

#include <gtest/gtest.h>

#include "assemble/test_recorder.h"

namespace comfytrace::assemble {
namespace {

TEST(WorkerLife, AsksTheHistoryOnceWhenAPromptLeftTheQueue) {
  Recorder r;
  r.queue(100, {item("p", 0)});
  EXPECT_EQ(r.queue(200, {}).wanted_history.size(), 1u);
  EXPECT_TRUE(r.queue(300, {}).wanted_history.empty());
  EXPECT_EQ(r.attempt("p").status, Status::executing);
}

TEST(WorkerLife, APendingPromptThatVanishedInTheSameLifeWasDeleted) {
  Recorder r;
  r.connect(50);
  r.queue(100, {item("a", 0)}, {item("p", 1)});
  r.queue(200, {item("a", 0)});
  r.tell(300, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").status, Status::cancelled);
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::deleted);
}

TEST(WorkerLife, APendingPromptThatVanishedInARestartIsLost) {
  Recorder r;
  r.connect(50);
  r.queue(100, {item("a", 7)}, {item("p", 8)});
  r.disconnect(150);
  r.connect(200);
  r.queue(201, {});
  r.tell(202, HistoryRead{});
  r.tell(300, HistoryMissing{"p"});
  r.tell(300, HistoryMissing{"a"});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::workerLost);
  EXPECT_EQ(r.attempt("a").exit_reason, ExitReason::workerLost);
  EXPECT_EQ(r.attempt("a").finished_at_ms, 150) << "it ended when the worker was lost, not when that was noticed";
}

TEST(WorkerLife, AWorkerThatRemembersAnEarlierPromptWasNotRestarted) {
  Recorder r;
  r.connect(50);
  r.queue(100, {item("a", 7)}, {item("p", 8)});
  r.disconnect(150);
  r.connect(200);
  r.queue(201, {item("a", 7)});
  r.tell(300, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::deleted);
}

TEST(WorkerLife, WhatAnotherLifeOfTheWorkerRemembersProvesNothingOnAnOlderPrompt) {
  Recorder r;
  r.connect(50);
  r.queue(100, {item("a", 7)}, {item("p", 8)});
  r.restart();
  // Meanwhile the worker ended and began anew; we saw that life too, and were restarted before we could ask for p.
  r.connect(1000);
  r.tell(1001, HistoryRead{{entry(item("q", 0), 900, comfyui::ExecutionSuccess{"q", 950})}});
  r.restart();
  r.connect(2000);
  r.tell(2001, HistoryRead{{entry(item("q", 0), 900, comfyui::ExecutionSuccess{"q", 950})}});
  r.queue(2002, {});
  r.tell(4000, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::workerLost);
}

TEST(WorkerLife, AWorkerThatRemembersWhatWasQueuedBeforeProvesThatItHadALaterPromptToo) {
  Recorder r;
  r.connect(50);
  r.queue(90, {item("a", 7)});
  r.queue(100, {item("a", 7)}, {item("p", 8)});
  r.restart();
  r.connect(1000);
  r.tell(1001, HistoryRead{{entry(item("a", 7), 95, comfyui::ExecutionSuccess{"a", 950})}});
  r.queue(1002, {});
  r.tell(4000, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::deleted);
}

TEST(WorkerLife, AnExecutingPromptThatVanishesIsNeverCalledDeleted) {
  Recorder r;
  r.connect(50);
  r.queue(100, {item("p", 0)});
  r.queue(200, {});
  r.tell(300, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").status, Status::failed);
  EXPECT_EQ(r.attempt("p").exit_reason, ExitReason::workerLost);
}

TEST(WorkerLife, AnOutcomeThatAnEventToldStandsWithoutHistory) {
  Recorder r;
  r.queue(100, {item("p", 0)});
  r.event(110, comfyui::ExecutionSuccess{"p", 110});
  r.tell(300, HistoryMissing{"p"});
  EXPECT_EQ(r.attempt("p").status, Status::success);
  EXPECT_EQ(r.attempt("p").fallback_notes.size(), 1u);
}

TEST(WorkerLife, AHistoryThatComesAfterAllCorrectsAConclusion) {
  Recorder r;
  r.queue(100, {}, {item("p", 3)});
  r.queue(200, {});
  r.tell(300, HistoryMissing{"p"});
  r.tell(900, HistoryRead{{entry(item("p", 3), 150, comfyui::ExecutionSuccess{"p", 190})}});
  EXPECT_EQ(r.attempt("p").status, Status::success);
  EXPECT_EQ(r.attempt("p").finished_at_ms, 190);
}

TEST(WorkerLife, ARunThatWasTakenUpAgainEndsAsIfNothingHadHappened) {
  Recorder whole;
  Recorder cut;
  for (Recorder* r : {&whole, &cut}) {
    r->queue(990, {}, {item("p", 4)});
    run_two_nodes(*r, "p");
    if (r == &cut) r->restart();
    r->queue(1120, {item("p", 4)});
    r->event(1130, comfyui::ProgressState{"p", {node("2", true), node("3", false)}});
    r->event(1200, comfyui::ExecutionSuccess{"p", 1200});
    r->tell(1300, HistoryRead{{entry(item("p", 4), 1000, comfyui::ExecutionSuccess{"p", 1200})}});
  }
  EXPECT_EQ(whole.kept.at("p"), cut.kept.at("p"));
}

TEST(WorkerLife, AHistoryReadAgainAfterARestartChangesNothing) {
  Recorder r;
  const HistoryRead read{{entry(item("p", 0), 1000, comfyui::ExecutionSuccess{"p", 1100})}};
  r.tell(2000, read);
  r.restart();
  EXPECT_TRUE(r.tell(3000, read).runs.empty());
}

}  // namespace
}  // namespace comfytrace::assemble
