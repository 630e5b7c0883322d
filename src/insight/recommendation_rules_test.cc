#include "insight/recommendation_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using history::RecommendationSeverity;
using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

class RulesTest : public testing::Test {
 protected:
  // Runs `from` to `to` - 1, ten minutes apart, with what `change` does to each.
  template <class Change>
  void keep_runs(int from, int to, Change change) {
    for (int i = from; i < to; ++i) {
      MadeRun run = nth(i, noise_);
      run.created_at_ms = kStart + i * 10 * kMinute;
      change(run, i);
      keep(history_, run);
    }
  }
  void keep_runs(int from, int to) {
    keep_runs(from, to, [](MadeRun&, int) {});
  }
  std::vector<Finding> all(const RuleSettings& settings = {}) {
    RuleInput input;
    input.now_ms = kStart + 7 * kDay;
    input.settings = settings;
    auto found = findings(history_, input);
    EXPECT_TRUE(found.ok());
    return *found;
  }
  std::optional<Finding> found(const std::string& rule, const RuleSettings& settings = {}) {
    std::optional<Finding> of_rule;
    for (Finding& finding : all(settings)) {
      if (finding.rule != rule) continue;
      EXPECT_FALSE(of_rule) << "two findings of one rule";
      EXPECT_FALSE(finding.message.empty());
      EXPECT_FALSE(finding.evidence_run_ids.empty());
      EXPECT_GT(finding.confidence, 0.5);
      EXPECT_LT(finding.confidence, 1);
      of_rule = std::move(finding);
    }
    return of_rule;
  }
  static void fail(MadeRun& run, model::ExitReason reason = model::ExitReason::executionError) {
    run.status = model::Status::failed;
    run.exit_reason = reason;
  }
  history::MemoryHistory history_;
  Noise noise_{41};
};

TEST_F(RulesTest, SayNothingOfAnEmptyHistoryNorOfHealthyRuns) {
  EXPECT_THAT(all(), SizeIs(0));
  keep_runs(0, 60, [](MadeRun& run, int) { run.nodes[1].duration_ms = 9'000; });  // no node dominates
  EXPECT_THAT(all(), SizeIs(0));
}

TEST_F(RulesTest, SuccessRateFiresBelowFourFifths) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 10 < 4) fail(run);
  });
  const auto finding = found("successRate");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->severity, RecommendationSeverity::warning);
  EXPECT_EQ(finding->message, "Portrait: 24 of 40 runs succeeded (60 %)");
  EXPECT_EQ(finding->cause, "failures:structure-a");
  EXPECT_THAT(finding->evidence_run_ids, SizeIs(16));
  EXPECT_EQ(finding->n, 40);
}

TEST_F(RulesTest, SuccessRateBelowHalfIsCritical) {
  keep_runs(0, 20, [](MadeRun& run, int i) {
    if (i % 10 < 7) fail(run);
  });
  EXPECT_EQ(found("successRate")->severity, RecommendationSeverity::critical);
}

TEST_F(RulesTest, SuccessRateNearTheBoundIsNotSureEnough) {
  keep_runs(0, 19, [](MadeRun& run, int i) {
    if (i < 4) fail(run);  // 79 %: below the bound, but that may be chance
  });
  EXPECT_FALSE(found("successRate"));
  EXPECT_TRUE(found("successRate", {{"successRate.minConfidence", 0.5}}));
  EXPECT_FALSE(found("successRate", {{"successRate.minConfidence", 0.5}, {"successRate.enabled", 0}}));
}

TEST_F(RulesTest, OutOfMemoryFiresAboveATenthAndStandsForTheFailures) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 4 == 0) fail(run, model::ExitReason::outOfMemory);
  });
  const auto finding = found("outOfMemory");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: 25 % of 40 attempts ran out of memory, last on NVIDIA GeForce RTX 3090");
  EXPECT_THAT(finding->explains, Contains("failures:structure-a"));
  EXPECT_THAT(*finding->suggested_action, HasSubstr("VAEDecodeTiled"));
}

TEST_F(RulesTest, OutOfMemoryOnceInTwentyIsNoRecommendation) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 20 == 0) fail(run, model::ExitReason::outOfMemory);
  });
  EXPECT_FALSE(found("outOfMemory"));
}

