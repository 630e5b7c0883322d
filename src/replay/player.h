#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "replay/core.h"
#include "replay/rewriting.h"

namespace comfytrace::replay {

// Walks through the recordings' timelines and makes them happen. I/O thread only.
class Player {
 public:
  struct Handlers {
    std::function<void(bool memory_lost)> down;
    std::function<void()> up;
    std::function<void(std::int64_t for_us)> hang;
    std::function<bool()> must_wait;  // a posted prompt runs: the next recorded one cannot start
    std::function<void()> moved;      // a recorded prompt has left the queue, or all has been played
    std::function<void()> finished;
  };
  Player(Core& core, Handlers handlers);

  void begin();
  void stop();
  // Time stands still between the two. Counted.
  void hold();
  void release();
  // Goes on if it waited for a posted prompt.
  void wake();
  [[nodiscard]] bool begun() const { return begun_; }
  // A recorded prompt runs.
  [[nodiscard]] bool busy() const;

  // What clients do to recorded prompts; those that are left out go on as recorded.
  bool interrupt(const std::optional<std::string>& id);
  // All that is in the queue vanishes: its frames are not sent any more.
  void abandon();

 private:
  void begin_pass();
  void end_pass();
  void schedule();
  void step_through(std::uint64_t generation);
  bool happen(const Step& step);
  void show(const Step& step);
  [[nodiscard]] RecordedPrompt rewritten(std::size_t prompt) const;
  [[nodiscard]] const ServerModel& model() const { return core_.models[core_.model]; }
  [[nodiscard]] std::string live_id(std::size_t prompt) const;

  Core& core_;
  Handlers handlers_;
  asio::steady_timer timer_;
  Rewriting rewriting_;
  std::set<std::size_t> gone_;  // prompts of this pass that no longer happen
  std::size_t next_ = 0;
  std::uint64_t pass_ = 0;
  std::uint64_t generation_ = 0;
  std::int64_t origin_us_ = 0;  // steady time of the pass's offset 0
  std::int64_t held_since_us_ = 0;
  std::int64_t wall_origin_ms_ = 0;
  double number_shift_ = 0;
  int holds_ = 0;
  bool begun_ = false;
  bool over_ = false;
  bool waits_ = false;  // for a posted prompt
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace comfytrace::replay
