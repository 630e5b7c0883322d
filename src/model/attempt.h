#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/words.h"

// One execution of a scene and its parts. Times are epoch milliseconds, durations milliseconds, memory bytes.
// std::nullopt means "not known", never zero. Text is UTF-8 and bounded by whoever decoded it.
namespace comfytrace::model {

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
  // The most that torch had allocated while this node ran, by it or beside it, on the device where that was highest.
  // Only our extension tells it.
  std::optional<std::int64_t> vram_peak_bytes;
  bool operator==(const NodeExecution&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeExecution, (),
                      (node_id, display_node_id, parent_node_id, class_type, title, state, start_offset_ms, duration_ms,
                       progress_value, progress_max, vram_peak_bytes))

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

// What an attempt ran on: two attempts are like for like only where this is equal. Text is empty where the worker did
// not tell.
struct AttemptEnvironment {
  std::string device_name;  // the worker's first device, without index and allocator: "NVIDIA GeForce RTX 3090"
  std::string device_type;  // cuda, cpu, mps, …
  std::int64_t device_count = 0;
  std::optional<std::int64_t> vram_total_bytes;  // of the first device; absent with --cpu
  std::string comfyui_version;
  std::string python_version;
  std::string pytorch_version;
  std::string os;
  bool operator==(const AttemptEnvironment&) const = default;
};
BOOST_DESCRIBE_STRUCT(AttemptEnvironment, (),
                      (device_name, device_type, device_count, vram_total_bytes, comfyui_version, python_version,
                       pytorch_version, os))

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
  std::optional<std::int64_t> vram_delta_bytes;   // after - before: negative is consumed
  std::optional<std::int64_t> vram_peak_bytes;    // used, at its highest sample
  std::optional<AttemptEnvironment> environment;  // as the worker told it while this attempt was alive
  std::vector<std::string> fallback_notes;
  std::vector<Explanation> explanations;
  bool operator==(const Attempt&) const = default;
};
BOOST_DESCRIBE_STRUCT(Attempt, (),
                      (prompt_id, worker_id, status, exit_reason, origin, queue_number, queued_at_ms, queued_at_source,
                       started_at_ms, started_at_source, finished_at_ms, finished_at_source, duration_ms, queue_wait_ms,
                       node_count, cached_known, cached_node_ids, node_times_known, nodes, artifacts, failure,
                       validation_errors, vram_free_before_bytes, vram_free_after_bytes, vram_delta_bytes,
                       vram_peak_bytes, environment, fallback_notes, explanations))

}  // namespace comfytrace::model
