#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "generate/generator.h"

// What the truths say is so in the runs.
namespace comfytrace::generate {
namespace {

using history::RunFacts;

double median(std::vector<double> values) {
  EXPECT_FALSE(values.empty());
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// One workflow on one worker, so that each scenario has many runs.
Options one_series(Scenario scenario, std::uint64_t seed) {
  Options options{.seed = seed, .runs = 1500, .workflows = 1, .workers = 1};
  options.scenes = 1;
  options.scenarios = {{scenario}};
  return options;
}

struct Series {
  explicit Series(const Options& options) {
    Facts all = facts(options);
    truth = all.truths.front();
    runs = std::move(all.runs);
  }
  // Median duration of warm runs that succeeded: those of one key, so that all did the same work.
  [[nodiscard]] double median_ms(auto which) const {
    std::map<std::pair<std::string, std::optional<std::int64_t>>, std::vector<double>> by_work;
    for (const RunFacts& run : runs) {
      if (run.status != model::Status::success || run.key.is_cold != false || !which(run)) continue;
      by_work[{run.key.executed, run.key.work_size}].push_back(static_cast<double>(*run.duration_ms));
    }
    const auto most = std::ranges::max_element(by_work, {}, [](const auto& entry) { return entry.second.size(); });
    return median(most->second);
  }
  [[nodiscard]] double after_over_before() const {
    return median_ms([&](const RunFacts& run) { return run.created_at_ms >= truth.from_ms; }) /
           median_ms([&](const RunFacts& run) { return run.created_at_ms < truth.from_ms; });
  }
  [[nodiscard]] bool named(const RunFacts& run) const {
    return std::ranges::find(truth.run_ids, run.run_id) != truth.run_ids.end();
  }
  Truth truth;
  std::vector<RunFacts> runs;
};

TEST(Truth, OfAStepIsTheRatioOfMediansAfterAndBefore) {
  for (const Scenario scenario : {Scenario::step, Scenario::update, Scenario::modelChange}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Series series(one_series(scenario, seed));
      // Some hundred runs at a coefficient of variation of 3 % tell the ratio within 1 %.
      EXPECT_NEAR(series.after_over_before(), 1 + series.truth.size, 0.01 * (1 + series.truth.size));
      const auto first = std::ranges::find(series.runs, series.truth.first_run_id, &RunFacts::run_id);
      ASSERT_NE(first, series.runs.end());
      EXPECT_GE(first->created_at_ms, series.truth.from_ms);
      EXPECT_EQ(series.truth.runs, series.runs.end() - first);
    }
  }
}

TEST(Truth, OfAQuietUpdateIsThatOnlyTheVersionsChange) {
  const Series series(one_series(Scenario::quietUpdate, 3));
  EXPECT_NEAR(series.after_over_before(), 1, 0.01);
  for (const RunFacts& run : series.runs) {
    const bool after = run.created_at_ms >= series.truth.from_ms;
    EXPECT_EQ(run.comfyui_version != series.runs.front().comfyui_version, after);
    EXPECT_EQ(run.pytorch_version != series.runs.front().pytorch_version, after);
  }
}

TEST(Truth, OfAnOrderedSizeAndPlaceIsThatSizeAndPlace) {
  Options options = one_series(Scenario::step, 8);
  options.scenarios = {{Scenario::step, 0.1, 0.5}};
  const Series series(options);
  EXPECT_EQ(series.truth.size, 0.1);
  EXPECT_NEAR(series.after_over_before(), 1.1, 0.01);
  EXPECT_NEAR(static_cast<double>(series.truth.runs), 750, 75);
}

TEST(Truth, OfADriftIsItsSizeAtTheEnd) {
  const Series series(one_series(Scenario::drift, 2));
  const std::int64_t end_ms = series.runs.back().created_at_ms;
  const std::int64_t span_ms = end_ms - series.truth.from_ms;
  const double before = series.median_ms([&](const RunFacts& run) { return run.created_at_ms < series.truth.from_ms; });
  const double last = series.median_ms([&](const RunFacts& run) { return run.created_at_ms > end_ms - span_ms / 5; });
  // The last fifth is at nine tenths of it in the middle.
  EXPECT_NEAR(last / before, 1 + 0.9 * series.truth.size, 0.05);
}

TEST(Truth, OfOutliersIsThatTheNamedRunsTakeSoMuchLonger) {
  Options options = one_series(Scenario::outliers, 4);
  options.heavy_tail_share = 0;
  const Series series(options);
  ASSERT_GT(series.truth.run_ids.size(), 5u);
  EXPECT_EQ(series.truth.runs, static_cast<std::int64_t>(series.truth.run_ids.size()));
  const double usual = series.median_ms([&](const RunFacts& run) { return !series.named(run); });
  const double odd = series.median_ms([&](const RunFacts& run) { return series.named(run); });
  EXPECT_NEAR(odd / usual, 1 + series.truth.size, 0.06 * (1 + series.truth.size));
}

TEST(Truth, OfFailuresIsThatTheNamedRunsFailOneAfterAnother) {
  const Series series(one_series(Scenario::failures, 4));
  EXPECT_EQ(static_cast<double>(series.truth.run_ids.size()), series.truth.size);
  auto at = std::ranges::find(series.runs, series.truth.first_run_id, &RunFacts::run_id);
  for (const std::string& id : series.truth.run_ids) {
    ASSERT_NE(at, series.runs.end());
    EXPECT_EQ(at->run_id, id);
    EXPECT_EQ(at->exit_reason, model::ExitReason::outOfMemory);
    ++at;
  }
}

TEST(Truth, OfASlowNodeIsThatThisClassAloneTakesLonger) {
  Options options = one_series(Scenario::slowNode, 4);
  options.scenarios = {{Scenario::slowNode, 0.5, 0.5}};
  const Series series(options);
  EXPECT_EQ(series.truth.node_class, "KSampler");
  std::map<std::string, std::vector<double>> before;
  std::map<std::string, std::vector<double>> after;
  for (const RunFacts& run : series.runs) {
    if (run.status != model::Status::success || run.key.work_size != series.runs.front().key.work_size) continue;
    for (const auto& of_class : run.node_classes) {
      (run.created_at_ms < series.truth.from_ms ? before : after)[of_class.class_type].push_back(
          static_cast<double>(of_class.duration_ms) / static_cast<double>(of_class.executions));
    }
  }
  EXPECT_NEAR(median(after["KSampler"]) / median(before["KSampler"]), 1.5, 0.03);
  EXPECT_NEAR(median(after["VAEDecode"]) / median(before["VAEDecode"]), 1, 0.03);
}

TEST(Truth, OfALeakIsTheVramThatEachRunLeavesInUse) {
  const Series series(one_series(Scenario::leak, 4));
  ASSERT_FALSE(series.truth.restart_run_ids.empty());
  std::vector<double> slopes;
  std::optional<std::int64_t> free_bytes;
  for (const RunFacts& run : series.runs) {
    if (run.run_id == series.truth.restart_run_ids.front()) break;
    if (run.created_at_ms < series.truth.from_ms || !run.vram_free_before_bytes) continue;
    if (!free_bytes) free_bytes = run.vram_free_before_bytes;
    slopes.push_back(static_cast<double>(*free_bytes - *run.vram_free_before_bytes));
  }
  // Over a whole stretch, so that the noise of single readings counts for little.
  const double a_run = slopes.back() / static_cast<double>(slopes.size() - 1);
  EXPECT_NEAR(a_run, series.truth.size, 0.05 * series.truth.size);
}

TEST(Truth, OfIdleGapsIsTheTimeBetweenTheEndOfOneAndTheStartOfTheNext) {
  Options options = one_series(Scenario::idleGaps, 4);
  options.days = 2;
  const Series series(options);
  std::int64_t gaps = 0;
  for (std::size_t i = 1; i < series.runs.size(); ++i) {
    const RunFacts& run = series.runs[i];
    const RunFacts& before = series.runs[i - 1];
    if (run.created_at_ms < series.truth.from_ms || !run.started_at_ms || !before.started_at_ms) continue;
    if (*before.finished_at_ms <= run.created_at_ms + 20) continue;
    if (before.exit_reason == model::ExitReason::workerLost) continue;
    EXPECT_NEAR(static_cast<double>(*run.started_at_ms - *before.finished_at_ms), series.truth.size, 10);
    ++gaps;
  }
  EXPECT_GT(gaps, 50);
}

TEST(Truth, OfACpuFallbackIsThatTheNamedRunsSayCpu) {
  const Series series(one_series(Scenario::cpuFallback, 4));
  for (const RunFacts& run : series.runs) {
    EXPECT_EQ(run.devices == std::vector<std::string>{"cpu"}, series.named(run));
    EXPECT_EQ(run.fallback_count > 0, series.named(run));
  }
  EXPECT_EQ(static_cast<double>(series.truth.runs), series.truth.size);
}

TEST(Truth, OfAClockJumpIsThatTimesGoBackBySoMuch) {
  const Series jumped(one_series(Scenario::clockJump, 4));
  Options straight = one_series(Scenario::clockJump, 4);
  straight.scenarios.clear();
  const auto runs = facts(straight).runs;
  ASSERT_GT(jumped.truth.runs, 0);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto back = static_cast<double>(runs[i].created_at_ms - jumped.runs[i].created_at_ms);
    EXPECT_EQ(back, jumped.named(jumped.runs[i]) ? jumped.truth.size : 0);
    EXPECT_EQ(runs[i].duration_ms, jumped.runs[i].duration_ms);
  }
}

TEST(Truth, OfSeveralScenariosIsOfDifferentRuns) {
  Options options{.runs = 100};
  for (const Scenario scenario : {Scenario::drift, Scenario::step, Scenario::outliers, Scenario::update}) {
    options.scenarios.push_back({scenario});
  }
  const auto truths = facts(options).truths;
  std::set<std::pair<std::string, std::string>> targets;
  for (const Truth& truth : truths) EXPECT_TRUE(targets.insert({truth.worker_id, truth.workflow_name}).second);
  for (const Truth& truth : truths) EXPECT_EQ(truth.worker_id == truths.back().worker_id, &truth == &truths.back());
}

TEST(Noise, HasTheCoefficientOfVariationThatWasAskedFor) {
  for (const double cv : {0.01, 0.03, 0.2}) {
    Options options{.runs = 4000, .workflows = 1, .workers = 1};
    options.scenes = 1;
    options.cv = cv;
    options.failure_share = 0;
    options.heavy_tail_share = 0;
    std::map<std::pair<std::string, std::optional<std::int64_t>>, std::vector<double>> by_work;
    for (const RunFacts& run : facts(options).runs) {
      by_work[{run.key.executed, run.key.work_size}].push_back(static_cast<double>(*run.duration_ms));
    }
    const auto& durations =
        std::ranges::max_element(by_work, {}, [](const auto& entry) { return entry.second.size(); })->second;
    const auto n = static_cast<double>(durations.size());
    double mean = 0;
    for (const double ms : durations) mean += ms / n;
    double variance = 0;
    for (const double ms : durations) variance += (ms - mean) * (ms - mean) / (n - 1);
    // The standard error of a coefficient of variation is about cv / sqrt(2 n).
    EXPECT_NEAR(std::sqrt(variance) / mean, cv, 6 * cv / std::sqrt(2 * n)) << n;
  }
}

TEST(ScenarioText, IsANameASizeAndAPlace) {
  EXPECT_EQ(*parse_scenario("step"), (ScenarioOrder{Scenario::step}));
  EXPECT_EQ(*parse_scenario("step=0.2"), (ScenarioOrder{Scenario::step, 0.2}));
  EXPECT_EQ(*parse_scenario("leak=1048576@0.25"), (ScenarioOrder{Scenario::leak, 1048576, 0.25}));
  for (const char* wrong : {"", "stpe", "step=", "step=much", "step=0.2@", "step@1.5", "step=nan", "step@nan"}) {
    const auto parsed = parse_scenario(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().field, "--scenario");
  }
}

}  // namespace
}  // namespace comfytrace::generate
