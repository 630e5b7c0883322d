#include "insight/recommendation_rules.h"

#include <algorithm>
#include <cmath>

#include "insight/rule_evidence.h"
#include "insight/stats/distribution.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::RunFacts;

constexpr std::size_t kMaxEvidenceIds = 50;

struct Row {
  RecommendationRule rule;
  RuleFunction find;
};

const RuleThreshold kMinRuns{"minRuns", 10, 3, 1'000, "runs", "Fewer say nothing"};
const RuleThreshold kSurely{"minConfidence", 0.8, 0.5, 0.999, "rate", "A finding less sure than this is not told"};

// Most specific cause first.
const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {{"silentFallback",
        "A worker's newest runs ran on the CPU or in a second-best way, and earlier ones did not",
        {{"minRuns", 2, 1, 100, "runs", "Newest runs that must show it"}}},
       find_silent_fallback},
      {{"vramLeak",
        "The VRAM that is free before a run falls from run to run and is not given back",
        {{"minRuns", 8, 6, 1'000, "runs", "Fewer say nothing"},
         {"bytesPerRun", 52'428'800, 1'048'576, 1e12, "bytes", "A smaller loss each run is no leak"},
         {"runsLeft", 200, 1, 100'000, "runs", "Told when memory runs out within so many runs"}}},
       find_vram_leak},
      {{"outOfMemory",
        "Attempts of a workflow run out of memory",
        {{"warnAbove", 0.1, 0, 1, "rate", "Share of attempts"},
         {"criticalAbove", 0.5, 0, 1, "rate", "Share of attempts that is critical"},
         {"minAttempts", 5, 3, 1'000, "attempts", "Fewer say nothing"},
         kSurely}},
       find_out_of_memory},
      {{"timeouts",
        "Attempts of a workflow end because the wait ran out",
        {{"warnAbove", 0.2, 0, 1, "rate", "Share of attempts"},
         {"minAttempts", 5, 3, 1'000, "attempts", "Fewer say nothing"},
         kSurely}},
       find_timeouts},
      {{"successRate",
        "Too few runs of a workflow succeed",
        {{"warnBelow", 0.8, 0, 1, "rate", "Share of ended runs"},
         {"criticalBelow", 0.5, 0, 1, "rate", "Share of ended runs that is critical"},
         {"minRuns", 5, 3, 1'000, "runs", "Fewer say nothing"},
         kSurely}},
       find_success_rate},
      {{"retries",
        "Scenes of a workflow need more than one attempt",
        {{"warnAbove", 0.3, 0, 1, "rate", "Share of scenes"},
         {"minScenes", 5, 3, 1'000, "scenes", "Fewer say nothing"},
         kSurely}},
       find_retries},
      {{"vramPeak",
        "The VRAM peak of a workflow is near what the GPU has",
        {{"warnAbove", 0.95, 0.5, 1, "rate", "Share of the GPU's memory"},
         {"minRuns", 5, 3, 1'000, "runs", "Fewer say nothing"},
         kSurely}},
       find_vram_peak},
      {{"regression",
        "A workflow became slower at some day and stayed so",
        {{"warnAbove", 0.05, 0.02, 10, "ratio", "A smaller step is not told"},
         {"minRuns", 20, 10, 1'000, "runs", "Fewer say nothing"}}},
       find_regression},
      {{"slowScenes",
        "Scenes of a workflow take much longer than others like them",
        {{"times", 1.5, 1.1, 100, "ratio", "Slow is so many times the median of like scenes"},
         {"warnAbove", 0.1, 0, 1, "rate", "Share of scenes"},
         {"minScenes", 20, 10, 1'000, "scenes", "Fewer say nothing"},
         kSurely}},
       find_slow_scenes},
      {{"coldLoads",
        "Loading models takes much of a worker's time",
        {{"warnAbove", 0.1, 0, 1, "rate", "Share of the time that runs take"}, kMinRuns, kSurely}},
       find_cold_loads},
      {{"idleGaps",
        "A worker idles between prompts although the next one waits",
        {{"warnAbove", 0.05, 0, 1, "rate", "Share of the time"},
         {"minGapMs", 1'000, 100, 600'000, "ms", "A shorter gap is none"},
         {"minGaps", 10, 3, 1'000, "gaps", "Fewer say nothing"},
         kSurely}},
       find_idle_gaps},
      {{"gpuUtilization",
        "A worker's GPU is busy all the time that runs take",
        {{"warnAbove", 0.95, 0.5, 1, "rate", "Mean utilisation of a run"},
         {"minRuns", 5, 3, 100, "runs", "Fewer say nothing"},
         kSurely}},
       find_gpu_utilization},
      {{"dominantNode",
        "One class of node takes nearly all the time of a workflow",
        {{"warnAbove", 0.8, 0.3, 1, "rate", "Share of the time of all nodes"}, kMinRuns, kSurely}},
       find_dominant_node},
  };
  return table;
}

const RuleThreshold* find_threshold(std::string_view rule, std::string_view name) {
  for (const Row& row : rows()) {
    if (row.rule.rule != rule) continue;
    const auto at = std::ranges::find(row.rule.thresholds, name, &RuleThreshold::name);
    return at == row.rule.thresholds.end() ? nullptr : &*at;
  }
  return nullptr;
}

bool is_rule(std::string_view name) {
  return std::ranges::any_of(rows(), [&](const Row& row) { return row.rule.rule == name; });
}

bool is_enabled(const RuleSettings& settings, const std::string& rule) {
  const auto at = settings.find(rule + ".enabled");
  return at == settings.end() || at->second != 0;
}

Result<RuleEvidence> gather(const history::RunHistoryReader& reader, const RuleInput& input) {
  history::FactsQuery query;
  query.filter.from_ms = input.now_ms - input.window_ms;
  query.filter.statuses = {model::Status::success, model::Status::partial, model::Status::failed,
                           model::Status::timeout};
  query.limit = input.max_runs;
  auto runs = reader.facts(query);
  if (!runs) return runs.error();
  return RuleEvidence{reader, input, std::move(*runs)};
}

void group(RuleEvidence& evidence) {
  for (const RunFacts& run : evidence.runs) {
    const std::string& workflow = run.fingerprint.empty() ? run.workflow_name : run.fingerprint;
    if (!workflow.empty()) evidence.by_workflow[workflow].push_back(&run);
    if (run.worker_ids.size() == 1) evidence.by_worker[run.worker_ids.front()].push_back(&run);
  }
}

}  // namespace

const std::vector<RecommendationRule>& recommendation_rules() {
  static const std::vector<RecommendationRule> rules = [] {
    std::vector<RecommendationRule> list;
    for (const Row& row : rows()) list.push_back(row.rule);
    return list;
  }();
  return rules;
}

Result<void> check_settings(const RuleSettings& settings) {
  for (const auto& [name, value] : settings) {
    const auto dot = name.find('.');
    const std::string rule = name.substr(0, dot);
    const std::string threshold = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (!is_rule(rule)) return Error{ErrorCode::invalid, "there is no rule \"" + rule + "\"", name};
    if (threshold == "enabled") {
      if (value != 0 && value != 1) return Error{ErrorCode::invalid, "is 0 or 1", name};
      continue;
    }
    const RuleThreshold* known = find_threshold(rule, threshold);
    if (!known) return Error{ErrorCode::invalid, "the rule has no threshold \"" + threshold + "\"", name};
    if (!std::isfinite(value) || value < known->min || value > known->max) {
      return Error{ErrorCode::invalid, "the value is out of bounds", name,
                   "between " + std::to_string(known->min) + " and " + std::to_string(known->max)};
    }
  }
  return {};
}

double RuleEvidence::threshold(std::string_view rule, std::string_view name) const {
  const auto at = input.settings.find(std::string(rule) + "." + std::string(name));
  if (at != input.settings.end()) return at->second;
  const RuleThreshold* known = find_threshold(rule, name);
  CHECK(known);
  return known->value;
}

double rate_confidence(std::int64_t hits, std::int64_t n, double least, bool above) {
  if (n <= 0) return 0.5;
  const double rate = static_cast<double>(hits) / static_cast<double>(n);
  const double bounded = std::clamp(least, 0.001, 0.999);
  const double z = (rate - bounded) / std::sqrt(bounded * (1 - bounded) / static_cast<double>(n));
  return stats::normal_cdf(above ? z : -z);
}

double share_confidence(const std::vector<double>& parts, const std::vector<double>& wholes, double least) {
  const auto n = static_cast<double>(parts.size());
  if (parts.size() < 3) return 0.5;
  std::vector<double> over;
  for (std::size_t i = 0; i < parts.size(); ++i) over.push_back(parts[i] - least * wholes[i]);
  double sum = 0;
  for (const double value : over) sum += value;
  double squares = 0;
  for (const double value : over) squares += (value - sum / n) * (value - sum / n);
  const double error = std::sqrt(squares / (n - 1) * n);
  if (error <= 0) return sum > 0 ? 0.999 : 0.5;
  return stats::student_cdf(sum / error, n - 1);
}

std::string workflow_words(const std::vector<const RunFacts*>& runs) {
  for (const RunFacts* run : runs) {
    if (!run->workflow_name.empty()) return run->workflow_name;
  }
  return "Workflow " + runs.front()->fingerprint.substr(0, 8);
}

std::vector<std::string> evidence_ids(const std::vector<const RunFacts*>& runs) {
  std::vector<std::string> ids;
  for (const RunFacts* run : runs) {
    if (ids.size() == kMaxEvidenceIds) break;
    ids.push_back(run->run_id);
  }
  return ids;
}

Result<std::vector<Finding>> findings(const history::RunHistoryReader& reader, const RuleInput& input) {
  if (auto fine = check_settings(input.settings); !fine) return fine.error();
  auto evidence = gather(reader, input);
  if (!evidence) return evidence.error();
  group(*evidence);
  std::vector<Finding> found;
  for (const Row& row : rows()) {
    if (!is_enabled(input.settings, row.rule.rule)) continue;
    const std::size_t before = found.size();
    if (auto done = row.find(*evidence, found); !done) return done.error();
    for (std::size_t i = before; i < found.size(); ++i) {
      found[i].rule = row.rule.rule;
      found[i].confidence = std::clamp(found[i].confidence, 0.0, 0.999);
    }
  }
  return found;
}

}  // namespace comfytrace::insight
