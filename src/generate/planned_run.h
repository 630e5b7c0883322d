#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "generate/catalogue.h"
#include "model/run.h"

// A run as numbers: what was drawn for it, before it is written out as a run or as facts.
namespace comfytrace::generate {

// What ComfyUI held in its cache when an attempt began.
enum class Cached : std::uint8_t {
  nothing,     // another graph ran before
  models,      // the same graph: the prompt is new
  allButSeed,  // the same prompt: only what follows from the seed is executed
};

struct Id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

struct PlannedAttempt {
  Id prompt_id;
  model::ExitReason exit_reason = model::ExitReason::success;
  Cached cached = Cached::nothing;
  std::size_t nodes_begun = 0;                    // of the graph's order; the last of them is the one it ended in
  std::array<std::int32_t, kMaxNodes> node_ms{};  // of nodes that were begun and not cached
  std::int64_t queue_number = 0;
  std::int64_t queued_at_ms = 0;
  std::optional<std::int64_t> started_at_ms;
  std::int64_t finished_at_ms = 0;
  std::optional<std::int64_t> vram_free_before_bytes;
  std::optional<std::int64_t> vram_free_after_bytes;
  std::optional<std::int64_t> vram_peak_bytes;
};

struct PlannedScene {
  std::uint64_t seed = 0;
  std::uint64_t prompt = 0;  // which text
  std::vector<PlannedAttempt> attempts;
};

struct PlannedRun {
  Id run_id;
  std::int64_t number = 0;  // 0: the first
  const Workflow* workflow = nullptr;
  const WorkerPlan* worker = nullptr;
  std::size_t size = 0;  // of workflow->sizes
  const model::AttemptEnvironment* environment = nullptr;
  bool on_cpu = false;
  bool model_changed = false;
  bool grouped = false;
  bool driven = false;  // by us, under a queue policy
  bool backfilled = false;
  bool archived = false;
  bool tagged = false;
  std::int64_t retry_budget = 0;
  std::int64_t max_wait_ms = 0;
  std::optional<std::int64_t> story;
  std::int64_t created_at_ms = 0;
  std::vector<PlannedScene> scenes;

  [[nodiscard]] const FrameSize& frame_size() const { return workflow->sizes[size]; }
};

[[nodiscard]] model::Status status_of(model::ExitReason reason);
// Whether this node of the graph was in the cache.
[[nodiscard]] bool was_cached(const Workflow& workflow, std::size_t node, Cached cached);
// The first start offset of a node, and the pause between two.
inline constexpr std::int64_t kFirstOffsetMs = 4;
inline constexpr std::int64_t kPauseMs = 1;

}  // namespace comfytrace::generate
