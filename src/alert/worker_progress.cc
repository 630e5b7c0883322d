#include "alert/worker_progress.h"

#include <algorithm>

namespace comfytrace::alert {
namespace {

constexpr std::size_t kDurations = 50;
constexpr std::size_t kExecuting = 64;  // a worker executes one at a time; what was lost must not pile up

}  // namespace

void WorkerProgress::take(const model::WorkerState& state, std::int64_t steady_ms) {
  const bool begins_to_wait = state_.queue_pending == 0 && state.queue_pending > 0;
  const bool moved = state.queue_running != state_.queue_running || state.queue_pending < state_.queue_pending;
  if (!known_ || begins_to_wait || moved) moved_at_ms_ = steady_ms;
  known_ = true;
  state_ = state;
}

void WorkerProgress::take(const model::LiveScene& scene, std::int64_t steady_ms) {
  if (scene.status == model::Status::queued) return;
  if (!model::is_open(scene.status)) {
    moved_at_ms_ = steady_ms;
    steps_.erase(scene.prompt_id);
    return;
  }
  Step step{scene.status, scene.nodes_done, scene.node ? scene.node->node_id : "",
            scene.node ? scene.node->progress_value : std::nullopt};
  const auto place = steps_.find(scene.prompt_id);
  if (place != steps_.end() && place->second == step) return;
  if (steps_.size() >= kExecuting) steps_.clear();
  steps_.insert_or_assign(scene.prompt_id, std::move(step));
  moved_at_ms_ = steady_ms;
}

void WorkerProgress::learn_duration(std::int64_t duration_ms) {
  durations_ms_.push_back(duration_ms);
  if (durations_ms_.size() > kDurations) durations_ms_.pop_front();
}

std::optional<std::int64_t> WorkerProgress::still_since_ms() const {
  if (state_.queue_pending == 0) return std::nullopt;
  return moved_at_ms_;
}

std::optional<std::int64_t> WorkerProgress::longest_ms() const {
  const auto longest = std::ranges::max_element(durations_ms_);
  return longest == durations_ms_.end() ? std::nullopt : std::optional(*longest);
}

std::optional<std::int64_t> WorkerProgress::vram_total_bytes() const {
  for (const model::Device& device : state_.worker.devices) {
    if (device.type != "cpu" && device.vram_total_bytes) return device.vram_total_bytes;
  }
  return std::nullopt;
}

}  // namespace comfytrace::alert
