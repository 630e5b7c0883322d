#include "insight/recommendation_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using history::Recommendation;
using history::RecommendationSeverity;
using history::RecommendationState;
using testing::IsEmpty;
using testing::SizeIs;

Finding finding(const std::string& cause, int evidence = 10, int first = 0) {
  Finding of;
  of.rule = "successRate";
  of.cause = cause;
  of.severity = RecommendationSeverity::warning;
  of.message = "message of " + cause;
  of.confidence = 0.9;
  for (int i = 0; i < evidence; ++i) of.evidence_run_ids.push_back("run-" + std::to_string(first + i));
  return of;
}

// Keeps what a history would.
class Book {
 public:
  std::vector<Recommendation> update(const std::vector<Finding>& found, std::int64_t now_ms) {
    const auto changes = reconcile(known, found, now_ms);
    changed = changes.changed.size();
    for (const Recommendation& one : changes.changed) put(one);
    return changes.open;
  }
  void put(const Recommendation& one) {
    for (Recommendation& stored : known) {
      if (stored.id == one.id) {
        stored = one;
        return;
      }
    }
    known.push_back(one);
  }
  void act(RecommendationAction action, std::int64_t now_ms, std::optional<std::int64_t> until = std::nullopt) {
    const auto next = act_on(known, known.back().id, action, now_ms, until);
    ASSERT_TRUE(next.ok());
    put(*next);
  }
  std::vector<Recommendation> known;
  std::size_t changed = 0;
};

