#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/cohort.h"
#include "insight/stats/interval.h"
#include "insight/verdict.h"

// One run against the runs like it that came before: better, worse, no evidence, or not enough data.
namespace comfytrace::insight {

struct ComparisonOptions {
  CohortOptions cohort;
  std::int64_t max_scenes = 64;        // scenes that are looked at one by one
  std::int64_t node_runs = 50;         // runs of the baseline whose nodes are read
  double false_discovery_rate = 0.05;  // among the nodes of a run
};

// One number of the run against the baseline's. Values are in `unit`.
struct MetricComparison {
  Metric metric = Metric::duration;
  Unit unit = Unit::ms;
  Verdict verdict = Verdict::notEnoughData;
  std::string sentence;         // "18 % slower than the median of 42 like runs; slower than 41 of 42"
  std::optional<double> value;  // of this run
  std::optional<double> baseline_median;
  std::optional<double> delta;        // value - median
  std::optional<double> delta_ratio;  // value / median - 1
  std::optional<stats::Interval> baseline_median_interval;
  std::optional<stats::Interval> delta_ratio_interval;  // from the median's interval
  std::optional<stats::Interval> prediction_interval;   // where one more like run falls
  std::optional<double> effect_size;  // robust standard deviations from the median, signed; absent if none scatter
  std::optional<double> p_value;      // two-sided, of the run's rank among the n + 1; at best 2 / (n + 1)
  std::optional<double> variation;    // the baseline's robust coefficient of variation, a ratio
  std::int64_t rank = 0;              // 1: the smallest of n + 1; 0 without a value
  std::int64_t n = 0;                 // runs of the baseline that have this number
  std::int64_t needed = 0;            // how many more it takes
};
BOOST_DESCRIBE_STRUCT(MetricComparison, (),
                      (metric, unit, verdict, sentence, value, baseline_median, delta, delta_ratio,
                       baseline_median_interval, delta_ratio_interval, prediction_interval, effect_size, p_value,
                       variation, rank, n, needed))

struct SceneComparison {
  std::string scene_id;
  CohortEvidence cohort;
  MetricComparison duration;
};
BOOST_DESCRIBE_STRUCT(SceneComparison, (), (scene_id, cohort, duration))

// What one node, or all nodes of a class, took in the run, against runs of the baseline that executed it as often.
struct NodeComparison {
  std::string node_id;  // empty: the class as a whole
  std::string class_type;
  std::string title;
  Verdict verdict = Verdict::notEnoughData;
  std::int64_t executions = 0;
  double duration_ms = 0;
  std::optional<double> baseline_median_ms;
  std::optional<double> delta_ms;
  std::optional<double> delta_ratio;
  std::optional<double> p_value;  // adjusted for the number of nodes (Benjamini-Hochberg)
  std::int64_t n = 0;
  std::int64_t needed = 0;
};
BOOST_DESCRIBE_STRUCT(NodeComparison, (),
                      (node_id, class_type, title, verdict, executions, duration_ms, baseline_median_ms, delta_ms,
                       delta_ratio, p_value, n, needed))

struct RunComparison {
  std::string run_id;
  Verdict verdict = Verdict::notEnoughData;  // of the duration
  std::string sentence;
  std::string explanation;  // "KSampler +38 %, rest unchanged", then what differs; empty: nothing to say
  CohortEvidence cohort;
  MetricComparison duration;
  MetricComparison vram_peak;
  MetricComparison queue_wait;  // says how busy the worker was, not how fast
  std::vector<SceneComparison> scenes;
  std::int64_t scenes_left_out = 0;          // beyond max_scenes
  std::vector<NodeComparison> node_classes;  // largest share of the difference first
  std::vector<NodeComparison> nodes;         // the same
  std::optional<std::string> nodes_missing;  // why there are none
};
BOOST_DESCRIBE_STRUCT(RunComparison, (),
                      (run_id, verdict, sentence, explanation, cohort, duration, vram_peak, queue_wait, scenes,
                       scenes_left_out, node_classes, nodes, nodes_missing))

// Errors: not_found; those of the reader.
[[nodiscard]] base::Result<RunComparison> compare_with_baseline(const history::RunHistoryReader& reader,
                                                                std::string_view run_id,
                                                                const ComparisonOptions& options = {});

// One number against a baseline of others, in any order. `noun` names them: "like runs". Pure.
[[nodiscard]] MetricComparison compare_metric(Metric metric, std::optional<double> value,
                                              const std::vector<double>& baseline, std::string_view noun,
                                              std::int64_t needs = 5);

}  // namespace comfytrace::insight
