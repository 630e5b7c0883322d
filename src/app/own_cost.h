#pragma once

#include <cstdint>
#include <optional>

#include "api/services.h"
#include "base/clock.h"

namespace comfytrace::app {

// What this process itself uses of the machine. I/O thread only.
class OwnCost {
 public:
  explicit OwnCost(const base::Clock& clock);
  // Takes a reading; call every few seconds. The ratio is over the time since the last but one reading.
  void sample();
  [[nodiscard]] api::Cost current() const { return cost_; }

 private:
  const base::Clock& clock_;
  std::int64_t last_at_ms_;
  std::int64_t last_cpu_us_;
  api::Cost cost_;
};

}  // namespace comfytrace::app
