#pragma once

#include <cstdint>

namespace comfytrace::base {

// Where the program gets the time from. Pure parts (comfyui/, assemble/) never ask: they are told.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, epoch milliseconds. May jump.
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
  // Milliseconds since an arbitrary point; never goes back. For durations and timeouts.
  [[nodiscard]] virtual std::int64_t steady_ms() const = 0;
};

// The machine's clocks. Any thread.
[[nodiscard]] const Clock& system_clock();

// A clock that a test sets by hand.
class FakeClock : public Clock {
 public:
  explicit FakeClock(std::int64_t at_ms) : wall_ms_(at_ms) {}
  [[nodiscard]] std::int64_t now_ms() const override { return wall_ms_; }
  [[nodiscard]] std::int64_t steady_ms() const override { return steady_ms_; }
  void advance_ms(std::int64_t by_ms) {
    wall_ms_ += by_ms;
    steady_ms_ += by_ms;
  }
  // Moves the wall clock alone, as a correction of the system time does.
  void jump_wall_ms(std::int64_t by_ms) { wall_ms_ += by_ms; }

 private:
  std::int64_t wall_ms_;
  std::int64_t steady_ms_ = 0;
};

}  // namespace comfytrace::base