TEST_F(RulesTest, TimeoutsFireAboveAFifthAndNameTheTimeThatLikeScenesNeed) {
  const auto time_out = [](MadeRun& run, int i) {
    run.policy = model::QueuePolicy{};
    run.policy->max_wait_ms = 60'000;
    run.nodes[1].duration_ms = 50'000;
    if (i % 2) return;
    run.status = model::Status::timeout;
    run.exit_reason = model::ExitReason::maxWait;
  };
  keep_runs(0, 40, time_out);
  const auto finding = found("timeouts");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: 50 % of 40 attempts ended because the wait ran out");
  EXPECT_THAT(*finding->suggested_action,
              StartsWith("Raise max wait to 2 min (now 1 m 00 s): p99 of 20 like scenes is 5"));
}

TEST_F(RulesTest, TimeoutsOfRunsThatHangAreNotMendedByWaiting) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    run.policy = model::QueuePolicy{};
    if (i % 2) return;
    run.status = model::Status::timeout;
    run.exit_reason = model::ExitReason::maxWait;
  });
  EXPECT_THAT(*found("timeouts")->suggested_action, StartsWith("Raising max wait will not help (now 10 m 00 s)"));
}

TEST_F(RulesTest, TimeoutsOfATenthAreNoRecommendation) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 10) return;
    run.status = model::Status::timeout;
    run.exit_reason = model::ExitReason::maxWait;
  });
  EXPECT_FALSE(found("timeouts"));
}

TEST_F(RulesTest, RetriesFireAboveThreeTenths) {
  keep_runs(0, 40, [](MadeRun& run, int i) { run.attempts = i % 2 ? 2 : 1; });
  const auto finding = found("retries");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: 50 % of 40 scenes needed more than one attempt");
}

TEST_F(RulesTest, RetriesOfAFifthAreNoRecommendation) {
  keep_runs(0, 40, [](MadeRun& run, int i) { run.attempts = i % 5 ? 1 : 2; });
  EXPECT_FALSE(found("retries"));
}

TEST_F(RulesTest, VramPeakFiresNearCapacity) {
  keep_runs(0, 20, [](MadeRun& run, int) { run.vram_peak_bytes = 24 * kGiB * 97 / 100; });
  const auto finding = found("vramPeak");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: 20 of 20 runs used 97 % of the GPU's 24.0 GiB at their peak");
  EXPECT_EQ(finding->cause, "memory:structure-a") << "the same cause as running out of it";
}

TEST_F(RulesTest, VramPeakWithRoomLeftOrOfAProcessorIsNoRecommendation) {
  keep_runs(0, 20, [](MadeRun& run, int) { run.vram_peak_bytes = 24 * kGiB * 94 / 100; });
  EXPECT_FALSE(found("vramPeak"));
  keep_runs(20, 90, [](MadeRun& run, int) {
    run.vram_peak_bytes = 24 * kGiB * 99 / 100;
    run.device = "cpu";
  });
  EXPECT_FALSE(found("vramPeak"));
}

TEST_F(RulesTest, VramLeakSaysInHowManyRunsMemoryIsGone) {
  keep_runs(0, 20, [&](MadeRun& run, int i) {
    run.vram_free_before_bytes = 22 * kGiB - i * kGiB / 4 + std::llround(1e7 * noise_.normal());
    run.vram_peak_bytes = 24 * kGiB - *run.vram_free_before_bytes + 8 * kGiB;  // takes 8 GiB
  });
  const auto finding = found("vramLeak");
  ASSERT_TRUE(finding);
  // 22 - 19/4 = 17.25 GiB are free, 8 are needed: 37 runs at a quarter each.
  EXPECT_THAT(finding->message,
              MatchesRegex("VRAM leaks: 256 MiB less is free before each run \\(20 runs, 95 % interval .*\\); memory "
                           "runs out in about 37 runs"));
  EXPECT_EQ(finding->severity, RecommendationSeverity::warning);
  EXPECT_THAT(finding->explains, Contains("memory:structure-a"));
}

TEST_F(RulesTest, VramThatWasGivenBackIsNoLeak) {
  keep_runs(0, 20, [&](MadeRun& run, int i) { run.vram_free_before_bytes = 22 * kGiB - (i % 5) * kGiB / 4; });
  EXPECT_FALSE(found("vramLeak"));
  keep_runs(20, 60, [&](MadeRun& run, int) {  // steady, with noise
    run.vram_free_before_bytes = 22 * kGiB + std::llround(1e8 * noise_.normal());
  });
  EXPECT_FALSE(found("vramLeak"));
}

