#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "comfyui/event.h"
#include "model/run.h"
#include "model/worker.h"

// The bodies of ComfyUI's HTTP answers, decoded. Pure; any thread. Keys that carry credentials
// (api_key_comfy_org, auth_token_comfy_org) are dropped here and reach nothing else.
namespace comfytrace::comfyui {

// The 5-element array of /queue and /history.
struct QueueItem {
  double number = 0;  // the worker's priority; restarts at 0 with it
  std::string prompt_id;
  base::json::value graph;       // object: node id -> {class_type, inputs, _meta}
  base::json::value extra_data;  // object, without credentials
  std::vector<std::string> output_node_ids;
  [[nodiscard]] std::optional<std::string> client_id() const;
  [[nodiscard]] std::optional<std::int64_t> create_time_ms() const;  // 0.8.0 and later
};

struct QueueSnapshot {
  std::vector<QueueItem> running;
  std::vector<QueueItem> pending;  // sorted by number: run order
};

struct HistoryEntry {
  QueueItem prompt;
  base::json::value outputs;  // object: node id -> ui output
  std::string status_text;    // "success" or "error"; empty if the entry has none
  bool completed = false;
  std::vector<Event> messages;  // execution_start … the last one is the outcome
  base::json::value meta;       // object: node id -> {display_node, parent_node, real_node_id}
};

struct SystemStats {
  model::Worker worker;  // without ids, name and url
  std::vector<std::string> argv;
};

// The answer to POST /prompt, 200 or 400.
struct PromptAnswer {
  bool accepted = false;
  std::string prompt_id;
  std::optional<double> number;
  std::optional<std::string> error_type;  // of a rejected one
  std::optional<std::string> error_message;
  std::vector<model::ValidationError> node_errors;  // may be there although accepted: that output is not run
};

// Errors: invalid, with the path. One broken item does not spoil the rest: it is left out and counted by the caller
// through `skipped`, if given.
[[nodiscard]] base::Result<QueueSnapshot> decode_queue(std::string_view body, std::size_t* skipped = nullptr);
[[nodiscard]] base::Result<std::vector<HistoryEntry>> decode_history(std::string_view body,
                                                                     std::size_t* skipped = nullptr);
[[nodiscard]] base::Result<SystemStats> decode_system_stats(std::string_view body);
[[nodiscard]] base::Result<PromptAnswer> decode_prompt_answer(int http_status, std::string_view body);
// The same of a refusal's `error` and `node_errors` alone; either may be nullptr.
[[nodiscard]] PromptAnswer refusal_of(const base::json::value* error, const base::json::value* node_errors);
[[nodiscard]] base::Result<std::int64_t> decode_queue_remaining(std::string_view body);  // GET /prompt

// The artifacts in one node's ui output (of `executed` or of history's outputs).
[[nodiscard]] std::vector<model::Artifact> read_artifacts(std::string_view node_id, const base::json::value& output);

}  // namespace comfytrace::comfyui
