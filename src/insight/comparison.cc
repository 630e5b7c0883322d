#include "insight/comparison.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "base/enum_names.h"
#include "insight/node_comparison.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::RunFacts;
using model::Run;

using Number = std::optional<std::int64_t>;

MetricComparison compare(Metric metric, Number number, Number history::BriefRun::*of_like, const Cohort& cohort,
                         const ComparisonOptions& options) {
  std::vector<double> baseline;
  for (const history::BriefRun& of : cohort.like.runs) {
    if (of.*of_like) baseline.push_back(static_cast<double>(*(of.*of_like)));
  }
  std::optional<double> value;
  if (number) value = static_cast<double>(*number);
  return compare_metric(metric, value, baseline, "run", options.cohort.needs);
}

// What an unsuccessful run took says nothing about speed: it ended early, or waited for nothing.
void take_back(MetricComparison& metric, const std::string& why) {
  metric.verdict = Verdict::notEnoughData;
  metric.effect_size.reset();
  metric.p_value.reset();
  metric.sentence = why;
}

std::optional<std::string> why_not_compared(const Run& run) {
  if (run.status == model::Status::success) return std::nullopt;
  if (model::is_open(run.status)) return "Not compared: this run has not ended";
  return "Not compared: this run ended as " + std::string(base::enum_name(run.status)) +
         ", and only successful runs say how long the work takes";
}

Result<void> compare_scenes(const history::RunHistoryReader& reader, const RunFacts& run,
                            const ComparisonOptions& options, RunComparison& answer) {
  SceneCohorts cohorts(reader, run, options.cohort);
  for (const auto& scene : run.scenes) {
    if (static_cast<std::int64_t>(answer.scenes.size()) == options.max_scenes) {
      ++answer.scenes_left_out;
      continue;
    }
    const auto like = cohorts.of(scene);
    if (!like) return like.error();
    const CohortEvidence& evidence = (*like)->cohort.evidence;
    const std::vector<double>& baseline = (*like)->durations_ms;
    std::optional<double> value;
    if (scene.duration_ms) value = static_cast<double>(*scene.duration_ms);
    SceneComparison compared{scene.scene_id, evidence,
                             compare_metric(Metric::duration, value, baseline, "scene", options.cohort.needs)};
    if (scene.status != model::Status::success) {
      take_back(compared.duration, "Not compared: this scene is no success");
    }
    answer.scenes.push_back(std::move(compared));
  }
  return {};
}

Result<void> compare_all_nodes(const Run& run, const Cohort& cohort, const ComparisonOptions& options,
                               RunComparison& answer) {
  history::NodeRecorder recorder;
  recorder.add(run);
  const history::NodeRecords& records = recorder.records();
  if (NodeSums(records).of(records.runs.front()).empty()) {
    answer.nodes_missing = "the times of this run's nodes are not known: its source did not tell them";
    return {};
  }
  if (auto done = cohort.like.nodes(cohort.positions, recorder); !done) return done.error();
  NodeSums sums(records);
  const std::vector<NodeSum> nodes = sums.of(records.runs.front());
  std::vector<std::vector<NodeSum>> baseline;
  std::vector<std::vector<NodeSum>> baseline_classes;
  for (const auto& of : std::span(records.runs).subspan(1)) {
    if (static_cast<std::int64_t>(baseline.size()) == options.node_runs) break;
    auto times = sums.of(of);
    if (times.empty()) continue;
    baseline_classes.push_back(sums.by_class(times));
    baseline.push_back(std::move(times));
  }
  if (static_cast<std::int64_t>(baseline.size()) < options.cohort.needs) {
    answer.nodes_missing = "node times are known of " + std::to_string(baseline.size()) + " of the " +
                           std::to_string(options.cohort.needs) + " runs that it takes";
    return {};
  }
  const auto duration_ms = static_cast<double>(run.duration_ms.value_or(0));
  answer.nodes = compare_nodes(records.texts, nodes, baseline, duration_ms, options);
  answer.node_classes = compare_nodes(records.texts, sums.by_class(nodes), baseline_classes, duration_ms, options);
  return {};
}

// What hardly any run of the baseline shares with this one.
std::string explain_by_traits(const CohortEvidence& evidence) {
  std::vector<std::string> differs;
  for (const NotEqual& one : evidence.not_equal) {
    if (!one.this_run || one.n_equal * 10 > evidence.n) continue;
    differs.push_back(one.what + " " + *one.this_run + " (" + one.cohort + ")");
  }
  return differs.empty() ? "" : "differs: " + list_words(differs, 3);
}

void explain(RunComparison& answer) {
  answer.explanation = explain_by_nodes(answer.node_classes, answer.verdict);
  if (answer.verdict != Verdict::worse && answer.verdict != Verdict::better) return;
  const std::string traits = explain_by_traits(answer.cohort);
  if (traits.empty()) return;
  if (!answer.explanation.empty()) answer.explanation += "; ";
  answer.explanation += traits;
}

}  // namespace

Result<RunComparison> compare_with_baseline(const history::RunHistoryReader& reader, std::string_view run_id,
                                            const ComparisonOptions& options) {
  const auto stored = reader.get(run_id);
  if (!stored) return stored.error();
  if (!*stored) return Error{ErrorCode::not_found, "there is no run " + std::string(run_id), "runId"};
  const Run& run = **stored;
  const RunFacts facts = history::facts_of(run);
  auto cohort = find_cohort(reader, facts, options.cohort);
  if (!cohort) return cohort.error();

  RunComparison answer;
  answer.run_id = run.run_id;
  answer.cohort = cohort->evidence;
  using history::BriefRun;
  answer.duration = compare(Metric::duration, facts.duration_ms, &BriefRun::duration_ms, *cohort, options);
  answer.vram_peak = compare(Metric::vramPeak, facts.vram_peak_bytes, &BriefRun::vram_peak_bytes, *cohort, options);
  answer.queue_wait = compare(Metric::queueWait, facts.queue_wait_ms, &BriefRun::queue_wait_ms, *cohort, options);
  if (!answer.cohort.level) {
    for (MetricComparison* metric : {&answer.duration, &answer.vram_peak, &answer.queue_wait}) {
      metric->needed = std::max(answer.cohort.needed, metric->needed);
      metric->sentence = answer.cohort.sentence;
    }
  }
  const auto why_not = why_not_compared(run);
  if (why_not) {
    take_back(answer.duration, *why_not);
    take_back(answer.vram_peak, *why_not);
  }
  answer.verdict = answer.duration.verdict;
  answer.sentence = answer.duration.sentence;
  if (auto done = compare_scenes(reader, facts, options, answer); !done) return done.error();
  if (!why_not && answer.cohort.level) {
    if (auto done = compare_all_nodes(run, *cohort, options, answer); !done) return done.error();
  } else {
    answer.nodes_missing = answer.sentence;
  }
  explain(answer);
  return answer;
}

}  // namespace comfytrace::insight
