#pragma once

#include <cstdint>
#include <optional>

namespace comfytrace::alert {

// What one look at a condition says. `between` is neither bad enough to raise nor good enough to clear.
enum class Level { clear, between, raise };

// How long a level must last to count, in time and in looks.
struct Holds {
  std::int64_t raise_ms = 0;
  std::int64_t clear_ms = 0;
  std::int64_t raise_looks = 1;
  std::int64_t clear_looks = 1;
};

// Whether a condition holds, so that noise around a threshold does not make it flap: to change it takes a level that
// has lasted without a break. Pure; times are steady milliseconds.
class Hysteresis {
 public:
  Hysteresis() = default;
  explicit Hysteresis(bool raised) : raised_(raised) {}

  // Takes one look at the condition.
  void look(Level level, std::int64_t steady_ms);
  // Whether the last level has lasted long enough to change it; says true once a change. To be asked after each look,
  // and as time goes by.
  [[nodiscard]] bool turns(const Holds& holds, std::int64_t steady_ms);
  [[nodiscard]] bool raised() const { return raised_; }
  // Since when the present level lasts; absent before the first look.
  [[nodiscard]] std::optional<std::int64_t> since_ms() const { return since_ms_; }

 private:
  bool raised_ = false;
  Level level_ = Level::between;
  std::optional<std::int64_t> since_ms_;
  std::int64_t looks_ = 0;
};

}  // namespace comfytrace::alert
