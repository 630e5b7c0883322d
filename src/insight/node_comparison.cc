#include "insight/node_comparison.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "insight/outlying.h"
#include "insight/stats/multiple_tests.h"
#include "insight/stats/quantile.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

struct Judged {
  NodeComparison node;
  std::optional<double> raw_p;
  bool is_outlier = false;
};

// `durations` are those of the runs that executed it as often, whole milliseconds down to 0: one is added so that every
// log is finite.
Judged judge(const std::vector<std::string>& texts, const NodeSum& time, const std::vector<double>& durations,
             const ComparisonOptions& options) {
  Judged judged;
  NodeComparison& node = judged.node;
  node.node_id = texts[time.node_id];
  node.class_type = texts[time.class_type];
  node.title = texts[time.title];
  node.executions = time.executions;
  node.duration_ms = static_cast<double>(time.duration_ms);
  node.n = static_cast<std::int64_t>(durations.size());
  node.needed = std::max<std::int64_t>(options.cohort.needs - node.n, 0);
  const auto median = stats::median(durations);
  if (!median) return judged;
  node.baseline_median_ms = *median - 1;
  node.delta_ms = node.duration_ms - *node.baseline_median_ms;
  if (*node.baseline_median_ms > 0) node.delta_ratio = node.duration_ms / *node.baseline_median_ms - 1;
  const auto place = outlying(node.duration_ms + 1, durations, options.cohort.needs);
  if (!place) return judged;
  judged.is_outlier = place->stands_out;
  judged.raw_p = place->p_value;
  return judged;
}

// Of each node what it took in the runs that executed it as often.
std::vector<std::vector<double>> durations_of(const std::vector<NodeSum>& nodes,
                                              const std::vector<std::vector<NodeSum>>& baseline) {
  std::vector<std::vector<double>> durations(nodes.size());
  std::vector<std::size_t> place_of_key;  // plus one; 0: no node of the run
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    durations[i].reserve(baseline.size());
    if (place_of_key.size() <= nodes[i].key) place_of_key.resize(nodes[i].key + 1);
    place_of_key[nodes[i].key] = i + 1;
  }
  for (const auto& run : baseline) {
    for (const NodeSum& time : run) {
      const std::size_t place = time.key < place_of_key.size() ? place_of_key[time.key] : 0;
      if (place == 0 || time.executions != nodes[place - 1].executions) continue;
      durations[place - 1].push_back(static_cast<double>(time.duration_ms) + 1);
    }
  }
  return durations;
}

}  // namespace

std::vector<NodeComparison> compare_nodes(const std::vector<std::string>& texts, const std::vector<NodeSum>& nodes,
                                          const std::vector<std::vector<NodeSum>>& baseline, double run_duration_ms,
                                          const ComparisonOptions& options) {
  const std::vector<std::vector<double>> past = durations_of(nodes, baseline);
  std::vector<Judged> judged;
  std::vector<double> p_values;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].executions == 0) continue;
    judged.push_back(judge(texts, nodes[i], past[i], options));
    if (judged.back().raw_p) p_values.push_back(*judged.back().raw_p);
  }
  const std::vector<double> adjusted = stats::benjamini_hochberg(p_values);
  std::vector<NodeComparison> compared;
  std::size_t test = 0;
  for (Judged& one : judged) {
    if (one.raw_p) {
      NodeComparison& node = one.node;
      node.p_value = adjusted[test++];
      node.verdict = Verdict::noEvidence;
      if (one.is_outlier && *node.p_value <= options.false_discovery_rate &&
          node_change_counts(node.duration_ms, *node.baseline_median_ms, run_duration_ms)) {
        node.verdict = *node.delta_ms > 0 ? Verdict::worse : Verdict::better;
      }
    }
    compared.push_back(std::move(one.node));
  }
  std::ranges::stable_sort(compared, [](const NodeComparison& a, const NodeComparison& b) {
    return std::abs(a.delta_ms.value_or(0)) > std::abs(b.delta_ms.value_or(0));
  });
  return compared;
}

std::string explain_by_nodes(const std::vector<NodeComparison>& classes, Verdict verdict) {
  std::vector<std::string> changed;
  std::size_t judged = 0;
  for (const NodeComparison& node : classes) {
    if (node.verdict == Verdict::notEnoughData) continue;
    ++judged;
    if (node.verdict == Verdict::noEvidence) continue;
    changed.push_back(node.class_type + " " +
                      (node.delta_ratio ? signed_percent_words(*node.delta_ratio)
                                        : duration_words(*node.delta_ms) + " instead of nothing"));
  }
  if (judged == 0) return "";
  const bool is_claim = verdict == Verdict::worse || verdict == Verdict::better;
  if (changed.empty()) return is_claim ? "no class of node stands out" : "";
  const bool rest = judged > changed.size();
  return list_words(changed, 3) + (rest ? ", rest unchanged" : "");
}

}  // namespace comfytrace::insight
