#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/attempt.h"
#include "model/parameters.h"
#include "model/worker.h"

// The workflows and workers that generated histories are made of. Fixed data; any thread.
namespace comfytrace::generate {

inline constexpr std::size_t kMaxNodes = 16;  // of a graph

// What a node does, which says what it costs and when ComfyUI holds it in its cache.
enum class Work {
  load,    // cost: seconds to load its file on the reference worker; cached while the graph stays
  encode,  // cost: ms; cached while the prompt stays
  setup,   // cost: ms; cached while the graph stays
  sample,  // cost: ns per pixel, frame and step
  decode,  // cost: ns per pixel and frame
  save,    // cost: ns per pixel and frame, on the CPU
};

struct NodePlan {
  std::string node_id;
  std::string class_type;
  std::string title;
  Work work;
  double cost;
  std::int64_t steps = 0;  // of Work::sample
};

struct FrameSize {
  std::int64_t width;
  std::int64_t height;
};

struct Workflow {
  std::string name;
  std::string user;
  std::string fingerprint;
  std::vector<NodePlan> nodes;   // in order of execution; the last one saves
  model::Parameters parameters;  // without size, seed and prompt
  std::vector<FrameSize> sizes;
  double popularity;         // share of all runs
  double story_share;        // share of its runs that have several scenes
  std::int64_t model_bytes;  // VRAM while loaded
  std::int64_t pixel_bytes;  // VRAM per pixel and frame while it samples
  model::MediaKind kind = model::MediaKind::image;
  std::string changed_model;  // what Scenario::modelChange puts in place of the first checkpoint

  [[nodiscard]] std::int64_t frames() const { return parameters.frames.value_or(1); }
  // pixels x frames x steps; absent without a sampler
  [[nodiscard]] std::optional<std::int64_t> work_size(const FrameSize& size) const;
};

struct WorkerPlan {
  model::Worker worker;
  model::AttemptEnvironment environment;
  model::AttemptEnvironment updated;  // after an update
  double speed;                       // times the reference GPU's
  double disk_speed;                  // times the reference disk's
  bool tells_nodes;                   // our extension is inside it
  std::int64_t idle_bytes;            // VRAM in use with no model loaded
};

// The `count` most used workflows; 1 .. kWorkflows.
inline constexpr std::int64_t kWorkflows = 9;
[[nodiscard]] std::vector<Workflow> workflows(std::int64_t count);

// 1 .. kMaxWorkers of them; beyond kGpuCount they are like the first ones again.
inline constexpr std::int64_t kGpuCount = 6;
inline constexpr std::int64_t kMaxWorkers = 60;
[[nodiscard]] std::vector<WorkerPlan> workers(std::int64_t count, std::int64_t first_seen_at_ms);

// How long the node takes on `worker`, without noise.
[[nodiscard]] double duration_ms(const Workflow& workflow, const NodePlan& node, const FrameSize& size,
                                 const WorkerPlan& worker);

}  // namespace comfytrace::generate