TEST(Reconcile, OpensOneForACauseAndKeepsItUpToDate) {
  Book book;
  auto open = book.update({finding("a"), finding("a"), finding("b")}, 1'000);
  EXPECT_THAT(open, SizeIs(2)) << "never two for one cause";
  EXPECT_EQ(open[0].created_at_ms, 1'000);
  EXPECT_TRUE(base::encode_json(open[0]).find("\"state\":\"open\"") != std::string::npos);
  const std::string id = open[0].id;
  open = book.update({finding("a", 12), finding("b")}, 2'000);
  EXPECT_EQ(open[0].id, id);
  EXPECT_THAT(open[0].evidence_run_ids, SizeIs(12));
  EXPECT_EQ(book.changed, 1u) << "what is as it was need not be saved";
}

TEST(Reconcile, ALaterCriticalOneOfTheSameRuleIsNotHidden) {
  Book book;
  book.update({finding("failures:a")}, 1'000);
  Finding critical = finding("failures:b");
  critical.severity = RecommendationSeverity::critical;
  const auto open = book.update({finding("failures:a"), critical}, 2'000);
  ASSERT_THAT(open, SizeIs(2));
  EXPECT_EQ(open[0].cause, "failures:b");
  EXPECT_EQ(open[0].rule, open[1].rule);
}

TEST(Reconcile, SilencesWhatLiesBeneathAnotherCause) {
  Book book;
  Finding memory = finding("memory:a");
  memory.explains = {"failures:a"};
  const auto open = book.update({memory, finding("failures:a")}, 1'000);
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].cause, "memory:a");
}

TEST(Reconcile, ClosesByItselfWhatIsOver) {
  Book book;
  book.update({finding("a")}, 1'000);
  EXPECT_THAT(book.update({}, 2'000), IsEmpty());
  EXPECT_EQ(book.known[0].state, RecommendationState::resolved);
  const auto open = book.update({finding("a")}, 3'000);
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_NE(open[0].id, book.known[0].id) << "when it comes back it is a new one";
}

TEST(Reconcile, WhatWasDismissedStaysAwayUntilItsEvidenceIsNew) {
  Book book;
  book.update({finding("a")}, 1'000);
  book.act(RecommendationAction::dismiss, 1'500);
  EXPECT_THAT(book.update({finding("a")}, 2'000), IsEmpty());
  EXPECT_THAT(book.update({finding("a", 10, 9)}, 3'000), IsEmpty()) << "nine new runs of ten";
  EXPECT_THAT(book.update({}, 4'000), IsEmpty());
  EXPECT_EQ(book.known[0].state, RecommendationState::dismissed) << "a dismissal is not forgotten meanwhile";
  EXPECT_THAT(book.update({finding("a", 10, 10)}, 5'000), SizeIs(1));
  EXPECT_THAT(book.known, SizeIs(2));
}

TEST(Reconcile, WhatWasDismissedReturnsWhenItGetsWorse) {
  Book book;
  book.update({finding("a")}, 1'000);
  book.act(RecommendationAction::dismiss, 1'500);
  Finding worse = finding("a");
  worse.severity = RecommendationSeverity::critical;
  EXPECT_THAT(book.update({worse}, 2'000), SizeIs(1));
}

TEST(Reconcile, FewRunsOfEvidenceTakeAtLeastFiveNewOnes) {
  Book book;
  book.update({finding("a", 2)}, 1'000);
  book.act(RecommendationAction::dismiss, 1'500);
  EXPECT_THAT(book.update({finding("a", 6)}, 2'000), IsEmpty()) << "four new";
  EXPECT_THAT(book.update({finding("a", 7)}, 3'000), SizeIs(1));
}

TEST(Reconcile, WhatWasDeferredReturnsAfterItsTimeOrResolves) {
  Book book;
  book.update({finding("a")}, 1'000);
  book.act(RecommendationAction::defer, 1'500, 10'000);
  EXPECT_THAT(book.update({finding("a", 40)}, 9'999), IsEmpty());
  const auto open = book.update({finding("a", 40)}, 10'000);
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].id, book.known[0].id);
  EXPECT_FALSE(open[0].deferred_until_ms);
  book.act(RecommendationAction::defer, 11'000, 20'000);
  book.update({}, 12'000);
  EXPECT_EQ(book.known[0].state, RecommendationState::resolved);
}

TEST(Reconcile, WhatWasAppliedReturnsOnlyOnNewEvidence) {
  Book book;
  book.update({finding("a")}, 1'000);
  book.act(RecommendationAction::apply, 1'500);
  EXPECT_THAT(book.update({finding("a", 12)}, 2'000), IsEmpty());
  EXPECT_THAT(book.update({finding("a", 10, 10)}, 3'000), SizeIs(1));
}

TEST(Reconcile, PutsTheMostSevereFirst) {
  Finding critical = finding("b");
  critical.severity = RecommendationSeverity::critical;
  Finding surer = finding("c");
  surer.confidence = 0.99;
  const auto open = Book().update({finding("a"), critical, surer}, 1'000);
  ASSERT_THAT(open, SizeIs(3));
  EXPECT_EQ(open[0].cause, "b");
  EXPECT_EQ(open[1].cause, "c");
}

TEST(ActOn, RefusesWhatCannotBe) {
  Book book;
  book.update({finding("a")}, 1'000);
  const std::string id = book.known[0].id;
  EXPECT_EQ(act_on(book.known, "nobody", RecommendationAction::dismiss, 1).error().code, base::ErrorCode::not_found);
  EXPECT_EQ(act_on(book.known, id, RecommendationAction::defer, 5'000).error().field, "untilMs");
  EXPECT_EQ(act_on(book.known, id, RecommendationAction::defer, 5'000, 5'000).error().code, base::ErrorCode::invalid);
  book.update({}, 2'000);
  EXPECT_EQ(act_on(book.known, id, RecommendationAction::dismiss, 1).error().code, base::ErrorCode::conflict);
}

TEST(ActOn, AReopenedOneDoesNotStandBesideAnotherOfItsCause) {
  Book book;
  book.update({finding("a")}, 1'000);
  book.act(RecommendationAction::dismiss, 1'500);
  const std::string old = book.known[0].id;
  book.update({finding("a", 10, 10)}, 2'000);
  EXPECT_EQ(act_on(book.known, old, RecommendationAction::reopen, 3'000).error().code, base::ErrorCode::conflict);
}

TEST(UpdateRecommendations, CanBeSavedInTheOrderTheyAreGiven) {
  history::MemoryHistory history;
  Noise noise(51);
  for (int i = 0; i < 40; ++i) {
    MadeRun run = nth(i, noise);
    if (i % 2) {
      run.status = model::Status::failed;
      run.exit_reason = model::ExitReason::outOfMemory;
    }
    keep(history, run);
  }
  RuleInput input;
  input.now_ms = kStart + 7 * kDay;
  for (int round = 0; round < 3; ++round) {
    const auto changes = update_recommendations(history, input);
    ASSERT_TRUE(changes.ok());
    for (const auto& one : changes->changed) ASSERT_TRUE(history.save_recommendation(one).ok());
    std::size_t failures = 0;
    for (const auto& one : changes->open)
      failures +=
          one.cause.starts_with("memory:") + one.cause.starts_with("failures:") + one.cause.starts_with("retries:");
    EXPECT_EQ(failures, 1u) << "half the runs fail, of one cause";
    if (round > 0) {
      EXPECT_THAT(changes->changed, IsEmpty());
    }
  }
  input.settings["outOfMemory.warnAbove"] = 7;
  EXPECT_EQ(update_recommendations(history, input).error().code, base::ErrorCode::invalid);
}

}  // namespace
}  // namespace comfytrace::insight
