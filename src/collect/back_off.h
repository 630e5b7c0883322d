#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "collect/collector_timings.h"

namespace comfytrace::collect {

// How long to wait before the next try. Never gives up.
class BackOff {
 public:
  explicit BackOff(const CollectorTimings& timings);

  // The wait after one more failure.
  [[nodiscard]] std::int64_t next_ms();
  // The same where trying soon makes no sense.
  [[nodiscard]] std::int64_t next_slow_ms();
  void reset() { failures_ = 0; }
  // In a row.
  [[nodiscard]] std::int64_t failures() const { return failures_; }

 private:
  [[nodiscard]] std::int64_t varied(std::int64_t delay_ms) const;

  std::vector<std::int64_t> schedule_ms_;
  std::int64_t slow_ms_;
  double jitter_ratio_;
  std::function<double()> random_;
  std::int64_t failures_ = 0;
};

}  // namespace comfytrace::collect
