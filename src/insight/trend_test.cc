#include "insight/trend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/codec.h"
#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class TrendTest : public testing::Test {
 protected:
  // Runs `from` to `to` - 1 of one series, with what `change` does to each.
  template <class Change>
  void keep_runs(int from, int to, Change change, double variation = 0.02) {
    for (int i = from; i < to; ++i) {
      MadeRun run = nth(i, noise_, variation);
      change(run, i);
      keep(history_, run);
    }
  }
  void keep_runs(int from, int to) {
    keep_runs(from, to, [](MadeRun&, int) {});
  }
  static void slow_down(MadeRun& run, double factor) {
    for (MadeNode& node : run.nodes) node.duration_ms = std::llround(static_cast<double>(node.duration_ms) * factor);
  }
  Trend trend(const TrendQuery& query = {}) {
    auto answer = trend_of(history_, query);
    EXPECT_TRUE(answer.ok());
    return *answer;
  }
  history::MemoryHistory history_;
  Noise noise_{11};
};

TEST_F(TrendTest, OfNothingAndOfFourRunsIsNotEnoughData) {
  EXPECT_EQ(trend().verdict, Verdict::notEnoughData);
  EXPECT_EQ(trend().confidence, Confidence::low);
  EXPECT_EQ(trend().sentence, "Not enough data for a trend: 0 of the 5 runs that it takes");
  keep_runs(0, 4);
  TrendQuery as_they_are;
  as_they_are.like_for_like = false;
  EXPECT_EQ(trend(as_they_are).sentence, "Not enough data for a trend: 4 of the 5 runs that it takes");
  EXPECT_EQ(trend(as_they_are).confidence, Confidence::low);
  EXPECT_EQ(trend().sentence,
            "Not enough data: No work occurs 5 times in this selection, so nothing can be compared like for like");
}

TEST_F(TrendTest, OfSteadyRunsIsNoEvidence) {
  keep_runs(0, 120);
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::noEvidence);
  EXPECT_EQ(answer.confidence, Confidence::high);
  EXPECT_THAT(answer.steps, IsEmpty());
  EXPECT_EQ(answer.scale, TrendScale::plain);
  EXPECT_EQ(answer.sentence, "No evidence of a trend or a step in 120 runs since 21 Sep 2026");
  EXPECT_NEAR(*answer.variation, 0.016, 0.006) << "of four nodes' noise together";
  EXPECT_GT(*answer.smallest_step, 0);
}

TEST_F(TrendTest, OfAConstantSeriesIsNoEvidence) {
  keep_runs(
      0, 40, [](MadeRun&, int) {}, 0);
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::noEvidence);
  EXPECT_THAT(answer.steps, IsEmpty());
  EXPECT_EQ(answer.variation, 0);
}

TEST_F(TrendTest, FindsAStepItsSizeItsDateAndTheVersionThatChangedThere) {
  keep_runs(0, 60);
  keep_runs(60, 100, [](MadeRun& run, int) {
    slow_down(run, 1.18);
    run.comfyui = "0.3.64";
  });
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::worse);
  EXPECT_EQ(answer.confidence, Confidence::high);
  ASSERT_THAT(answer.steps, SizeIs(1));
  const TrendStep& step = answer.steps[0];
  EXPECT_EQ(step.run_id, "run-60");
  EXPECT_EQ(step.at_ms, kStart + 60 * kHour);
  EXPECT_NEAR(step.size, 0.18, 0.02);
  ASSERT_TRUE(step.size_interval);
  EXPECT_TRUE(step.size_interval->contains(0.18));
  ASSERT_THAT(step.what_changed, SizeIs(1));
  EXPECT_EQ(step.what_changed[0].what, "ComfyUI version");
  EXPECT_EQ(step.what_changed[0].before, "0.3.60");
  EXPECT_EQ(step.what_changed[0].after, "0.3.64");
  EXPECT_EQ(step.what_changed[0].at_ms, step.at_ms);
  EXPECT_EQ(step.what_changed[0].explains_ratio, 1);
  EXPECT_THAT(answer.sentence, StartsWith("18 % slower since 24 Sep 2026 (95 % interval 1"));
  EXPECT_THAT(answer.sentence, HasSubstr(" before, 40 after); there ComfyUI version went from 0.3.60 to 0.3.64"));
  EXPECT_EQ(answer.slope.from_ms, step.at_ms) << "the slope is that of the newest level";
  EXPECT_EQ(answer.slope.verdict, Verdict::noEvidence);
}

