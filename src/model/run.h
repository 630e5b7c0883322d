#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/attempt.h"
#include "model/parameters.h"
#include "model/words.h"

// The glossary's run and scene as plain values. Units and missing values as in model/attempt.h.
namespace comfytrace::model {

// One unit of output of a run.
struct Scene {
  std::string scene_id;  // unique in its run
  std::string title;
  Status status = Status::queued;         // of the last attempt
  std::optional<ExitReason> exit_reason;  // of the last attempt
  std::string workflow_fingerprint;       // structure: class types and links, no values; empty if not known
  std::optional<std::int64_t> work_size;  // pixels x frames x steps
  Parameters parameters;
  std::vector<Attempt> attempts;  // oldest first, at least one
  bool operator==(const Scene&) const = default;
};
BOOST_DESCRIBE_STRUCT(Scene, (),
                      (scene_id, title, status, exit_reason, workflow_fingerprint, work_size, parameters, attempts))

// The knobs a run was driven under.
struct QueuePolicy {
  std::int64_t max_wait_ms = 600'000;
  std::int64_t poll_interval_ms = 2'000;
  std::int64_t attempt_limit = 0;  // polls; 0: unbounded
  std::int64_t post_execution_timeout_ms = 30'000;
  std::int64_t retry_budget = 1;
  std::int64_t frame_floor = 0;
  bool operator==(const QueuePolicy&) const = default;
};
BOOST_DESCRIBE_STRUCT(QueuePolicy, (),
                      (max_wait_ms, poll_interval_ms, attempt_limit, post_execution_timeout_ms, retry_budget,
                       frame_floor))

// What a person set going: one or more scenes.
struct Run {
  std::string run_id;    // the prompt_id for a prompt that belongs to no group
  bool grouped = false;  // true: several prompts named this run_id in their extra_data
  std::string title;
  Status status = Status::queued;
  std::optional<ExitReason> exit_reason;  // success only if all scenes are; else that of the first scene that is not
  std::int64_t created_at_ms = 0;         // when it was queued, or as early as is known
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;  // absent while a scene is open
  std::optional<std::int64_t> duration_ms;     // sum of the scenes' last attempts' durations: GPU time, not wall time
  std::optional<std::int64_t> queue_wait_ms;   // of the first attempt
  std::optional<std::string> story_id;
  std::optional<std::string> story_title;
  std::optional<std::string> workflow_name;
  std::vector<std::string> tags;
  std::optional<std::string> notes;
  bool archived = false;
  std::optional<QueuePolicy> policy;  // of runs that were driven under one
  std::vector<Scene> scenes;          // in order of first sight
  bool operator==(const Run&) const = default;
};
BOOST_DESCRIBE_STRUCT(Run, (),
                      (run_id, grouped, title, status, exit_reason, created_at_ms, started_at_ms, finished_at_ms,
                       duration_ms, queue_wait_ms, story_id, story_title, workflow_name, tags, notes, archived, policy,
                       scenes))

// One line of a list.
struct RunSummary {
  std::string run_id;
  std::string title;
  Status status = Status::queued;
  std::optional<ExitReason> exit_reason;
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::int64_t> queue_wait_ms;
  std::int64_t scene_count = 0;
  std::int64_t scenes_succeeded = 0;
  std::int64_t attempt_count = 0;
  std::int64_t artifact_count = 0;
  std::optional<std::string> story_title;
  std::optional<std::string> workflow_name;
  std::string workflow_fingerprint;  // of the first scene
  std::optional<std::string> model;  // first checkpoint of the first scene
  std::vector<std::string> worker_ids;
  std::vector<std::string> device_names;  // as the workers told them, of every attempt, sorted
  std::optional<std::int64_t> vram_peak_bytes;
  std::optional<std::string> error;       // one sentence, of the first scene that failed
  std::optional<std::int64_t> thumbnail;  // index of the first picture among the run's artifacts
  std::vector<std::string> tags;
  bool archived = false;
  bool operator==(const RunSummary&) const = default;
};
BOOST_DESCRIBE_STRUCT(RunSummary, (),
                      (run_id, title, status, exit_reason, created_at_ms, started_at_ms, finished_at_ms, duration_ms,
                       queue_wait_ms, scene_count, scenes_succeeded, attempt_count, artifact_count, story_title,
                       workflow_name, workflow_fingerprint, model, worker_ids, device_names, vram_peak_bytes, error,
                       thumbnail, tags, archived))

// RunSummary::device_names. Pure.
[[nodiscard]] std::vector<std::string> device_names_of(const Run& run);

// RunSummary::error. Pure.
[[nodiscard]] std::optional<std::string> error_of(const Run& run);

// The list line of a run. Pure.
[[nodiscard]] RunSummary summarise(const Run& run);

// Sets what a run and its scenes have from their attempts: scene status and exit reason, the run's status, exit
// reason, times, duration and queue wait. Pure; called after every change of an attempt.
void roll_up(Run& run);

// The run's artifacts in the order that `RunSummary::thumbnail` and the artifact route count: scenes in order,
// attempts in order. Pointers into `run`.
struct ArtifactPlace {
  const Scene* scene;
  const Attempt* attempt;
  const Artifact* artifact;
};
[[nodiscard]] std::vector<ArtifactPlace> artifacts_of(const Run& run);

}  // namespace comfytrace::model
