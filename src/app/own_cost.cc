#include "app/own_cost.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace comfytrace::app {
namespace {

std::int64_t cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) { return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec; };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

std::optional<std::int64_t> resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  if (!(statm >> total >> resident)) return std::nullopt;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

OwnCost::OwnCost(const base::Clock& clock) : clock_(clock), last_at_ms_(clock.steady_ms()), last_cpu_us_(cpu_us()) {
  cost_.resident_bytes = resident_bytes();
}

void OwnCost::sample() {
  const std::int64_t now_ms = clock_.steady_ms();
  const std::int64_t now_cpu_us = cpu_us();
  if (now_ms > last_at_ms_) {
    cost_.cpu_ratio =
        static_cast<double>(now_cpu_us - last_cpu_us_) / (1000.0 * static_cast<double>(now_ms - last_at_ms_));
  }
  cost_.resident_bytes = resident_bytes();
  last_at_ms_ = now_ms;
  last_cpu_us_ = now_cpu_us;
}

}  // namespace comfytrace::app
