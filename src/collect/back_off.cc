#include "collect/back_off.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace comfytrace::collect {

BackOff::BackOff(const CollectorTimings& timings)
    : schedule_ms_(timings.back_off_ms),
      slow_ms_(timings.slow_retry_ms),
      jitter_ratio_(timings.jitter_ratio),
      random_(timings.random) {
  if (!random_) {
    random_ = [engine = std::make_shared<std::mt19937>(std::random_device{}())] {
      return std::uniform_real_distribution<double>(0, 1)(*engine);
    };
  }
}

std::int64_t BackOff::next_ms() {
  const auto step = static_cast<std::size_t>(failures_++);
  return varied(step < schedule_ms_.size() ? schedule_ms_[step] : slow_ms_);
}

std::int64_t BackOff::next_slow_ms() {
  ++failures_;
  return varied(slow_ms_);
}

std::int64_t BackOff::varied(std::int64_t delay_ms) const {
  // Several recorders that lose the same worker must not all come back in the same millisecond.
  const double factor = 1 + jitter_ratio_ * (2 * random_() - 1);
  return std::max<std::int64_t>(0, std::llround(static_cast<double>(delay_ms) * factor));
}

}  // namespace comfytrace::collect