TEST_F(TrendTest, RanksWhatChangedByHowWellItExplainsTheStep) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i >= 30) run.pytorch = "2.9.0";  // ten runs too early
  });
  keep_runs(40, 80, [](MadeRun& run, int i) {
    slow_down(run, 1.3);
    run.pytorch = "2.9.0";
    run.sampler = "dpmpp_2m_sde";
    run.device = i % 2 ? "NVIDIA GeForce RTX 3090" : "NVIDIA GeForce RTX 4090";  // explains nothing
  });
  const Trend answer = trend();
  ASSERT_THAT(answer.steps, SizeIs(1));
  const auto& changed = answer.steps[0].what_changed;
  ASSERT_GE(changed.size(), 2u);
  EXPECT_EQ(changed[0].what, "sampler");
  EXPECT_EQ(changed[0].explains_ratio, 1);
  EXPECT_EQ(changed[1].what, "PyTorch version");
  EXPECT_NEAR(changed[1].explains_ratio, 0.75, 0.01);
  EXPECT_EQ(changed[1].at_ms, kStart + 30 * kHour);
  EXPECT_THAT(answer.sentence, HasSubstr("; there sampler went from euler to dpmpp_2m_sde"));
}

TEST_F(TrendTest, SaysThatNothingRecordedChangedWhereNothingDid) {
  keep_runs(0, 40);
  keep_runs(40, 70, [](MadeRun& run, int) { slow_down(run, 0.8); });
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::better);
  ASSERT_THAT(answer.steps, SizeIs(1));
  EXPECT_THAT(answer.steps[0].what_changed, IsEmpty());
  EXPECT_THAT(answer.sentence, StartsWith("20 % faster since "));
  EXPECT_THAT(answer.sentence, HasSubstr("; nothing that is recorded changed there"));
}

TEST_F(TrendTest, ASlowDriftIsASlopeAndNotSteps) {
  keep_runs(0, 100, [](MadeRun& run, int i) { slow_down(run, 1 + 0.003 * i); });
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::worse);
  EXPECT_THAT(answer.steps, IsEmpty());
  const double truth = 0.003 * 24 / 1.15;  // a day has 24 runs; over the median
  EXPECT_NEAR(*answer.slope.ratio_per_day, truth, 0.005);
  EXPECT_TRUE(answer.slope.ratio_per_day_interval->contains(truth));
  EXPECT_THAT(answer.sentence,
              testing::MatchesRegex("6(\\.[0-9])? % slower each day \\(95 % interval .* to .* %, 100 runs "
                                    "since 21 Sep 2026\\)"));
}

TEST_F(TrendTest, ALargerWorkloadIsNoRegression) {
  keep_runs(0, 40);
  keep_runs(40, 80, [](MadeRun& run, int) {
    run.steps = 40;
    slow_down(run, 2);
  });
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::noEvidence);
  EXPECT_EQ(answer.scale, TrendScale::cohortRatio);
  EXPECT_EQ(answer.series.unit, Unit::ratio);
  EXPECT_EQ(answer.cohorts, 2);
  EXPECT_EQ(answer.scale_sentence, "Different work: each run over the median of the runs like it (2 kinds)");
  TrendQuery mixed;
  mixed.like_for_like = false;
  const Trend as_it_is = trend(mixed);
  EXPECT_EQ(as_it_is.verdict, Verdict::worse);
  EXPECT_EQ(as_it_is.scale_sentence, "Not like for like: different work may be mixed");
  ASSERT_FALSE(as_it_is.steps.empty());
  EXPECT_THAT(as_it_is.sentence, HasSubstr("size of work went from "));
}

TEST_F(TrendTest, SeesAStepThroughMixedWork) {
  const auto mix = [](MadeRun& run, int i) {
    if (i % 2 == 0) return;
    run.steps = 40;
    slow_down(run, 2.1);
  };
  keep_runs(0, 60, mix);
  keep_runs(60, 120, [&](MadeRun& run, int i) {
    mix(run, i);
    slow_down(run, 1.15);
    run.pytorch = "2.9.0";
  });
  const Trend answer = trend();
  EXPECT_EQ(answer.verdict, Verdict::worse);
  ASSERT_THAT(answer.steps, SizeIs(1));
  EXPECT_NEAR(answer.steps[0].size, 0.15, 0.02);
  EXPECT_EQ(answer.steps[0].what_changed.front().what, "PyTorch version");
}