TEST_F(RulesTest, ColdLoadsSuggestOrderingByModel) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    run.cold = true;
    run.checkpoint = i % 2 ? "a.safetensors" : "b.safetensors";
  });
  const auto finding = found("coldLoads");
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->message,
              MatchesRegex("Loading models takes 17 % of the time: 40 of 40 runs loaded one, 6 s each"));
  EXPECT_EQ(finding->suggested_action, "Order the queue by model: 39 switches among 2 sets of models could be 1");
}

TEST_F(RulesTest, ColdLoadsWithoutSwitchesAreUnloadedBySomethingElse) {
  keep_runs(0, 40, [](MadeRun& run, int) { run.cold = true; });
  EXPECT_THAT(*found("coldLoads")->suggested_action, StartsWith("The models hardly change"));
}

TEST_F(RulesTest, ColdLoadsNowAndThenAreNoRecommendation) {
  keep_runs(0, 40, [](MadeRun& run, int i) { run.cold = i % 4 == 0; });
  EXPECT_FALSE(found("coldLoads"));
}

TEST_F(RulesTest, IdleGapsCountOnlyWhileTheNextPromptWaits) {
  const auto keep_queue = [&](const std::string& prefix, bool waits) {
    std::int64_t at = kStart + kDay;
    for (int i = 0; i < 30; ++i) {
      MadeRun run = nth(i, noise_);
      run.run_id = prefix + std::to_string(i);
      run.worker = prefix;
      run.created_at_ms = waits ? kStart : at + 4'000;
      run.queue_wait_ms = at + 4'000 - run.created_at_ms;  // four seconds after the one before ended
      keep(history_, run);
      at = *made_run(run).finished_at_ms;
    }
  };
  keep_queue("nobody-waits", false);
  EXPECT_FALSE(found("idleGaps"));
  keep_queue("waits", true);
  const auto finding = found("idleGaps");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->cause, "idle:waits");
  EXPECT_THAT(finding->message,
              StartsWith("The worker idles 12 % of the time although a prompt waits: 29 gaps of 4 s"));
}

TEST_F(RulesTest, SilentFallbackToTheProcessorIsCritical) {
  keep_runs(0, 20);
  keep_runs(20, 22, [](MadeRun& run, int) {
    run.device = "cpu";
    run.device_type = "cpu";
  });
  const auto finding = found("silentFallback");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->severity, RecommendationSeverity::critical);
  EXPECT_EQ(finding->message, "The last 2 runs ran on the CPU; before, this worker used NVIDIA GeForce RTX 3090");
  EXPECT_THAT(finding->explains, Contains("slow:structure-a"));
}

TEST_F(RulesTest, AWorkerThatAlwaysUsedTheProcessorHasNotFallenBack) {
  keep_runs(0, 20, [](MadeRun& run, int) { run.device = "cpu"; });
  EXPECT_FALSE(found("silentFallback"));
}

TEST_F(RulesTest, SilentFallbackQuotesANoteThatIsNew) {
  keep_runs(0, 20);
  keep_runs(20, 23, [](MadeRun& run, int) { run.fallback_notes = {"attention by pytorch instead of sage"}; });
  const auto finding = found("silentFallback");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message,
            "The last 3 runs fell back to a second-best way, and 20 of 20 before did not: attention by pytorch instead "
            "of sage");
}

TEST_F(RulesTest, NotesThatWereAlwaysThereAreNoNews) {
  keep_runs(0, 23, [](MadeRun& run, int i) {
    if (i % 3) run.fallback_notes = {"VRAM by nvidia-smi"};
  });
  EXPECT_FALSE(found("silentFallback"));
}

