#include "alert/hysteresis.h"

namespace comfytrace::alert {

void Hysteresis::look(Level level, std::int64_t steady_ms) {
  if (level != level_ || !since_ms_) {
    level_ = level;
    since_ms_ = steady_ms;
    looks_ = 0;
  }
  ++looks_;
}

bool Hysteresis::turns(const Holds& holds, std::int64_t steady_ms) {
  if (!since_ms_ || level_ != (raised_ ? Level::clear : Level::raise)) return false;
  const std::int64_t lasted_ms = steady_ms - *since_ms_;
  if (lasted_ms < (raised_ ? holds.clear_ms : holds.raise_ms)) return false;
  if (looks_ < (raised_ ? holds.clear_looks : holds.raise_looks)) return false;
  raised_ = !raised_;
  return true;
}

}  // namespace comfytrace::alert
