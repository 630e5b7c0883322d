#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "insight/rule_evidence.h"
#include "insight/stats/quantile.h"
#include "insight/trend.h"
#include "insight/wording.h"

// Rules about where the time goes.
namespace comfytrace::insight {
namespace {

using base::Result;
using history::RecommendationSeverity;
using history::RunFacts;
using Runs = std::vector<const RunFacts*>;

constexpr std::size_t kTrends = 20;         // workflows with most runs whose trend is looked at
constexpr double kLongestGap_ms = 600'000;  // longer is a pause that somebody made

bool is_loader(const std::string& class_type) {
  return class_type.find("Loader") != std::string::npos || class_type.find("LoadDiffusionModel") != std::string::npos;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

}  // namespace

Result<void> find_regression(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  std::vector<std::pair<std::size_t, std::string>> largest;
  for (const auto& [workflow, runs] : evidence.by_workflow) largest.emplace_back(runs.size(), workflow);
  std::ranges::sort(largest, std::ranges::greater());
  if (largest.size() > kTrends) largest.resize(kTrends);
  for (const auto& [count, workflow] : largest) {
    if (static_cast<double>(count) < evidence.threshold("regression", "minRuns")) break;
    TrendQuery query;
    query.filter.workflows = {workflow};
    query.filter.from_ms = evidence.input.now_ms - evidence.input.window_ms;
    query.max_runs = std::min<std::int64_t>(evidence.input.max_runs, 2'000);
    const auto trend = trend_of(evidence.reader, query);
    if (!trend) return trend.error();
    if (trend->steps.empty()) continue;
    const TrendStep& step = trend->steps.back();  // what was mended since is not told
    if (step.verdict != Verdict::worse || step.size < evidence.threshold("regression", "warnAbove")) continue;
    const Runs& runs = evidence.by_workflow.at(workflow);
    Finding finding;
    finding.cause = "slow:" + workflow;
    finding.severity = RecommendationSeverity::warning;
    finding.message = workflow_words(runs) + ": " + step.sentence;
    finding.suggested_action = "Compare run " + step.run_id + " with the one before it";
    if (!step.what_changed.empty()) {
      const WhatChanged& likely = step.what_changed.front();
      finding.suggested_action = "Likely cause: " + likely.what + " (" + likely.before + " to " + likely.after +
                                 "). Go back to it once to be sure";
    }
    Runs after;
    for (const RunFacts* run : runs) {
      if (run->created_at_ms >= step.at_ms && run->status == model::Status::success) after.push_back(run);
    }
    finding.evidence_run_ids = evidence_ids(after);
    finding.n = step.n_before + step.n_after;
    finding.confidence = 1 - step.p_value;
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_slow_scenes(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double times = evidence.threshold("slowScenes", "times");
  const double least = evidence.threshold("slowScenes", "warnAbove");
  using Kind = std::tuple<std::string, std::string, std::int64_t, std::string>;
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    std::map<Kind, std::vector<std::pair<double, const RunFacts*>>> kinds;
    for (const RunFacts* run : runs) {
      for (const auto& scene : run->scenes) {
        if (scene.status != model::Status::success || !scene.duration_ms || !scene.key.work_size) continue;
        kinds[Kind(scene.key.structure, scene.key.models, *scene.key.work_size, scene.key.device)].emplace_back(
            static_cast<double>(*scene.duration_ms), run);
      }
    }
    std::int64_t n = 0;
    std::int64_t slow = 0;
    Runs slow_runs;
    for (const auto& [kind, scenes] : kinds) {
      if (scenes.size() < 5) continue;
      std::vector<double> durations;
      for (const auto& [duration, run] : scenes) durations.push_back(duration);
      const double median = *stats::median(durations);
      n += static_cast<std::int64_t>(scenes.size());
      for (const auto& [duration, run] : scenes) {
        if (duration <= times * median) continue;
        ++slow;
        if (slow_runs.empty() || slow_runs.back() != run) slow_runs.push_back(run);
      }
    }
    if (static_cast<double>(n) < evidence.threshold("slowScenes", "minScenes") ||
        static_cast<double>(slow) <= least * static_cast<double>(n))
      continue;
    Finding finding;
    finding.confidence = rate_confidence(slow, n, least);
    if (finding.confidence < evidence.threshold("slowScenes", "minConfidence")) continue;
    finding.cause = "slow:" + workflow;
    finding.message = workflow_words(runs) + ": " + std::to_string(slow) + " of " + count_words(n, "scene") +
                      " took more than " + value_words(times, Unit::ratio) + " times the median of scenes like them";
    finding.suggested_action = "Compare the newest of them with its baseline to see which node it is";
    finding.evidence_run_ids = evidence_ids(slow_runs);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_cold_loads(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("coldLoads", "warnAbove");
  for (const auto& [worker, runs] : evidence.by_worker) {
    std::vector<double> loading;
    std::vector<double> whole;
    Runs cold;
    std::set<std::string> models;
    std::int64_t switches = 0;
    const RunFacts* later = nullptr;
    for (const RunFacts* run : runs) {
      if (run->node_classes.empty() || !run->duration_ms || *run->duration_ms <= 0) continue;
      double loads_ms = 0;
      for (const auto& of_class : run->node_classes) {
        if (is_loader(of_class.class_type)) loads_ms += static_cast<double>(of_class.duration_ms);
      }
      loading.push_back(loads_ms);
      whole.push_back(static_cast<double>(*run->duration_ms));
      if (loads_ms > 0) cold.push_back(run);
      models.insert(run->key.models);
      switches += later && later->key.models != run->key.models;
      later = run;
    }
    if (static_cast<double>(whole.size()) < evidence.threshold("coldLoads", "minRuns")) continue;
    const double share = sum(loading) / sum(whole);
    if (share <= least) continue;
    Finding finding;
    finding.confidence = share_confidence(loading, whole, least);
    if (finding.confidence < evidence.threshold("coldLoads", "minConfidence")) continue;
    const auto n = static_cast<std::int64_t>(whole.size());
    const auto loads = static_cast<std::int64_t>(cold.size());
    finding.cause = "loads:" + worker;
    finding.message = "Loading models takes " + percent_words(share) + " of the time: " + std::to_string(loads) +
                      " of " + count_words(n, "run") + " loaded one, " +
                      duration_words(sum(loading) / static_cast<double>(loads)) + " each";
    finding.suggested_action =
        switches * 2 >= loads
            ? "Order the queue by model: " + std::to_string(switches) + " switches among " +
                  count_words(static_cast<std::int64_t>(models.size()), "set") + " of models could be " +
                  std::to_string(std::max<std::int64_t>(static_cast<std::int64_t>(models.size()) - 1, 0))
            : "The models hardly change, so something unloads them between runs: another program, or too little memory";
    finding.evidence_run_ids = evidence_ids(cold);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_idle_gaps(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("idleGaps", "warnAbove");
  const double shortest = evidence.threshold("idleGaps", "minGapMs");
  for (const auto& [worker, newest_first] : evidence.by_worker) {
    Runs runs;
    for (const RunFacts* run : newest_first) {
      if (run->started_at_ms && run->finished_at_ms && *run->finished_at_ms >= *run->started_at_ms) runs.push_back(run);
    }
    std::ranges::stable_sort(runs, {}, [](const RunFacts* run) { return *run->started_at_ms; });
    std::vector<double> gaps;
    std::vector<double> whole;
    Runs after;
    for (std::size_t i = 1; i < runs.size(); ++i) {
      const std::int64_t end = *runs[i - 1]->finished_at_ms;
      const double gap = static_cast<double>(*runs[i]->started_at_ms) - static_cast<double>(end);
      // Only where the next one was waiting already.
      if (runs[i]->created_at_ms >= end || gap < 0 || gap > kLongestGap_ms) continue;
      const double counted = gap >= shortest ? gap : 0;
      gaps.push_back(counted);
      whole.push_back(gap + static_cast<double>(*runs[i]->finished_at_ms) -
                      static_cast<double>(*runs[i]->started_at_ms));
      if (counted > 0) after.push_back(runs[i]);
    }
    if (static_cast<double>(after.size()) < evidence.threshold("idleGaps", "minGaps") || sum(whole) <= 0) continue;
    const double share = sum(gaps) / sum(whole);
    if (share <= least) continue;
    Finding finding;
    finding.confidence = share_confidence(gaps, whole, least);
    if (finding.confidence < evidence.threshold("idleGaps", "minConfidence")) continue;
    const auto n = static_cast<std::int64_t>(after.size());
    finding.cause = "idle:" + worker;
    finding.message = "The worker idles " + percent_words(share) +
                      " of the time although a prompt waits: " + count_words(n, "gap") + " of " +
                      duration_words(sum(gaps) / static_cast<double>(n)) + " on average";
    finding.suggested_action =
        "Look at what runs between prompts: previews being saved, memory being freed, slow disks";
    std::ranges::reverse(after);
    finding.evidence_run_ids = evidence_ids(after);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

namespace {

std::string node_advice(const std::string& class_type) {
  if (class_type.find("Sampler") != std::string::npos)
    return "Fewer steps, a faster sampler or a distilled model save most";
  if (class_type.find("VAE") != std::string::npos) return "A tiled or a faster VAE saves most";
  if (is_loader(class_type)) return "Keep the model loaded between runs";
  if (class_type.find("Upscale") != std::string::npos) return "A smaller upscale model or factor saves most";
  return "Whatever makes this node faster saves most; the others hardly matter";
}

}  // namespace

Result<void> find_dominant_node(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("dominantNode", "warnAbove");
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    std::map<std::string, std::vector<double>> classes;
    std::vector<double> whole;
    Runs counted;
    for (const RunFacts* run : runs) {
      if (run->status != model::Status::success || run->node_classes.size() < 2) continue;
      double total = 0;
      for (const auto& of_class : run->node_classes) total += static_cast<double>(of_class.duration_ms);
      if (total <= 0) continue;
      for (const auto& of_class : run->node_classes) {
        auto& parts = classes[of_class.class_type];
        parts.resize(whole.size());
        parts.push_back(static_cast<double>(of_class.duration_ms));
      }
      whole.push_back(total);
      counted.push_back(run);
    }
    if (static_cast<double>(whole.size()) < evidence.threshold("dominantNode", "minRuns")) continue;
    for (auto& [class_type, parts] : classes) {
      parts.resize(whole.size());
      const double share = sum(parts) / sum(whole);
      if (share <= least) continue;
      Finding finding;
      finding.confidence = share_confidence(parts, whole, least);
      if (finding.confidence < evidence.threshold("dominantNode", "minConfidence")) continue;
      finding.cause = "node:" + workflow;
      finding.message = workflow_words(runs) + ": " + class_type + " takes " + percent_words(share) +
                        " of the time of all nodes in " + count_words(static_cast<std::int64_t>(whole.size()), "run");
      finding.suggested_action = node_advice(class_type);
      finding.evidence_run_ids = evidence_ids(counted);
      finding.n = static_cast<std::int64_t>(whole.size());
      findings.push_back(std::move(finding));
    }
  }
  return {};
}

}  // namespace comfytrace::insight
