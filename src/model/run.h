#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/words.h"

// The glossary's run, scene and attempt as plain values. Times are epoch milliseconds, durations milliseconds,
// memory bytes. std::nullopt means "not known", never zero. Text is UTF-8 and bounded by whoever decoded it.
namespace comfytrace::model {

struct Lora {
  std::string name;
  std::optional<double> strength_model;
  std::optional<double> strength_clip;
  bool operator==(const Lora&) const = default;
};
BOOST_DESCRIBE_STRUCT(Lora, (), (name, strength_model, strength_clip))

// What people compare between runs; read from the graph by following links, not by node ids.
struct Parameters {
  std::vector<std::string> checkpoints;  // checkpoint, diffusion model or UNet files, in graph order
  std::vector<Lora> loras;
  std::vector<std::string> vaes;
  std::vector<std::string> text_encoders;
  std::optional<std::string> sampler;
  std::optional<std::string> scheduler;
  std::optional<std::int64_t> steps;
  std::optional<double> cfg;
  std::optional<double> denoise;
  std::optional<std::int64_t> width;   // pixels
  std::optional<std::int64_t> height;  // pixels
  std::optional<std::int64_t> batch_size;
  std::optional<std::int64_t> frames;
  std::optional<double> fps;
  std::optional<std::string> seed;  // a decimal: seeds use all 64 bits, which a JSON number does not keep
  std::optional<std::string> positive_prompt;
  std::optional<std::string> negative_prompt;
  bool operator==(const Parameters&) const = default;
};
BOOST_DESCRIBE_STRUCT(Parameters, (),
                      (checkpoints, loras, vaes, text_encoders, sampler, scheduler, steps, cfg, denoise, width, height,
                       batch_size, frames, fps, seed, positive_prompt, negative_prompt))

// An output file as ComfyUI names it. `filename` may be empty for kind text, whose content is in `text`.
struct Artifact {
  std::string node_id;  // display id of the node that put it out
  std::string filename;
  std::string subfolder;
  std::string type;  // output, temp or input
  MediaKind kind = MediaKind::other;
  std::optional<std::string> text;
  bool cached = false;  // the node was cached: an older file, not written by this attempt
  bool operator==(const Artifact&) const = default;
};
BOOST_DESCRIBE_STRUCT(Artifact, (), (node_id, filename, subfolder, type, kind, text, cached))

// One node of the graph in one attempt. Times are offsets from the attempt's start.
struct NodeExecution {
  std::string node_id;          // may be a child of an expanded node, e.g. "5.0.0.1"
  std::string display_node_id;  // the node of the graph it rolls up to
  std::optional<std::string> parent_node_id;
  std::string class_type;  // empty where the graph is not known or the node is an expansion's child
  std::string title;       // the graph's _meta.title, else empty
  NodeState state = NodeState::running;
  std::optional<std::int64_t> start_offset_ms;
  std::optional<std::int64_t> duration_ms;  // absent while running, and for cached nodes
  std::optional<double> progress_value;
  std::optional<double> progress_max;
  bool operator==(const NodeExecution&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeExecution, (),
                      (node_id, display_node_id, parent_node_id, class_type, title, state, start_offset_ms, duration_ms,
                       progress_value, progress_max))

// Why an attempt failed, bounded and without the inputs' tensors.
struct Failure {
  std::string node_id;
  std::string node_type;
  std::string exception_type;
  std::string message;                 // ComfyUI's text, without its trailing newline
  std::vector<std::string> traceback;  // one entry a frame, outermost first
  bool operator==(const Failure&) const = default;
};
BOOST_DESCRIBE_STRUCT(Failure, (), (node_id, node_type, exception_type, message, traceback))

// One line of a node that validation refused.
struct ValidationError {
  std::string node_id;
  std::string class_type;
  std::string type;
  std::string message;
  std::string details;
  bool operator==(const ValidationError&) const = default;
};
BOOST_DESCRIBE_STRUCT(ValidationError, (), (node_id, class_type, type, message, details))

// Why the record is as it is: one decision of the assembler.
struct Explanation {
  std::int64_t at_ms = 0;
  std::string what;     // e.g. "ended as interrupted"
  std::string because;  // e.g. "the last message in the worker's history is execution_interrupted"
  bool operator==(const Explanation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Explanation, (), (at_ms, what, because))

// One execution of a scene: one prompt_id on one worker.
struct Attempt {
  std::string prompt_id;  // verbatim as the worker uses it; not always a UUID
  std::string worker_id;
  Status status = Status::queued;
  std::optional<ExitReason> exit_reason;
  Origin origin = Origin::observed;
  std::optional<double> queue_number;  // the worker's priority number; restarts at 0 with the worker
  std::optional<std::int64_t> queued_at_ms;
  std::optional<TimeSource> queued_at_source;
  std::optional<std::int64_t> started_at_ms;
  std::optional<TimeSource> started_at_source;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<TimeSource> finished_at_source;
  std::optional<std::int64_t> duration_ms;    // finished - started
  std::optional<std::int64_t> queue_wait_ms;  // started - queued
  std::int64_t node_count = 0;                // nodes of the graph; 0 if the graph is not known
  bool cached_known = false;                  // whether `cached_node_ids` was told; distinguishes "none" from "unknown"
  std::vector<std::string> cached_node_ids;   // in the graph's order
  bool node_times_known = false;              // whether the worker's events of this attempt reached us
  std::vector<NodeExecution> nodes;           // in order of start; cached ones that never ran come last
  std::vector<Artifact> artifacts;            // by node id, then as ComfyUI lists them
  std::optional<Failure> failure;
  std::vector<ValidationError> validation_errors;  // also of a prompt that was accepted in part
  std::optional<std::int64_t> vram_free_before_bytes;
  std::optional<std::int64_t> vram_free_after_bytes;
  std::optional<std::int64_t> vram_delta_bytes;  // after - before: negative is consumed
  std::optional<std::int64_t> vram_peak_bytes;   // used, at its highest sample
  std::vector<std::string> fallback_notes;
  std::vector<Explanation> explanations;
  bool operator==(const Attempt&) const = default;
};
BOOST_DESCRIBE_STRUCT(Attempt, (),
                      (prompt_id, worker_id, status, exit_reason, origin, queue_number, queued_at_ms, queued_at_source,
                       started_at_ms, started_at_source, finished_at_ms, finished_at_source, duration_ms, queue_wait_ms,
                       node_count, cached_known, cached_node_ids, node_times_known, nodes, artifacts, failure,
                       validation_errors, vram_free_before_bytes, vram_free_after_bytes, vram_delta_bytes,
                       vram_peak_bytes, fallback_notes, explanations))

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
                       workflow_name, workflow_fingerprint, model, worker_ids, vram_peak_bytes, error, thumbnail, tags,
                       archived))

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
