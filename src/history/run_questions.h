#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/run_facts.h"
#include "history/run_filter.h"

// The questions that statistics, comparisons and trends ask of a history, and what it answers. Numbers are counts, or
// in the unit that their name says; std::nullopt is "nothing to say", never 0.
namespace comfytrace::history {

// A run counts in each of its models, workers, GPUs and tags. A story is named by its id, or by its title if it has no
// id. Hours, days, weeks (from Monday) and months begin by the clock of `utc_offset_ms`. nodeClass: what the executions
// of each class of node took together in each run.
enum class GroupBy {
  none,
  workflow,
  model,
  worker,
  gpu,
  status,
  exitReason,
  comfyuiVersion,
  story,
  tag,
  hour,
  day,
  week,
  month,
  nodeClass
};
BOOST_DESCRIBE_ENUM(GroupBy, none, workflow, model, worker, gpu, status, exitReason, comfyuiVersion, story, tag, hour,
                    day, week, month, nodeClass)

// One measure over those of the runs that have it.
struct Distribution {
  std::int64_t n = 0;
  std::optional<double> min;
  std::optional<double> mean;
  std::optional<double> median;
  std::optional<double> p90;
  std::optional<double> p95;
  std::optional<double> p99;
  std::optional<double> max;
  std::optional<double> standard_deviation;  // of a sample: absent below two
  double sum = 0;
  bool exact = true;  // else median, p90, p95 and p99 are within 0.2 %
  bool operator==(const Distribution&) const = default;
};
BOOST_DESCRIBE_STRUCT(Distribution, (), (n, min, mean, median, p90, p95, p99, max, standard_deviation, sum, exact))

// Of a class of node only the runs with their ends, the executions and duration_ms are told; the rest is 0 or absent.
struct GroupStatistics {
  std::string key;                      // the group's value; of times the first moment, ISO 8601; "" is "not known"
  std::optional<std::int64_t> from_ms;  // of times: the first moment
  std::int64_t runs = 0;
  std::int64_t runs_open = 0;
  std::int64_t runs_succeeded = 0;
  std::int64_t runs_partial = 0;
  std::int64_t runs_failed = 0;
  std::int64_t runs_timed_out = 0;
  std::int64_t runs_cancelled = 0;  // and skipped
  // succeeded / (succeeded + partial + failed + timed out): what a person took back is no failure.
  std::optional<double> success_rate;
  std::int64_t scenes = 0;
  std::int64_t scenes_succeeded = 0;
  std::int64_t attempts = 0;
  std::int64_t attempts_out_of_memory = 0;
  std::int64_t attempts_timed_out = 0;
  std::int64_t fallbacks = 0;
  std::int64_t frames = 0;
  std::int64_t executions = 0;  // of a class of node; else 0
  Distribution duration_ms;     // of ended runs; of a class of node what it took in each run
  Distribution queue_wait_ms;
  Distribution vram_peak_bytes;
  bool operator==(const GroupStatistics&) const = default;
};
BOOST_DESCRIBE_STRUCT(GroupStatistics, (),
                      (key, from_ms, runs, runs_open, runs_succeeded, runs_partial, runs_failed, runs_timed_out,
                       runs_cancelled, success_rate, scenes, scenes_succeeded, attempts, attempts_out_of_memory,
                       attempts_timed_out, fallbacks, frames, executions, duration_ms, queue_wait_ms, vram_peak_bytes))

// For an answer of which only a part is wanted: of each group the counts, and n and median of this measure.
enum class OneMeasure { none, duration, queueWait, vramPeak };

struct StatisticsQuery {
  RunFilter filter;
  GroupBy group_by = GroupBy::none;
  std::int64_t utc_offset_ms = 0;  // of the days that groups of time mean
  bool exact = false;              // exact percentiles however many runs match
  std::int64_t max_groups = 500;   // 1..10000; of more the largest by runs (of times the latest)
  // Nothing else need be told, and of the total no measure.
  std::optional<OneMeasure> only;
};
struct Statistics {
  GroupStatistics total;                // over every run that matches, whatever the groups
  std::vector<GroupStatistics> groups;  // times: oldest first; else most runs first, then by key
  std::int64_t groups_left_out = 0;
};
BOOST_DESCRIBE_STRUCT(Statistics, (), (total, groups, groups_left_out))

// How much of a WorkKey must be equal.
enum class LikeLevel {
  executed,   // structure, models, work size, scene count, device, and the same nodes cached
  warmth,     // the same, but only cold or warm instead of the same nodes cached
  device,     // structure, models, work size, scene count, device
  models,     // structure, models, work size, scene count
  structure,  // structure, work size, scene count
};
BOOST_DESCRIBE_ENUM(LikeLevel, executed, warmth, device, models, structure)

// Whether `other` is like `key` at this level. Where `key` does not know a part that the level asks for: false.
[[nodiscard]] bool is_like(const WorkKey& key, const WorkKey& other, LikeLevel level);

struct FactsQuery {
  RunFilter filter;
  std::optional<WorkKey> like;  // only runs like this one …
  LikeLevel level = LikeLevel::executed;
  std::optional<std::string> without_run_id;
  std::int64_t limit = 50;    // 1..100000, newest first
  bool held_will_do = false;  // brief_runs: of the runs that the history has at hand, as facts, instead of too_large
};
// One scene of a run that is like another.
struct SceneSample {
  std::string run_id;
  std::int64_t created_at_ms = 0;  // the run's
  SceneFacts scene;
  bool operator==(const SceneSample&) const = default;
};
struct ScenesQuery {
  WorkKey like;
  LikeLevel level = LikeLevel::executed;
  std::vector<model::Status> statuses;  // of the scene; empty: any
  std::optional<std::int64_t> before_ms;
  std::optional<std::string> without_run_id;
  std::int64_t limit = 50;  // 1..100000, newest run first, then in the run's order
};

// The same scenes by what comparisons need of them.
struct BriefScenes {
  struct Run {
    std::string run_id;
    std::int64_t created_at_ms = 0;
    bool operator==(const Run&) const = default;
  };
  std::vector<std::optional<std::int64_t>> durations_ms;  // of each scene
  std::vector<Run> runs;                                  // that have these scenes, each once, newest first
  bool operator==(const BriefScenes&) const = default;
};

// Errors: invalid, with the field.
[[nodiscard]] base::Result<void> check_query(const StatisticsQuery& query);
[[nodiscard]] base::Result<void> check_query(const FactsQuery& query);
[[nodiscard]] base::Result<void> check_query(const ScenesQuery& query);

}  // namespace comfytrace::history
