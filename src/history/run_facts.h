#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/run.h"

// What statistics and comparisons need of a run, taken out of it once. Units and missing values as in model/attempt.h;
// an empty text is "not known".
namespace comfytrace::history {

// What must be equal for two pieces of work to be like for like, strictest first. Text is compared verbatim.
struct WorkKey {
  std::string structure;  // the graph's fingerprint; of a run of several structures a digest of all of them
  std::string models;     // digest of every model file: checkpoints, LoRAs with strengths, VAEs, text encoders
  std::optional<std::int64_t> work_size;  // pixels x frames x steps, summed over the scenes; absent if one is not known
  std::int64_t scene_count = 1;
  std::string device;           // device name of the last attempts; empty if not known or if they differ
  std::string executed;         // digest of which nodes were cached and so not executed; empty if that is not known
  std::optional<bool> is_cold;  // whether a model file was loaded; absent if that is not known
  bool operator==(const WorkKey&) const = default;
};

struct SceneFacts {
  std::string scene_id;
  model::Status status = model::Status::queued;
  std::optional<model::ExitReason> exit_reason;
  std::optional<std::int64_t> duration_ms;  // of the last attempt
  std::int64_t attempt_count = 0;
  WorkKey key;
  bool operator==(const SceneFacts&) const = default;
};

// What the executions of one class of node in a run took together. Cached ones do not count.
struct NodeClassFacts {
  std::string class_type;
  std::int64_t executions = 0;
  std::int64_t duration_ms = 0;
  bool operator==(const NodeClassFacts&) const = default;
};

struct RunFacts {
  std::string run_id;
  model::Status status = model::Status::queued;
  std::optional<model::ExitReason> exit_reason;
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<std::int64_t> duration_ms;    // sum of the scenes' last attempts: GPU time
  std::optional<std::int64_t> queue_wait_ms;  // of the first attempt
  std::optional<std::int64_t> vram_peak_bytes;
  std::optional<std::int64_t> vram_free_before_bytes;  // of the first attempt that has one
  std::optional<std::int64_t> vram_total_bytes;        // of the device
  std::optional<std::int64_t> frames;  // pictures, and frames of films, that came out; absent if no scene succeeded
  std::int64_t scene_count = 0;
  std::int64_t scenes_succeeded = 0;
  std::int64_t attempt_count = 0;
  std::int64_t attempts_out_of_memory = 0;
  std::int64_t attempts_timed_out = 0;  // maxWait, attemptLimit, postExecution without success
  std::int64_t fallback_count = 0;      // fallback notes of all attempts
  std::string workflow_name;
  std::string fingerprint;          // of the first scene
  std::string model;                // first checkpoint of the first scene
  std::vector<std::string> models;  // every checkpoint, sorted, each once
  std::vector<std::string> worker_ids;
  std::vector<std::string> devices;  // device names, sorted, each once
  std::string story_id;
  std::string story_title;
  std::vector<std::string> tags;
  bool archived = false;
  // The first attempt's environment: what changes with an update.
  std::string comfyui_version;
  std::string pytorch_version;
  WorkKey key;
  std::vector<SceneFacts> scenes;
  std::vector<NodeClassFacts> node_classes;  // sorted by class; only of attempts whose node times are known
  bool operator==(const RunFacts&) const = default;
};

// Pure; any thread.
[[nodiscard]] RunFacts facts_of(const model::Run& run);
// The same for whom the list line is at hand.
[[nodiscard]] RunFacts facts_of(const model::Run& run, const model::RunSummary& line);
// The same in place of what `facts` was, whose room it takes: for whom many runs go by.
void put_facts(const model::Run& run, const model::RunSummary& line, RunFacts& facts);

// Whether one of `attempt`'s nodes loaded a model file, as far as the record tells.
[[nodiscard]] std::optional<bool> is_cold(const model::Scene& scene, const model::Attempt& attempt);

}  // namespace comfytrace::history
