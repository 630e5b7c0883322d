#pragma once

#include <cstdint>
#include <deque>
#include <limits>
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
  // Of what an earlier life of ours saw: several lives of the worker may have passed in it.
  static constexpr int kBeforeOurStart = -1;

  void connected();
  void disconnected() { is_connected_ = false; }
  [[nodiscard]] bool is_connected() const { return is_connected_; }

  // The current life's number.
  [[nodiscard]] int now() const { return life_; }
  // The worker still knows something that we last saw in `life`, and that was queued at `queued_ms` if that is known.
  void remembers(int life, std::optional<std::int64_t> queued_ms);
  // Whether what we last saw in `life`, queued at `queued_ms`, was, provably, with the worker that runs now.
  [[nodiscard]] bool same_as(int life, std::optional<std::int64_t> queued_ms) const;

  // Readings of its devices, oldest first; the last few.
  void sampled(const std::vector<model::DeviceSample>& samples);
  [[nodiscard]] const std::deque<model::DeviceSample>& samples() const { return samples_; }

  // What its prompts run on, as told in the current life.
  std::optional<model::AttemptEnvironment> environment;

  // Prompts that are queued or executing as far as we know.
  std::set<std::string> open_prompts;

 private:
  bool is_connected_ = false;
  int life_ = 0;
  int first_ = 0;     // the lowest life that is known to be this one
  int previous_ = 0;  // the same of the life before
  // Since when the worker of now has been running at the latest, and the one before: it was there already when the
  // earliest of what it remembers was queued.
  std::int64_t alive_since_ms_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t previous_alive_since_ms_ = std::numeric_limits<std::int64_t>::max();
  std::deque<model::DeviceSample> samples_;
};

// The earliest time at which the worker is known to have had this attempt.
[[nodiscard]] inline std::optional<std::int64_t> known_since(const model::Attempt& attempt) {
  return attempt.queued_at_ms ? attempt.queued_at_ms : attempt.started_at_ms;
}

// Sets what the samples say on an attempt that executes or has just ended. Returns whether anything changed.
bool note_vram(model::Attempt& attempt, const std::deque<model::DeviceSample>& samples);

// How long after the end a reading still says what the attempt left behind.
inline constexpr std::int64_t kVramReachMs = 30'000;

}  // namespace comfytrace::assemble
