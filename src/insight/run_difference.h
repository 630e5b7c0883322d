#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/stats/interval.h"
#include "insight/verdict.h"

// Chosen runs side by side: what differs in parameters, environment, nodes, outcome and artifacts. Every list of values
// is in the order of `run_ids`; an absent value is "this run does not have it".
namespace comfytrace::insight {

constexpr std::size_t kMaxComparedRuns = 8;

// A row of texts, at least two of which differ.
struct TextDifference {
  std::string name;  // "sampler", "ComfyUI version", …
  std::vector<std::optional<std::string>> values;
  bool may_explain = false;  // it is part of what makes runs like for like, or of what they ran on
};
BOOST_DESCRIBE_STRUCT(TextDifference, (), (name, values, may_explain))

struct DifferingRun {
  std::string run_id;
  std::string title;
  std::int64_t created_at_ms = 0;
  std::int64_t scene_count = 0;
};
BOOST_DESCRIBE_STRUCT(DifferingRun, (), (run_id, title, created_at_ms, scene_count))

// A scene of each run: matched by scene id if the runs share ids, else by order.
struct SceneDifference {
  std::vector<std::optional<std::string>> scene_ids;
  std::vector<TextDifference> parameters;  // only what differs
  std::vector<std::string> equal;          // names of the parameters that are known and equal
};
BOOST_DESCRIBE_STRUCT(SceneDifference, (), (scene_ids, parameters, equal))

// A number of each run. With exactly two runs also the difference of the second to the first; over several scenes with
// a rank test and its interval.
struct NumberDifference {
  std::string name;  // durationMs, queueWaitMs, vramPeakBytes, attempts, …
  std::vector<std::optional<double>> values;
  std::vector<std::int64_t> n;        // scenes that the value is the median or the sum of
  std::optional<double> delta;        // second - first
  std::optional<double> delta_ratio;  // second / first - 1
  std::optional<stats::Interval> delta_ratio_interval;
  std::optional<double> p_value;
  Verdict verdict = Verdict::notEnoughData;
  std::int64_t needed = 0;  // scenes a side that are missing for a verdict
};
BOOST_DESCRIBE_STRUCT(NumberDifference, (),
                      (name, values, n, delta, delta_ratio, delta_ratio_interval, p_value, verdict, needed))

// What a node took: the median over the scenes that executed it. node_id empty: all nodes of the class, per scene.
struct NodeDifference {
  std::string node_id;
  std::string class_type;
  std::string title;
  std::vector<std::optional<double>> duration_ms;
  std::vector<std::int64_t> executions;
  std::vector<std::int64_t> cached;   // scenes in which it was cached
  std::optional<double> delta_ms;     // last - first
  std::optional<double> delta_ratio;  // last / first - 1
  std::optional<double> share;        // of the whole difference of durations, last - first; may exceed 1
  std::optional<stats::Interval> delta_ms_interval;
  std::optional<double> p_value;  // adjusted for the number of nodes
};
BOOST_DESCRIBE_STRUCT(NodeDifference, (),
                      (node_id, class_type, title, duration_ms, executions, cached, delta_ms, delta_ratio, share,
                       delta_ms_interval, p_value))

// Artifacts that stand beside each other: indexes as the artifact route counts them.
struct ArtifactRow {
  std::string kind;     // image, video, …
  std::string node_id;  // of the first run's
  std::vector<std::optional<std::int64_t>> indexes;
  std::vector<std::optional<std::string>> scene_ids;
};
BOOST_DESCRIBE_STRUCT(ArtifactRow, (), (kind, node_id, indexes, scene_ids))

struct RunDifference {
  std::vector<DifferingRun> runs;
  std::string sentence;  // what is to be said first: "B took 18 % longer than A; …"
  bool like_for_like = false;
  std::vector<std::string> not_like;        // why the durations cannot be compared as speed
  std::vector<TextDifference> outcome;      // status, exit reason, error
  std::vector<TextDifference> environment;  // versions, device, worker
  std::vector<std::string> environment_equal;
  std::vector<SceneDifference> scenes;
  std::vector<NumberDifference> numbers;
  std::vector<NodeDifference> node_classes;  // largest difference first
  std::vector<NodeDifference> nodes;
  std::optional<std::string> nodes_missing;  // whose node times are not known
  std::vector<ArtifactRow> artifacts;
};
BOOST_DESCRIBE_STRUCT(RunDifference, (),
                      (runs, sentence, like_for_like, not_like, outcome, environment, environment_equal, scenes,
                       numbers, node_classes, nodes, nodes_missing, artifacts))

// 2 to kMaxComparedRuns different ids. Errors: invalid, not_found; those of the reader.
[[nodiscard]] base::Result<RunDifference> difference_of(const history::RunHistoryReader& reader,
                                                        std::span<const std::string> run_ids);
// Pure.
[[nodiscard]] RunDifference difference_of(std::span<const model::Run> runs);

}  // namespace comfytrace::insight
