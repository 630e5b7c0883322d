#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "collect/worker_requests.h"
#include "comfyui/body.h"

namespace comfytrace::collect {

// Reads /system_stats: often while something runs, seldom while nothing does, and at every change between the two, so
// that an attempt has a reading from before and from after it.
class StatsPoll {
 public:
  struct Handlers {
    std::function<void(comfyui::SystemStats)> stats;
    std::function<void(const base::Error&)> failed;
  };

  StatsPoll(const base::Clock& clock, WorkerRequests& requests, const CollectorTimings& timings, Handlers handlers);

  void start();
  // After WorkerRequests::cancel_all().
  void stop() { running_ = in_flight_ = false; }
  void tick(bool busy);

 private:
  void poll();
  void take(base::Result<std::string> body);

  const base::Clock& clock_;
  WorkerRequests& requests_;
  const CollectorTimings& timings_;
  Handlers handlers_;
  bool running_ = false;
  bool in_flight_ = false;
  bool busy_ = false;
  std::int64_t next_ms_ = 0;  // steady
};

}  // namespace comfytrace::collect
