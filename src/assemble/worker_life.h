#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::assemble {

// What we know of one worker between its prompts. ComfyUI has no boot id and forgets queue, history and numbers when
// it ends, so each connection counts as another life until something it still remembers proves otherwise.
class WorkerLife {
 public:
  void connected();
  void disconnected() { is_connected_ = false; }
  [[nodiscard]] bool is_connected() const { return is_connected_; }

  // The current life's number.
  [[nodiscard]] int now() const { return life_; }
  // The worker still knows something that we last saw in `life`.
  void remembers(int life);
  // Whether the worker of `life` is, provably, the one that runs now.
  [[nodiscard]] bool same_as(int life) const { return life >= first_; }

  // Readings of its devices, oldest first; the last few.
  void sampled(const std::vector<model::DeviceSample>& samples);
  [[nodiscard]] const std::deque<model::DeviceSample>& samples() const { return samples_; }

  // Prompts that are queued or executing as far as we know.
  std::set<std::string> open_prompts;

 private:
  bool is_connected_ = false;
  int life_ = 0;
  int first_ = 0;     // the lowest life that is known to be this one
  int previous_ = 0;  // the same of the life before
  std::deque<model::DeviceSample> samples_;
};

// Sets what the samples say on an attempt that executes or has just ended. Returns whether anything changed.
bool note_vram(model::Attempt& attempt, const std::deque<model::DeviceSample>& samples);

// How long after the end a reading still says what the attempt left behind.
inline constexpr std::int64_t kVramReachMs = 30'000;

}  // namespace comfytrace::assemble
