#include "assemble/worker_life.h"

#include <algorithm>

namespace comfytrace::assemble {
namespace {

constexpr std::size_t kKeptSamples = 64;

}  // namespace

void WorkerLife::connected() {
  if (is_connected_) return;
  is_connected_ = true;
  environment.reset();
  previous_ = first_;
  first_ = ++life_;
  previous_alive_since_ms_ = alive_since_ms_;
  alive_since_ms_ = std::numeric_limits<std::int64_t>::max();
}

void WorkerLife::remembers(int life, std::optional<std::int64_t> queued_ms) {
  if (queued_ms) alive_since_ms_ = std::min(alive_since_ms_, *queued_ms);
  if (life >= first_ || life == kBeforeOurStart) return;
  if (life >= previous_) alive_since_ms_ = std::min(alive_since_ms_, previous_alive_since_ms_);
  first_ = life >= previous_ ? previous_ : life;
}

bool WorkerLife::same_as(int life, std::optional<std::int64_t> queued_ms) const {
  if (life != kBeforeOurStart) return life >= first_;
  return queued_ms && *queued_ms >= alive_since_ms_;
}

void WorkerLife::sampled(const std::vector<model::DeviceSample>& samples) {
  for (const model::DeviceSample& sample : samples) {
    if (std::ranges::find(samples_, sample) != samples_.end()) continue;
    // ComfyUI computes on its first device; a second one would only blur the reading.
    if (!samples_.empty() && sample.device_index > samples_.back().device_index) continue;
    if (!samples_.empty() && sample.device_index < samples_.back().device_index) samples_.clear();
    samples_.push_back(sample);
  }
  std::ranges::stable_sort(samples_, {}, &model::DeviceSample::at_ms);
  while (samples_.size() > kKeptSamples) samples_.pop_front();
}

bool note_vram(model::Attempt& attempt, const std::deque<model::DeviceSample>& samples) {
  if (!attempt.started_at_ms) return false;
  const std::int64_t start = *attempt.started_at_ms;
  bool changed = false;
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;
  for (const model::DeviceSample& sample : samples) {
    if (sample.at_ms <= start && start - sample.at_ms <= kVramReachMs) before = sample.vram_free_bytes;
    const bool is_after = attempt.finished_at_ms && sample.at_ms >= *attempt.finished_at_ms;
    if (is_after && !after && sample.at_ms - *attempt.finished_at_ms <= kVramReachMs) after = sample.vram_free_bytes;
    if (sample.at_ms >= start && !is_after && sample.vram_used_bytes &&
        *sample.vram_used_bytes > attempt.vram_peak_bytes.value_or(-1)) {
      attempt.vram_peak_bytes = sample.vram_used_bytes;
      changed = true;
    }
  }
  if (before && !attempt.vram_free_before_bytes) {
    attempt.vram_free_before_bytes = before;
    changed = true;
  }
  if (after && !attempt.vram_free_after_bytes) {
    attempt.vram_free_after_bytes = after;
    changed = true;
  }
  if (attempt.vram_free_before_bytes && attempt.vram_free_after_bytes && !attempt.vram_delta_bytes) {
    attempt.vram_delta_bytes = *attempt.vram_free_after_bytes - *attempt.vram_free_before_bytes;
    changed = true;
  }
  return changed;
}

}  // namespace comfytrace::assemble
