#include "insight/deviation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DeviationTest : public testing::Test {
 protected:
  // Runs `from` to `to` - 1, with KSampler `slower` times as slow.
  void keep_runs(int from, int to, double slower = 1) {
    for (int i = from; i < to; ++i) {
      MadeRun run = nth(i, noise_);
      run.nodes[1].duration_ms = std::llround(static_cast<double>(run.nodes[1].duration_ms) * slower);
      keep(history_, run);
    }
  }
  std::vector<Deviation> of_run(const std::string& run_id) {
    const auto found = deviations_of_run(history_, run_id);
    EXPECT_TRUE(found.ok());
    return found->deviations;
  }
  static const Deviation* of_subject(const std::vector<Deviation>& all, DeviationSubject subject) {
    for (const auto& one : all) {
      if (one.subject == subject) return &one;
    }
    return nullptr;
  }
  history::MemoryHistory history_;
  Noise noise_{21};
};

TEST_F(DeviationTest, OfSteadyRunsFindsNothing) {
  keep_runs(0, 100);
  const auto found = find_deviations(history_, {}, 50);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->deviations, IsEmpty());
  EXPECT_EQ(found->runs, 50);
  EXPECT_EQ(found->runs_without_baseline, 0);
  EXPECT_GT(found->tests, 100) << "durations, peaks and nodes";
  EXPECT_EQ(found->sentence, "Nothing deviates in 50 runs");
}

TEST_F(DeviationTest, FindsARunAndTheNodeThatMadeItSlowButNoPersistenceInOne) {
  keep_runs(0, 40);
  keep_runs(40, 41, 1.5);
  const auto found = of_run("run-40");
  const Deviation* run = of_subject(found, DeviationSubject::run);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->metric, "durationMs");
  EXPECT_EQ(run->verdict, Verdict::worse);
  EXPECT_NEAR(run->ratio, 1 + 12.0 / 29, 0.03);
  EXPECT_EQ(run->n, 40);
  EXPECT_EQ(run->in_a_row, 1);
  EXPECT_FALSE(run->persistent);
  EXPECT_EQ(run->workflow, "Portrait");
  const Deviation* node = of_subject(found, DeviationSubject::nodeClass);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->class_type, "KSampler");
  EXPECT_THAT(found, SizeIs(2)) << "the other nodes are as ever";
  EXPECT_THAT(node->sentence,
              testing::MatchesRegex("KSampler in Portrait: .* % slower than the median of 40 runs like it"));
}

TEST_F(DeviationTest, IsPersistentFromTheSecondInARow) {
  keep_runs(0, 12);
  keep_runs(12, 15, 1.5);
  const auto found = of_run("run-14");
  const Deviation* run = of_subject(found, DeviationSubject::run);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->in_a_row, 3);
  EXPECT_TRUE(run->persistent);
  EXPECT_THAT(run->run_ids, ElementsAre("run-14", "run-13", "run-12"));
  EXPECT_EQ(run->n, 12) << "those in a row are not their own baseline";
}

TEST_F(DeviationTest, ALevelThatLastsBecomesTheNormalOne) {
  keep_runs(0, 30);
  keep_runs(30, 70, 1.5);
  EXPECT_TRUE(of_subject(of_run("run-33"), DeviationSubject::run));
  EXPECT_FALSE(of_subject(of_run("run-69"), DeviationSubject::run));
}

TEST_F(DeviationTest, TooFewLikeRunsAreSaidToBeSo) {
  keep_runs(0, 4);
  keep_runs(4, 5, 3);
  const auto found = find_deviations(history_, {}, 50);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->deviations, IsEmpty());
  EXPECT_EQ(found->runs_without_baseline, 5);
  EXPECT_EQ(found->sentence, "Nothing deviates in 5 runs; 5 of them have too few runs like them");
}

TEST_F(DeviationTest, FindsTheOneSceneThatIsSlow) {
  for (int i = 0; i < 10; ++i) {
    MadeRun run = nth(i, noise_);
    run.scenes = 4;
    keep(history_, run);
  }
  MadeRun made = nth(10, noise_);
  made.scenes = 4;
  model::Run run = made_run(made);
  run.scenes[2].attempts[0].duration_ms = *run.scenes[2].attempts[0].duration_ms * 2;
  model::roll_up(run);
  const std::vector<model::Run> runs{run};
  ASSERT_TRUE(history_.save(runs).ok());
  const auto found = of_run("run-10");
  const Deviation* scene = of_subject(found, DeviationSubject::scene);
  ASSERT_TRUE(scene);
  EXPECT_EQ(scene->scene_id, "scene-3");
  EXPECT_FALSE(scene->persistent);
}

TEST_F(DeviationTest, CriesWolfForFewOfManyRuns) {
  keep_runs(0, 550);
  const auto found = find_deviations(history_, {}, 500);
  ASSERT_TRUE(found.ok());
  std::set<std::string> runs;
  for (const auto& one : found->deviations) runs.insert(one.run_id);
  EXPECT_LE(runs.size(), 5u) << "one in a hundred";
  for (const auto& one : found->deviations) EXPECT_FALSE(one.persistent) << one.sentence;
}

TEST_F(DeviationTest, AFailedRunHasNoneAndAMissingOneIsNotFound) {
  MadeRun failed;
  failed.run_id = "failed";
  failed.status = model::Status::failed;
  keep(history_, failed);
  EXPECT_THAT(of_run("failed"), IsEmpty());
  EXPECT_EQ(deviations_of_run(history_, "nobody").error().code, base::ErrorCode::not_found);
  EXPECT_EQ(find_deviations(history_, {}, 0).error().field, "limit");
}

}  // namespace
}  // namespace comfytrace::insight
