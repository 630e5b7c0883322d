#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "history/memory/memory_history.h"
#include "model/run.h"

// Runs whose truth is known, for the tests of answers.
namespace comfytrace::insight {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'790'000'000'000;  // 21 Sep 2026
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

struct MadeNode {
  std::string class_type;
  std::int64_t duration_ms = 0;
};

// A run of `scenes` equal scenes. Its duration is the nodes' together.
struct MadeRun {
  std::string run_id;
  std::int64_t created_at_ms = kStart;
  std::vector<MadeNode> nodes{{"CLIPTextEncode", 200}, {"KSampler", 24'000}, {"VAEDecode", 4'000}, {"SaveImage", 800}};
  int scenes = 1;
  bool node_times_known = true;
  bool cold = false;
  std::int64_t cold_ms = 6'000;
  model::Status status = model::Status::success;
  std::optional<model::ExitReason> exit_reason;
  int attempts = 1;  // all but the last run out of memory
  std::string structure = "structure-a";
  std::string workflow_name = "Portrait";
  std::string checkpoint = "sdxl.safetensors";
  std::string sampler = "euler";
  std::int64_t steps = 20;
  std::int64_t width = 1024;
  std::string worker = "worker-a";
  std::string device = "NVIDIA GeForce RTX 3090";
  std::string device_type = "cuda";
  std::string comfyui = "0.3.60";
  std::string pytorch = "2.8.0";
  std::int64_t queue_wait_ms = 2'000;
  std::optional<std::int64_t> vram_peak_bytes = 14 * kGiB;
  std::optional<std::int64_t> vram_free_before_bytes = 22 * kGiB;
  std::vector<std::string> fallback_notes;
  std::optional<model::QueuePolicy> policy;
};

inline model::Attempt made_attempt(const MadeRun& of, const std::string& prompt_id, std::int64_t started_at_ms) {
  model::Attempt attempt;
  attempt.prompt_id = prompt_id;
  attempt.worker_id = of.worker;
  attempt.status = of.status;
  if (!model::is_open(of.status)) {
    attempt.exit_reason = of.exit_reason.value_or(
        of.status == model::Status::success ? model::ExitReason::success : model::ExitReason::executionError);
  }
  attempt.queued_at_ms = of.created_at_ms;
  attempt.started_at_ms = started_at_ms;
  attempt.queue_wait_ms = started_at_ms - of.created_at_ms;
  attempt.cached_known = true;
  attempt.node_times_known = of.node_times_known;
  std::int64_t at = 0;
  int id = 1;
  const auto add = [&](const std::string& class_type, std::int64_t duration_ms) {
    model::NodeExecution node;
    node.node_id = node.display_node_id = std::to_string(id++);
    node.class_type = class_type;
    node.state = model::NodeState::finished;
    node.start_offset_ms = at;
    node.duration_ms = duration_ms;
    at += duration_ms;
    attempt.nodes.push_back(std::move(node));
  };
  if (of.cold) {
    add("CheckpointLoaderSimple", of.cold_ms);
  } else {
    model::NodeExecution node;
    node.node_id = node.display_node_id = std::to_string(id++);
    node.class_type = "CheckpointLoaderSimple";
    node.state = model::NodeState::cached;
    attempt.cached_node_ids.push_back(node.node_id);
    attempt.nodes.push_back(std::move(node));
  }
  for (const MadeNode& node : of.nodes) add(node.class_type, node.duration_ms);
  attempt.node_count = id - 1;
  if (!of.node_times_known) attempt.nodes.clear();
  attempt.finished_at_ms = started_at_ms + at;
  attempt.duration_ms = at;
  attempt.vram_peak_bytes = of.vram_peak_bytes;
  attempt.vram_free_before_bytes = of.vram_free_before_bytes;
  attempt.environment =
      model::AttemptEnvironment{of.device, of.device_type, 1, 24 * kGiB, of.comfyui, "3.12.3", of.pytorch, "linux"};
  attempt.fallback_notes = of.fallback_notes;
  return attempt;
}

inline model::Run made_run(const MadeRun& of) {
  model::Run run;
  run.run_id = of.run_id;
  run.title = of.workflow_name;
  run.workflow_name = of.workflow_name;
  run.created_at_ms = of.created_at_ms;
  run.policy = of.policy;
  std::int64_t at = of.created_at_ms + of.queue_wait_ms;
  for (int i = 0; i < of.scenes; ++i) {
    model::Scene scene;
    scene.scene_id = "scene-" + std::to_string(i + 1);
    scene.workflow_fingerprint = of.structure;
    scene.parameters.checkpoints = {of.checkpoint};
    scene.parameters.sampler = of.sampler;
    scene.parameters.steps = of.steps;
    scene.parameters.width = of.width;
    scene.parameters.height = 1024;
    scene.work_size = of.width * 1024 * of.steps;
    for (int attempt = 1; attempt <= of.attempts; ++attempt) {
      MadeRun as = of;
      if (attempt < of.attempts) {
        as.status = model::Status::failed;
        as.exit_reason = model::ExitReason::outOfMemory;
      }
      scene.attempts.push_back(
          made_attempt(as, of.run_id + "-" + std::to_string(i) + "-" + std::to_string(attempt), at));
      at = *scene.attempts.back().finished_at_ms;
    }
    run.scenes.push_back(std::move(scene));
  }
  model::roll_up(run);
  return run;
}

// A run that has done the nodes before `running`.
inline model::Run executing(const MadeRun& made, std::size_t running) {
  model::Run run = made_run(made);
  auto& attempt = run.scenes[0].attempts[0];
  attempt.status = model::Status::executing;
  attempt.exit_reason.reset();
  attempt.finished_at_ms.reset();
  attempt.duration_ms.reset();
  attempt.nodes.resize(running + 1);
  attempt.nodes[running].state = model::NodeState::running;
  attempt.nodes[running].duration_ms.reset();
  model::roll_up(run);
  return run;
}

// The moment when this node of its first attempt has run for so long.
inline std::int64_t now_in(const model::Run& run, std::size_t node, std::int64_t elapsed_ms) {
  const auto& attempt = run.scenes[0].attempts[0];
  return *attempt.started_at_ms + *attempt.nodes[node].start_offset_ms + elapsed_ms;
}

inline void keep(history::MemoryHistory& history, const MadeRun& of) {
  const std::vector<model::Run> runs{made_run(of)};
  ASSERT_TRUE(history.save(runs).ok());
}

// Normal noise, the same on every machine.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0; }
  [[nodiscard]] double normal() {
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
  }
  // `duration_ms` with this coefficient of variation.
  [[nodiscard]] std::int64_t around(double duration_ms, double variation) {
    return std::llround(duration_ms * std::exp(variation * normal()));
  }

 private:
  std::mt19937_64 random_;
};

// The `index`th run of a series, an hour after the one before, with noise in each node.
inline MadeRun nth(int index, Noise& noise, double variation = 0.02, double slower = 1) {
  MadeRun run;
  run.run_id = "run-" + std::to_string(index);
  run.created_at_ms = kStart + index * kHour;
  for (MadeNode& node : run.nodes)
    node.duration_ms = noise.around(static_cast<double>(node.duration_ms) * slower, variation);
  return run;
}

}  // namespace comfytrace::insight