TEST_F(RulesTest, ADominantNodeIsNamedWithAnAdviceForItsKind) {
  keep_runs(0, 20, [](MadeRun& run, int) { run.nodes[1].duration_ms = 60'000; });
  const auto finding = found("dominantNode");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: KSampler takes 92 % of the time of all nodes in 20 runs");
  EXPECT_THAT(*finding->suggested_action, StartsWith("Fewer steps"));
}

TEST_F(RulesTest, ANodeOfThreeQuartersDoesNotDominate) {
  keep_runs(0, 20, [](MadeRun& run, int) { run.nodes[1].duration_ms = 15'000; });
  EXPECT_FALSE(found("dominantNode"));
}

TEST_F(RulesTest, ARegressionNamesItsLikelyCause) {
  keep_runs(0, 40);
  keep_runs(40, 70, [](MadeRun& run, int) {
    for (MadeNode& node : run.nodes) node.duration_ms = node.duration_ms * 12 / 10;
    run.pytorch = "2.9.0";
  });
  const auto finding = found("regression");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->cause, "slow:structure-a");
  EXPECT_THAT(finding->message, StartsWith("Portrait: 20 % slower since 21 Sep 2026"));
  EXPECT_EQ(finding->suggested_action, "Likely cause: PyTorch version (2.8.0 to 2.9.0). Go back to it once to be sure");
  EXPECT_THAT(finding->evidence_run_ids, SizeIs(30));
}

TEST_F(RulesTest, ARegressionThatWasMendedOrIsSmallIsNotTold) {
  const auto slow = [](double factor) {
    return [factor](MadeRun& run, int) {
      for (MadeNode& node : run.nodes) node.duration_ms = std::llround(static_cast<double>(node.duration_ms) * factor);
    };
  };
  keep_runs(0, 40);
  keep_runs(40, 70, slow(1.2));
  keep_runs(70, 100);
  EXPECT_FALSE(found("regression"));
  keep_runs(100, 140, slow(1.035));
  EXPECT_FALSE(found("regression"));
}

TEST_F(RulesTest, SlowScenesFireWhereManyTakeHalfAsLongAgain) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 4 == 0) run.nodes[1].duration_ms *= 2;
  });
  const auto finding = found("slowScenes");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->message, "Portrait: 10 of 40 scenes took more than 1.50 times the median of scenes like them");
}

TEST_F(RulesTest, AFewSlowScenesAreNoRecommendation) {
  keep_runs(0, 40, [](MadeRun& run, int i) {
    if (i % 20 == 0) run.nodes[1].duration_ms *= 2;
  });
  EXPECT_FALSE(found("slowScenes"));
}

TEST_F(RulesTest, GpuUtilizationFiresWhereTheGpuIsTheLimit) {
  keep_runs(0, 10);
  const auto sample = [&](int run, double utilization) {
    history::SampleSeries series;
    series.run_id = "run-" + std::to_string(run);
    series.prompt_id = series.run_id + "-0-1";
    for (int i = 0; i < 10; ++i) {
      model::DeviceSample reading;
      reading.at_ms = kStart + i;
      reading.utilization_ratio = utilization;
      series.samples.push_back(reading);
    }
    const std::vector<history::SampleSeries> all_series{series};
    ASSERT_TRUE(history_.save_samples(all_series).ok());
  };
  for (int i = 0; i < 10; ++i) sample(i, 0.94);
  EXPECT_FALSE(found("gpuUtilization"));
  for (int i = 0; i < 10; ++i) sample(i, 0.99);
  EXPECT_EQ(found("gpuUtilization")->message, "The GPU is the limit: 99 % busy in 10 of the last 10 runs");
}

TEST_F(RulesTest, RunsOutsideTheWindowDoNotCount) {
  keep_runs(0, 40, [](MadeRun& run, int) {
    fail(run);
    run.created_at_ms -= 60 * kDay;
  });
  EXPECT_THAT(all(), SizeIs(0));
}

TEST(RuleSettingsTest, NamesWhatIsWrong) {
  EXPECT_TRUE(check_settings({}).ok());
  EXPECT_TRUE(check_settings({{"successRate.warnBelow", 0.9}, {"retries.enabled", 0}}).ok());
  EXPECT_EQ(check_settings({{"nonsense.warnBelow", 0.9}}).error().message, "there is no rule \"nonsense\"");
  EXPECT_EQ(check_settings({{"successRate.nonsense", 0.9}}).error().field, "successRate.nonsense");
  EXPECT_EQ(check_settings({{"successRate.warnBelow", 2}}).error().code, base::ErrorCode::invalid);
  EXPECT_FALSE(check_settings({{"retries.enabled", 0.5}}).ok());
  for (const auto& rule : recommendation_rules()) {
    for (const auto& threshold : rule.thresholds) {
      EXPECT_TRUE(check_settings({{rule.rule + "." + threshold.name, threshold.value}}).ok()) << threshold.name;
    }
  }
}

}  // namespace
}  // namespace comfytrace::insight
