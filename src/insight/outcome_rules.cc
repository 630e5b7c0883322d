#include <algorithm>
#include <cmath>

#include "insight/rule_evidence.h"
#include "insight/stats/quantile.h"
#include "insight/wording.h"

// Rules about how runs end.
namespace comfytrace::insight {
namespace {

using base::Result;
using history::RecommendationSeverity;
using history::RunFacts;
using Runs = std::vector<const RunFacts*>;

std::string share_words(std::int64_t hits, std::int64_t n, std::string_view noun) {
  return percent_words(static_cast<double>(hits) / static_cast<double>(n)) + " of " + count_words(n, noun);
}

template <class Has>
Runs those(const Runs& runs, Has has) {
  Runs found;
  for (const RunFacts* run : runs) {
    if (has(*run)) found.push_back(run);
  }
  return found;
}

bool failed(const RunFacts& run) {
  return run.status != model::Status::success;
}

// Where most failures have one reason, that reason is what has to be mended.
void explain_failures(Finding& finding, const std::string& workflow, const Runs& runs, const Runs& with_reason) {
  const auto failures = those(runs, failed);
  const auto explained = those(with_reason, failed);
  if (!failures.empty() && explained.size() * 2 >= failures.size()) finding.explains.push_back("failures:" + workflow);
  const auto retried = those(runs, [](const RunFacts& run) { return run.attempt_count > run.scene_count; });
  const auto retried_for_it =
      those(with_reason, [](const RunFacts& run) { return run.attempt_count > run.scene_count; });
  if (!retried.empty() && retried_for_it.size() * 2 >= retried.size())
    finding.explains.push_back("retries:" + workflow);
}

}  // namespace

Result<void> find_out_of_memory(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    std::int64_t attempts = 0;
    std::int64_t hits = 0;
    for (const RunFacts* run : runs) {
      attempts += run->attempt_count;
      hits += run->attempts_out_of_memory;
    }
    const double least = evidence.threshold("outOfMemory", "warnAbove");
    if (attempts < evidence.threshold("outOfMemory", "minAttempts") ||
        static_cast<double>(hits) <= least * static_cast<double>(attempts))
      continue;
    Finding finding;
    finding.confidence = rate_confidence(hits, attempts, least);
    if (finding.confidence < evidence.threshold("outOfMemory", "minConfidence")) continue;
    const double rate = static_cast<double>(hits) / static_cast<double>(attempts);
    const auto with = those(runs, [](const RunFacts& run) { return run.attempts_out_of_memory > 0; });
    finding.cause = "memory:" + workflow;
    finding.severity = rate > evidence.threshold("outOfMemory", "criticalAbove") ? RecommendationSeverity::critical
                                                                                 : RecommendationSeverity::warning;
    finding.message = workflow_words(runs) + ": " + share_words(hits, attempts, "attempt") + " ran out of memory";
    const auto& device = with.front()->key.device;
    if (!device.empty()) finding.message += ", last on " + device;
    finding.suggested_action = "Lower the batch size or the resolution, or decode with VAEDecodeTiled";
    finding.evidence_run_ids = evidence_ids(with);
    finding.n = attempts;
    explain_failures(finding, workflow, runs, with);
    findings.push_back(std::move(finding));
  }
  return {};
}

