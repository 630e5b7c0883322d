#include "insight/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<double> around(double middle, std::size_t n, double variation, std::uint64_t seed = 1) {
  Noise noise(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>(noise.around(middle, variation)));
  return values;
}

TEST(CompareMetric, SaysSlowerThanAllOfTheLastFifty) {
  const auto answer = compare_metric(Metric::duration, 36'000, around(30'000, 50, 0.02), "run");
  EXPECT_EQ(answer.verdict, Verdict::worse);
  EXPECT_EQ(answer.rank, 51);
  EXPECT_EQ(answer.n, 50);
  EXPECT_EQ(answer.needed, 0);
  EXPECT_NEAR(*answer.delta_ratio, 0.2, 0.01);
  EXPECT_NEAR(*answer.p_value, 2.0 / 51, 1e-12);
  EXPECT_TRUE(answer.delta_ratio_interval->contains(0.2));
  EXPECT_GT(*answer.effect_size, 3.5);
  EXPECT_THAT(answer.sentence, StartsWith("20 % slower than the median (97 % interval "))
      << "an interval of a median has the level that whole ranks give it";
  EXPECT_THAT(answer.sentence, HasSubstr(" and slower than 50 of the last 50 runs like it"));
}

TEST(CompareMetric, SaysFasterWhereLessIsLess) {
  const auto answer = compare_metric(Metric::duration, 24'000, around(30'000, 50, 0.02), "run");
  EXPECT_EQ(answer.verdict, Verdict::better);
  EXPECT_EQ(answer.rank, 1);
  EXPECT_THAT(answer.sentence, StartsWith("20 % faster than the median (97 % interval "));
  EXPECT_THAT(answer.sentence, HasSubstr(" and faster than 50 of the last 50 runs like it"));
}

TEST(CompareMetric, WhatScatterExplainsIsNoEvidence) {
  const auto answer = compare_metric(Metric::duration, 31'500, around(30'000, 50, 0.05), "run");
  EXPECT_EQ(answer.verdict, Verdict::noEvidence);
  EXPECT_THAT(answer.sentence, StartsWith("No evidence of a change: "));
  EXPECT_THAT(answer.sentence, HasSubstr(" slower than the median, slower than "));
}

TEST(CompareMetric, FourAreNotEnoughDataAndSayHowManyAreMissing) {
  const auto answer = compare_metric(Metric::duration, 60'000, around(30'000, 4, 0.01), "run");
  EXPECT_EQ(answer.verdict, Verdict::notEnoughData);
  EXPECT_EQ(answer.needed, 1);
  EXPECT_EQ(answer.sentence, "Not enough data: 4 of the 5 runs like it that it takes");
  const auto none = compare_metric(Metric::duration, 60'000, {}, "run");
  EXPECT_EQ(none.needed, 5);
  EXPECT_FALSE(none.baseline_median);
  EXPECT_FALSE(none.delta_ratio);
}

TEST(CompareMetric, AMissingValueIsNeverZero) {
  const auto answer = compare_metric(Metric::vramPeak, std::nullopt, around(1e10, 20, 0.01), "run");
  EXPECT_EQ(answer.verdict, Verdict::notEnoughData);
  EXPECT_FALSE(answer.value);
  EXPECT_FALSE(answer.delta);
  EXPECT_EQ(answer.rank, 0);
  EXPECT_EQ(answer.sentence, "Not enough data: no VRAM peak is known of it");
}

