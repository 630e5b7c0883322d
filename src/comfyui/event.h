#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"

// What ComfyUI sends over its WebSocket, decoded. Every text is bounded and valid UTF-8; every list is bounded.
namespace comfytrace::comfyui {

struct StatusEvent {
  std::optional<std::int64_t> queue_remaining;  // pending + running
  std::optional<std::string> sid;               // only in the first frame of a connection
};

struct ExecutionStart {
  std::string prompt_id;
  std::optional<std::int64_t> timestamp_ms;  // the server's wall clock
};

struct ExecutionCached {
  std::string prompt_id;
  std::vector<std::string> node_ids;
  std::optional<std::int64_t> timestamp_ms;
};

struct NodeProgress {
  std::string node_id;
  std::string display_node_id;
  std::optional<std::string> parent_node_id;
  bool finished = false;  // state "finished"; anything else counts as running
  std::optional<double> value;
  std::optional<double> max;
  std::optional<std::string> activity;  // newer servers: "loading"
  // What only our extension tells. Times are the worker's clock, epoch ms; an end comes with its start.
  std::string class_type;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<std::int64_t> vram_peak_bytes;  // model::NodeExecution
};

// A snapshot of all nodes that have started so far; the only signal of a node's end.
struct ProgressState {
  std::string prompt_id;
  std::vector<NodeProgress> nodes;  // in the order of the frame
};

// `node_id` absent: the end marker of the prompt. `prompt_id` absent: sent on connecting, about the prompt now running.
struct Executing {
  std::optional<std::string> prompt_id;
  std::optional<std::string> node_id;
  std::optional<std::string> display_node_id;
};

struct Progress {
  std::optional<std::string> prompt_id;
  std::optional<std::string> node_id;
  double value = 0;
  double max = 0;
};

struct Executed {
  std::string prompt_id;
  std::string node_id;
  std::string display_node_id;
  base::json::value output;  // null for a cached output node without ui
};

struct ExecutionSuccess {
  std::string prompt_id;
  std::optional<std::int64_t> timestamp_ms;
};

struct ExecutionInterrupted {
  std::string prompt_id;
  std::string node_id;
  std::string node_type;
  std::vector<std::string> executed;
  std::optional<std::int64_t> timestamp_ms;
};

struct ExecutionError {
  std::string prompt_id;
  std::string node_id;
  std::string node_type;
  std::string exception_type;
  std::string exception_message;  // without trailing newlines
  std::vector<std::string> traceback;
  std::vector<std::string> executed;
  std::optional<std::int64_t> timestamp_ms;
  // "ExecutionBlocked": a notice about one node; the prompt goes on.
  [[nodiscard]] bool is_blocked() const { return exception_type == "ExecutionBlocked"; }
  [[nodiscard]] bool is_out_of_memory() const;
};

struct FeatureFlags {
  base::json::value flags;
};

struct LogEntry {
  std::string local_time;  // the server's, without zone
  std::string message;
};
struct Logs {
  std::vector<LogEntry> entries;
};

// `format` "jpeg" or "png". `prompt_id`/`node_id` only in frames with metadata.
struct PreviewImage {
  std::string format;
  std::string image;  // the file's bytes
  std::optional<std::string> prompt_id;
  std::optional<std::string> node_id;
  std::optional<std::string> display_node_id;
};

// A node's progress text.
struct NodeText {
  std::string node_id;
  std::string text;
};

// Any other type, from custom nodes or newer servers. Kept as it came.
struct UnknownEvent {
  std::string type;
  base::json::value data;
};
// A binary frame of a type we do not know; only its size is kept.
struct UnknownBinary {
  std::uint32_t type = 0;
  std::size_t bytes = 0;
};

using Event = std::variant<StatusEvent, ExecutionStart, ExecutionCached, ProgressState, Executing, Progress, Executed,
                           ExecutionSuccess, ExecutionInterrupted, ExecutionError, FeatureFlags, Logs, PreviewImage,
                           NodeText, UnknownEvent, UnknownBinary>;

// The prompt an event is about; nullptr if it does not say.
[[nodiscard]] const std::string* prompt_id_of(const Event& event);

}  // namespace comfytrace::comfyui
