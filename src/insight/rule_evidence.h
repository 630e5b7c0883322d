#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"
#include "insight/recommendation_rules.h"

namespace comfytrace::insight {

// What the rules look at, read once: the ended runs of the window.
struct RuleEvidence {
  const history::RunHistoryReader& reader;
  const RuleInput& input;
  std::vector<history::RunFacts> runs;                                            // newest first
  std::map<std::string, std::vector<const history::RunFacts*>> by_workflow = {};  // by fingerprint, else name
  std::map<std::string, std::vector<const history::RunFacts*>> by_worker = {};    // runs on one worker alone

  [[nodiscard]] double threshold(std::string_view rule, std::string_view name) const;
};

using RuleFunction = base::Result<void> (*)(const RuleEvidence& evidence, std::vector<Finding>& findings);

// How surely a rate is above `least` (or below, where `above` is false): one-sided, by the score test that Wilson's
// interval inverts. 0.5 of no data.
[[nodiscard]] double rate_confidence(std::int64_t hits, std::int64_t n, double least, bool above = true);
// How surely parts make up more than `least` of their wholes: the ratio of sums, its error from the runs' scatter.
[[nodiscard]] double share_confidence(const std::vector<double>& parts, const std::vector<double>& wholes,
                                      double least);

// "Portrait", else the beginning of the fingerprint.
[[nodiscard]] std::string workflow_words(const std::vector<const history::RunFacts*>& runs);
// The newest of them, bounded.
[[nodiscard]] std::vector<std::string> evidence_ids(const std::vector<const history::RunFacts*>& runs);

// The rules' functions, by topic.
base::Result<void> find_silent_fallback(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_vram_leak(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_vram_peak(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_gpu_utilization(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_out_of_memory(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_timeouts(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_success_rate(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_retries(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_regression(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_slow_scenes(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_cold_loads(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_idle_gaps(const RuleEvidence& evidence, std::vector<Finding>& findings);
base::Result<void> find_dominant_node(const RuleEvidence& evidence, std::vector<Finding>& findings);

}  // namespace comfytrace::insight