TEST(CompareMetric, AConstantBaselineNeedsAChangeThatCounts) {
  const std::vector<double> constant(20, 30'000);
  EXPECT_EQ(compare_metric(Metric::duration, 30'000, constant, "run").verdict, Verdict::noEvidence);
  EXPECT_EQ(compare_metric(Metric::duration, 30'000, constant, "run").sentence,
            "No evidence of a change: as the median of the last 20 runs like it");
  EXPECT_EQ(compare_metric(Metric::duration, 30'040, constant, "run").verdict, Verdict::noEvidence);
  EXPECT_THAT(compare_metric(Metric::duration, 30'010, constant, "run").sentence,
              StartsWith("No evidence of a change: within 0.1 % of the median, "));
  const auto slower = compare_metric(Metric::duration, 33'000, constant, "run");
  EXPECT_EQ(slower.verdict, Verdict::worse);
  EXPECT_FALSE(slower.effect_size) << "nothing scatters, so no number of deviations can be told";
}

TEST(CompareMetric, ABaselineThatNowAndThenTakesAsLongExplainsIt) {
  std::vector<double> baseline = around(30'000, 46, 0.01);
  for (int i = 0; i < 4; ++i) baseline.push_back(60'000);  // as after each restart
  EXPECT_EQ(compare_metric(Metric::duration, 59'000, baseline, "run").verdict, Verdict::noEvidence);
  baseline = around(30'000, 48, 0.01);
  for (int i = 0; i < 2; ++i) baseline.push_back(60'000);
  EXPECT_EQ(compare_metric(Metric::duration, 59'000, baseline, "run").verdict, Verdict::worse);
}

TEST(CompareMetric, ZeroWaitsAreComparedByTheirDifference) {
  const std::vector<double> none(20, 0);
  const auto answer = compare_metric(Metric::queueWait, 5'000, none, "run");
  EXPECT_EQ(answer.verdict, Verdict::worse);
  EXPECT_FALSE(answer.delta_ratio);
  EXPECT_EQ(answer.sentence, "queue wait 5 s longer than the median and longer than 20 of the last 20 runs like it");
  EXPECT_EQ(compare_metric(Metric::queueWait, 900, none, "run").verdict, Verdict::noEvidence) << "below a second";
}

TEST(CompareMetric, CriesWolfForLessThanOneInAHundred) {
  int alarms = 0;
  constexpr int kSeries = 2'000;
  for (int i = 0; i < kSeries; ++i) {
    Noise noise(static_cast<std::uint64_t>(1'000 + i));
    const std::size_t n = 5 + static_cast<std::size_t>(i % 46);
    std::vector<double> baseline;
    for (std::size_t j = 0; j < n; ++j) baseline.push_back(static_cast<double>(noise.around(30'000, 0.05)));
    const auto answer =
        compare_metric(Metric::duration, static_cast<double>(noise.around(30'000, 0.05)), baseline, "run");
    alarms += answer.verdict != Verdict::noEvidence;
  }
  EXPECT_LE(alarms, kSeries / 100);
  EXPECT_GT(alarms, 0) << "a test that never fires tests nothing";
}

class ComparisonTest : public testing::Test {
 protected:
  void keep_baseline(int count) {
    Noise noise(7);
    for (int i = 0; i < count; ++i) keep(history_, nth(i, noise));
  }
  RunComparison compare(const MadeRun& run) {
    keep(history_, run);
    auto answer = compare_with_baseline(history_, run.run_id);
    EXPECT_TRUE(answer.ok());
    return *answer;
  }
  static MadeRun later() {
    MadeRun run;
    run.run_id = "the-run";
    run.created_at_ms = kStart + 10 * kDay;
    return run;
  }
  history::MemoryHistory history_;
};

TEST_F(ComparisonTest, NamesTheNodeThatGotSlowerAndSaysThatTheRestDidNot) {
  keep_baseline(50);
  MadeRun run = later();
  run.nodes[1].duration_ms = 33'120;
  run.comfyui = "0.3.64";
  const RunComparison answer = compare(run);
  EXPECT_EQ(answer.verdict, Verdict::worse);
  EXPECT_EQ(answer.duration.n, 50);
  EXPECT_EQ(answer.node_classes.front().class_type, "KSampler");
  EXPECT_EQ(answer.node_classes.front().verdict, Verdict::worse);
  EXPECT_NEAR(*answer.node_classes.front().delta_ratio, 0.38, 0.02);
  EXPECT_THAT(answer.explanation, testing::MatchesRegex("KSampler \\+3[789] %, rest unchanged; differs: ComfyUI "
                                                        "version 0.3.64 \\(0.3.60 in 50 of 50\\)"));
  EXPECT_EQ(answer.nodes.front().node_id, "3");
  EXPECT_FALSE(answer.nodes_missing);
  ASSERT_EQ(answer.scenes.size(), 1u);
  EXPECT_EQ(answer.scenes[0].duration.verdict, Verdict::worse);
  EXPECT_EQ(answer.vram_peak.verdict, Verdict::noEvidence);
}

TEST_F(ComparisonTest, ARunLikeTheOthersIsNoEvidenceAndNeedsNoExplanation) {
  keep_baseline(50);
  const RunComparison answer = compare(later());
  EXPECT_EQ(answer.verdict, Verdict::noEvidence);
  EXPECT_THAT(answer.explanation, IsEmpty());
  for (const auto& node : answer.node_classes) EXPECT_EQ(node.verdict, Verdict::noEvidence) << node.class_type;
}

TEST_F(ComparisonTest, OfTheFirstRunEverIsNotEnoughData) {
  const RunComparison answer = compare(later());
  EXPECT_EQ(answer.verdict, Verdict::notEnoughData);
  EXPECT_EQ(answer.duration.needed, 5);
  EXPECT_EQ(answer.sentence, "Not enough data: 0 of the 5 like runs that it takes");
  EXPECT_TRUE(answer.nodes_missing);
}

TEST_F(ComparisonTest, AFailedRunIsNotJudgedByItsDurationButShowsWhatDiffers) {
  keep_baseline(20);
  MadeRun run = later();
  run.status = model::Status::failed;
  run.nodes[1].duration_ms = 1'000;
  run.pytorch = "2.9.0";
  const RunComparison answer = compare(run);
  EXPECT_EQ(answer.verdict, Verdict::notEnoughData);
  EXPECT_EQ(answer.sentence,
            "Not compared: this run ended as failed, and only successful runs say how long the work takes");
  ASSERT_FALSE(answer.cohort.not_equal.empty());
  EXPECT_EQ(answer.cohort.not_equal.front().what, "PyTorch version");
  EXPECT_EQ(answer.scenes.front().duration.verdict, Verdict::notEnoughData);
}

TEST_F(ComparisonTest, SaysWhyNoNodesCanBeCompared) {
  keep_baseline(20);
  MadeRun run = later();
  run.node_times_known = false;
  EXPECT_EQ(compare(run).nodes_missing, "the times of this run's nodes are not known: its source did not tell them");
}

TEST_F(ComparisonTest, ComparesEachSceneWithScenesLikeIt) {
  Noise noise(3);
  for (int i = 0; i < 10; ++i) {
    MadeRun run = nth(i, noise);
    run.scenes = 3;
    keep(history_, run);
  }
  MadeRun made = later();
  made.scenes = 3;
  model::Run run = made_run(made);
  model::Attempt& attempt = run.scenes[1].attempts.back();
  attempt.nodes[3].duration_ms = *attempt.nodes[3].duration_ms + 8'000;  // VAEDecode
  attempt.duration_ms = *attempt.duration_ms + 8'000;
  model::roll_up(run);
  const std::vector<model::Run> runs{run};
  ASSERT_TRUE(history_.save(runs).ok());
  const auto answer = compare_with_baseline(history_, run.run_id);
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->scenes.size(), 3u);
  EXPECT_EQ(answer->scenes[0].duration.verdict, Verdict::noEvidence);
  EXPECT_EQ(answer->scenes[1].duration.verdict, Verdict::worse);
  EXPECT_EQ(answer->scenes[1].duration.n, 30);
  EXPECT_THAT(answer->scenes[1].duration.sentence, HasSubstr("of the last 30 scenes like it"));
  EXPECT_EQ(answer->node_classes.front().class_type, "VAEDecode");
  EXPECT_EQ(answer->node_classes.front().executions, 3);
}

TEST_F(ComparisonTest, AMissingRunIsNotFound) {
  const auto answer = compare_with_baseline(history_, "nobody");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, base::ErrorCode::not_found);
}

TEST_F(ComparisonTest, CanBeWrittenAsJson) {
  keep_baseline(6);
  const std::string json = base::encode_json(compare(later()));
  EXPECT_THAT(json, HasSubstr("\"verdict\":\"noEvidence\""));
  EXPECT_THAT(json, HasSubstr("\"baselineMedianInterval\":{\"low\":"));
  EXPECT_THAT(json, HasSubstr("\"level\":\"executed\""));
}

}  // namespace
}  // namespace comfytrace::insight