TEST_F(TrendTest, DividesBySizeWhereEverySizeIsItsOwn) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    run.steps = 10 + i;
    slow_down(run, (10 + i) / 20.0);
  });
  const Trend answer = trend();
  EXPECT_EQ(answer.scale, TrendScale::workRatio);
  EXPECT_EQ(answer.verdict, Verdict::noEvidence) << "ever more steps are no slowdown";
  EXPECT_THAT(answer.scale_sentence, StartsWith("Different sizes of work: each run's time per size of work"));
}

TEST_F(TrendTest, LeavesOutRareWorkAndSaysSo) {
  keep_runs(0, 40);
  keep_runs(40, 43, [](MadeRun& run, int) { run.width = 2048; });
  const Trend answer = trend();
  EXPECT_EQ(answer.runs, 43);
  EXPECT_EQ(answer.runs_judged, 40);
  EXPECT_EQ(answer.runs_left_out, 3);
  EXPECT_THAT(answer.scale_sentence, HasSubstr("; 3 runs left out, with too few like them here"));
}

TEST_F(TrendTest, FailedRunsDoNotCountForDurationsAndMissingNumbersAreCounted) {
  keep_runs(0, 20);
  keep_runs(20, 25, [](MadeRun& run, int) { run.status = model::Status::failed; });
  EXPECT_EQ(trend().runs, 20);
  keep_runs(25, 30, [](MadeRun& run, int) { run.vram_peak_bytes.reset(); });
  TrendQuery vram;
  vram.metric = Metric::vramPeak;
  EXPECT_EQ(trend(vram).runs_judged, 20);
  EXPECT_EQ(trend(vram).runs_missing, 5);
  TrendQuery failed;
  failed.filter.statuses = {model::Status::failed};
  EXPECT_EQ(trend(failed).sentence, "Not enough data: runs of the chosen statuses do not tell this number");
}

TEST_F(TrendTest, AConstantSuccessRateIsNoEvidenceHoweverFewRuns) {
  for (const int runs : {5, 40, 200}) {
    history::MemoryHistory history;
    for (int i = 0; i < runs; ++i) {
      MadeRun run = nth(i, noise_, 0.02);
      if (i % 5 == 2) run.status = model::Status::failed;
      keep(history, run);
    }
    TrendQuery query;
    query.metric = Metric::successRate;
    const auto answer = trend_of(history, query);
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->verdict == Verdict::noEvidence || answer->verdict == Verdict::notEnoughData) << runs;
    EXPECT_THAT(answer->steps, IsEmpty()) << runs;
  }
}

TEST_F(TrendTest, SeesTheSuccessRateFall) {
  keep_runs(0, 80);
  keep_runs(80, 140, [](MadeRun& run, int i) {
    if (i % 2 == 0) run.status = model::Status::failed;
    run.comfyui = "0.3.64";
  });
  TrendQuery query;
  query.metric = Metric::successRate;
  const Trend answer = trend(query);
  EXPECT_EQ(answer.verdict, Verdict::worse);
  ASSERT_THAT(answer.steps, SizeIs(1));
  EXPECT_EQ(answer.steps[0].run_id, "run-80");
  EXPECT_NEAR(answer.steps[0].size, -0.5, 0.05);
  EXPECT_TRUE(answer.steps[0].size_interval->contains(-0.5));
  EXPECT_THAT(answer.sentence, StartsWith("success rate 50 % instead of 100 % since "));
  EXPECT_THAT(answer.sentence, HasSubstr("ComfyUI version went from 0.3.60 to 0.3.64"));
  EXPECT_EQ(answer.series.bucket, TrendBucket::day);
  EXPECT_EQ(answer.series.y.front(), 1);
  EXPECT_LT(*answer.series.lower.front(), 1) << "few runs without a failure are no proof of none";
}

