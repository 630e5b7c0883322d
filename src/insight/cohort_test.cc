#include "insight/cohort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using history::LikeLevel;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class CohortTest : public testing::Test {
 protected:
  void keep_runs(int count, const MadeRun& like, const std::string& prefix) {
    for (int i = 0; i < count; ++i) {
      MadeRun run = like;
      run.run_id = prefix + std::to_string(i);
      run.created_at_ms = kStart + (kept_++) * kMinute;
      keep(history_, run);
    }
  }
  Cohort cohort_of(const MadeRun& of, const CohortOptions& options = {}) {
    MadeRun run = of;
    run.run_id = "the-run";
    run.created_at_ms = kStart + kDay;
    auto cohort = find_cohort(history_, history::facts_of(made_run(run)), options);
    EXPECT_TRUE(cohort.ok());
    return *cohort;
  }
  history::MemoryHistory history_;
  int kept_ = 0;
};

TEST_F(CohortTest, OfAnEmptyHistorySaysWhatIsMissing) {
  const Cohort cohort = cohort_of({});
  EXPECT_FALSE(cohort.evidence.level);
  EXPECT_EQ(cohort.evidence.n, 0);
  EXPECT_EQ(cohort.evidence.needed, 5);
  EXPECT_TRUE(cohort.like.runs.empty());
  EXPECT_EQ(cohort.evidence.sentence, "Not enough data: 0 of the 5 like runs that it takes");
}

TEST_F(CohortTest, UsesTheStrictestLevelThatHasEnough) {
  keep_runs(6, {}, "warm-");
  MadeRun cold;
  cold.cold = true;
  keep_runs(4, cold, "cold-");
  EXPECT_EQ(cohort_of({}).evidence.level, LikeLevel::executed);
  EXPECT_EQ(cohort_of({}).evidence.n, 6);
  const Cohort of_cold = cohort_of(cold);
  EXPECT_EQ(of_cold.evidence.level, LikeLevel::device) << "four cold ones are too few, so warm ones are taken too";
  EXPECT_EQ(of_cold.evidence.n, 10);
  EXPECT_THAT(of_cold.evidence.held_equal, Contains("GPU"));
  ASSERT_FALSE(of_cold.evidence.not_equal.empty());
  EXPECT_EQ(of_cold.evidence.not_equal.front(), (NotEqual{"cold or warm start", "cold", "warm in 6 of 10", 4}));
}

TEST_F(CohortTest, FourLikeRunsAreNotEnoughAndFiveAre) {
  keep_runs(4, {}, "a-");
  EXPECT_FALSE(cohort_of({}).evidence.level);
  EXPECT_EQ(cohort_of({}).evidence.needed, 1);
  keep_runs(1, {}, "b-");
  EXPECT_EQ(cohort_of({}).evidence.level, LikeLevel::executed);
  EXPECT_EQ(cohort_of({}).evidence.needed, 0);
}

TEST_F(CohortTest, NeverMixesDifferentSizesOfWork) {
  MadeRun larger;
  larger.steps = 40;
  keep_runs(50, larger, "larger-");
  EXPECT_FALSE(cohort_of({}).evidence.level);
  MadeRun wide;
  wide.scenes = 2;
  wide.steps = 10;  // the same size in two scenes
  keep_runs(50, wide, "wide-");
  EXPECT_FALSE(cohort_of({}).evidence.level);
}

TEST_F(CohortTest, TakesOnlySuccessfulRunsFromBeforeAndNeverTheRunItself) {
  keep_runs(5, {}, "a-");
  MadeRun failed;
  failed.status = model::Status::failed;
  keep_runs(5, failed, "failed-");
  MadeRun later;
  later.run_id = "later";
  later.created_at_ms = kStart + 2 * kDay;
  keep(history_, later);
  MadeRun same;
  same.run_id = "the-run";
  keep(history_, same);
  const Cohort cohort = cohort_of({});
  EXPECT_THAT(cohort.evidence.run_ids, ElementsAre("a-4", "a-3", "a-2", "a-1", "a-0"));
  EXPECT_EQ(cohort.evidence.from_ms, kStart);
  EXPECT_EQ(cohort.evidence.to_ms, kStart + 4 * kMinute);
}

TEST_F(CohortTest, KeepsToTheNewestFifty) {
  keep_runs(60, {}, "a-");
  const Cohort cohort = cohort_of({});
  EXPECT_EQ(cohort.evidence.n, 50);
  EXPECT_EQ(cohort.evidence.limit, 50);
  EXPECT_EQ(cohort.evidence.run_ids.front(), "a-59");
}

TEST_F(CohortTest, SaysWhatWasNotHeldEqualMostTellingFirst) {
  keep_runs(6, {}, "a-");
  MadeRun newer;
  newer.comfyui = "0.3.64";
  newer.pytorch = "2.9.0";
  keep_runs(2, newer, "b-");
  MadeRun run = newer;
  run.pytorch = "3.0.0";
  const auto evidence = cohort_of(run).evidence;
  ASSERT_EQ(evidence.not_equal.size(), 2u);
  EXPECT_EQ(evidence.not_equal[0], (NotEqual{"PyTorch version", "3.0.0", "2.8.0 in 6 of 8", 0}));
  EXPECT_EQ(evidence.not_equal[1], (NotEqual{"ComfyUI version", "0.3.64", "0.3.60 in 6 of 8", 2}));
  EXPECT_THAT(evidence.held_equal, Contains("worker")) << "it was equal, though no level asks for it";
  EXPECT_THAT(evidence.held_equal, Not(Contains("ComfyUI version")));
}

TEST_F(CohortTest, SaysThatNothingCanBeHeldEqualWhereTheWorkIsNotKnown) {
  keep_runs(9, {}, "a-");
  model::Run run = made_run({});
  run.scenes[0].work_size.reset();
  const auto cohort = find_cohort(history_, history::facts_of(run), {});
  ASSERT_TRUE(cohort.ok());
  EXPECT_FALSE(cohort->evidence.level);
  EXPECT_EQ(cohort->evidence.sentence,
            "Not enough data: the size of its work is not known, so nothing can be held equal");
}

TEST_F(CohortTest, AnUnknownGpuStillAllowsTheLooserLevels) {
  MadeRun nameless;
  nameless.device = "";
  keep_runs(7, nameless, "a-");
  const Cohort cohort = cohort_of(nameless);
  EXPECT_EQ(cohort.evidence.level, LikeLevel::models);
  ASSERT_FALSE(cohort.evidence.not_equal.empty() && cohort.evidence.held_equal.empty());
  EXPECT_THAT(cohort.evidence.held_equal, Not(Contains("GPU"))) << "unknown is not equal";
}

TEST_F(CohortTest, OfASceneHoldsScenesOfOtherRuns) {
  MadeRun grouped;
  grouped.scenes = 3;
  keep_runs(2, grouped, "a-");
  MadeRun run = grouped;
  run.run_id = "the-run";
  run.created_at_ms = kStart + kDay;
  keep(history_, run);
  const auto facts = history::facts_of(made_run(run));
  const auto cohort = find_scene_cohort(history_, facts, facts.scenes.front(), {});
  ASSERT_TRUE(cohort.ok());
  EXPECT_EQ(cohort->evidence.n, 6);
  EXPECT_EQ(cohort->evidence.level, LikeLevel::executed);
  EXPECT_THAT(cohort->evidence.run_ids, ElementsAre("a-1", "a-0"));
}

}  // namespace
}  // namespace comfytrace::insight