namespace {

// "Raise max wait to 14 min": to the time within which 99 % of the scenes that ended well were done.
Result<std::string> max_wait_advice(const RuleEvidence& evidence, const Runs& runs, const Runs& timed_out) {
  std::vector<double> durations;
  for (const RunFacts* run : runs) {
    for (const auto& scene : run->scenes) {
      if (scene.status == model::Status::success && scene.duration_ms)
        durations.push_back(static_cast<double>(*scene.duration_ms));
    }
  }
  const auto newest = evidence.reader.get(timed_out.front()->run_id);
  if (!newest) return newest.error();
  std::optional<std::int64_t> max_wait_ms;
  if (*newest && (*newest)->policy) max_wait_ms = (*newest)->policy->max_wait_ms;
  const std::string now = max_wait_ms ? " (now " + duration_words(static_cast<double>(*max_wait_ms)) + ")" : "";
  if (durations.size() < 5) {
    return "Raise max wait" + now + "; only " + std::to_string(durations.size()) +
           " like scenes ended well, too few to say how far";
  }
  const double p99 = *stats::quantile(durations, 0.99);
  const std::string rests = "p99 of " + std::to_string(durations.size()) + " like scenes is " + duration_words(p99);
  if (max_wait_ms && p99 < 0.9 * static_cast<double>(*max_wait_ms))
    return "Raising max wait will not help" + now + ": " + rests + ". Look at what the timed-out runs hang on";
  // Scenes that would have taken longer were cut off, so a p99 just below the bound says that more is needed.
  const double minutes = std::ceil(std::max(p99, 1.25 * static_cast<double>(max_wait_ms.value_or(0))) / 60'000);
  return "Raise max wait to " + std::to_string(static_cast<std::int64_t>(minutes)) + " min" + now + ": " + rests;
}

}  // namespace

Result<void> find_timeouts(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    std::int64_t attempts = 0;
    std::int64_t hits = 0;
    for (const RunFacts* run : runs) {
      attempts += run->attempt_count;
      hits += run->attempts_timed_out;
    }
    const double least = evidence.threshold("timeouts", "warnAbove");
    if (attempts < evidence.threshold("timeouts", "minAttempts") ||
        static_cast<double>(hits) <= least * static_cast<double>(attempts))
      continue;
    Finding finding;
    finding.confidence = rate_confidence(hits, attempts, least);
    if (finding.confidence < evidence.threshold("timeouts", "minConfidence")) continue;
    const auto with = those(runs, [](const RunFacts& run) { return run.attempts_timed_out > 0; });
    auto advice = max_wait_advice(evidence, runs, with);
    if (!advice) return advice.error();
    finding.cause = "timeouts:" + workflow;
    finding.severity = RecommendationSeverity::warning;
    finding.message =
        workflow_words(runs) + ": " + share_words(hits, attempts, "attempt") + " ended because the wait ran out";
    finding.suggested_action = std::move(*advice);
    finding.evidence_run_ids = evidence_ids(with);
    finding.n = attempts;
    explain_failures(finding, workflow, runs, with);
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_success_rate(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    const auto failures = those(runs, failed);
    const auto n = static_cast<std::int64_t>(runs.size());
    const std::int64_t good = n - static_cast<std::int64_t>(failures.size());
    const double least = evidence.threshold("successRate", "warnBelow");
    const double rate = static_cast<double>(good) / static_cast<double>(n);
    if (static_cast<double>(n) < evidence.threshold("successRate", "minRuns") || rate >= least) continue;
    Finding finding;
    finding.confidence = rate_confidence(good, n, least, false);
    if (finding.confidence < evidence.threshold("successRate", "minConfidence")) continue;
    const auto newest = evidence.reader.get(failures.front()->run_id);
    if (!newest) return newest.error();
    finding.cause = "failures:" + workflow;
    finding.severity = rate < evidence.threshold("successRate", "criticalBelow") ? RecommendationSeverity::critical
                                                                                 : RecommendationSeverity::warning;
    finding.message = workflow_words(runs) + ": " + std::to_string(good) + " of " + count_words(n, "run") +
                      " succeeded (" + percent_words(rate) + ")";
    finding.suggested_action = "Look at the newest failure";
    if (*newest) {
      if (const auto error = model::summarise(**newest).error) *finding.suggested_action += ": " + *error;
    }
    finding.evidence_run_ids = evidence_ids(failures);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_retries(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    std::int64_t scenes = 0;
    std::int64_t retried = 0;
    for (const RunFacts* run : runs) {
      for (const auto& scene : run->scenes) {
        ++scenes;
        retried += scene.attempt_count > 1;
      }
    }
    const double least = evidence.threshold("retries", "warnAbove");
    if (scenes < evidence.threshold("retries", "minScenes") ||
        static_cast<double>(retried) <= least * static_cast<double>(scenes))
      continue;
    Finding finding;
    finding.confidence = rate_confidence(retried, scenes, least);
    if (finding.confidence < evidence.threshold("retries", "minConfidence")) continue;
    finding.cause = "retries:" + workflow;
    finding.severity = RecommendationSeverity::warning;
    finding.message =
        workflow_words(runs) + ": " + share_words(retried, scenes, "scene") + " needed more than one attempt";
    finding.suggested_action = "Mend what the first attempts fail of; a retry costs as much again";
    finding.evidence_run_ids =
        evidence_ids(those(runs, [](const RunFacts& run) { return run.attempt_count > run.scene_count; }));
    finding.n = scenes;
    findings.push_back(std::move(finding));
  }
  return {};
}

}  // namespace comfytrace::insight