TEST_F(TrendTest, SeesVramPeakAndQueueWaitRise) {
  keep_runs(0, 40, [&](MadeRun& run, int) {
    run.vram_peak_bytes = noise_.around(14e9, 0.005);
    run.queue_wait_ms = noise_.around(2'000, 0.1);
  });
  keep_runs(40, 80, [&](MadeRun& run, int) {
    run.vram_peak_bytes = noise_.around(16e9, 0.005);
    run.queue_wait_ms = noise_.around(12'000, 0.1);
  });
  TrendQuery query;
  query.metric = Metric::vramPeak;
  EXPECT_THAT(trend(query).sentence, StartsWith("VRAM peak 14 % higher since "));
  query.metric = Metric::queueWait;
  EXPECT_EQ(trend(query).verdict, Verdict::worse);
  EXPECT_THAT(trend(query).sentence, StartsWith("queue wait 10 s longer since "));
}

TEST_F(TrendTest, TellsSeriesInColumnsByRunDayAndWeek) {
  keep_runs(0, 100);
  TrendQuery query;
  query.utc_offset_ms = 2 * kHour;
  const TrendSeries runs = trend(query).series;
  EXPECT_EQ(runs.bucket, TrendBucket::run);
  EXPECT_EQ(runs.unit, Unit::ms);
  EXPECT_THAT(runs.run_ids, SizeIs(100));
  EXPECT_THAT(runs.y, SizeIs(100));
  EXPECT_EQ(runs.x_ms.front(), kStart);
  EXPECT_EQ(runs.lower.front(), std::nullopt);
  query.bucket = TrendBucket::day;
  const TrendSeries days = trend(query).series;
  EXPECT_EQ(days.x_ms.front() % kDay, kDay - 2 * kHour) << "a day begins at midnight by the offset";
  EXPECT_EQ(days.n[1], 24);
  EXPECT_LT(*days.lower[1], *days.y[1]);
  EXPECT_GT(*days.upper[1], *days.y[1]);
  EXPECT_THAT(days.run_ids, IsEmpty());
  query.bucket = TrendBucket::week;
  EXPECT_THAT(trend(query).series.x_ms, SizeIs(1));
}

TEST_F(TrendTest, OfMoreRunsThanItMayReadClaimsFromTheNewestAndChartsAll) {
  keep_runs(0, 60);
  TrendQuery query;
  query.max_runs = 30;
  const Trend answer = trend(query);
  EXPECT_EQ(answer.runs, 60);
  EXPECT_EQ(answer.runs_judged, 30);
  EXPECT_EQ(answer.from_ms, kStart + 30 * kHour);
  EXPECT_EQ(answer.series.bucket, TrendBucket::day);
  EXPECT_EQ(answer.series.x_ms.front(), kStart / kDay * kDay);
  EXPECT_EQ(answer.series.n[0] + answer.series.n[1] + answer.series.n[2] + answer.series.n[3], 60);
}

TEST_F(TrendTest, RefusesAnImpossibleBound) {
  TrendQuery query;
  query.max_runs = 0;
  ASSERT_FALSE(trend_of(history_, query).ok());
  EXPECT_EQ(trend_of(history_, query).error().field, "maxRuns");
}

TEST_F(TrendTest, SurvivesClocksThatJumpBack) {
  keep_runs(0, 30);
  keep_runs(30, 60, [](MadeRun& run, int) { run.created_at_ms -= 20 * kDay; });
  keep_runs(60, 70, [](MadeRun& run, int) { run.created_at_ms = kStart; });
  EXPECT_EQ(trend().verdict, Verdict::noEvidence);
}

TEST_F(TrendTest, SurvivesTimesAndNumbersThatMakeNoSense) {
  keep_runs(0, 30);
  for (int i = 0; i < 6; ++i) {
    MadeRun made = nth(30 + i, noise_);
    model::Run run = made_run(made);
    run.created_at_ms = i % 2 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
    run.duration_ms = i % 3 ? std::numeric_limits<std::int64_t>::max() : -1;
    const std::vector<model::Run> runs{run};
    ASSERT_TRUE(history_.save(runs).ok());
  }
  EXPECT_FALSE(trend().sentence.empty());
  TrendQuery mixed;
  mixed.like_for_like = false;
  mixed.bucket = TrendBucket::week;
  EXPECT_FALSE(trend(mixed).sentence.empty());
}

TEST_F(TrendTest, CanBeWrittenAsJson) {
  keep_runs(0, 10);
  const std::string json = base::encode_json(trend());
  EXPECT_THAT(json, HasSubstr("\"xMs\":[1790000000000,"));
  EXPECT_THAT(json, HasSubstr("\"ratioPerDayInterval\""));
}

}  // namespace
}  // namespace comfytrace::insight
