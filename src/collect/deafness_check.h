#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "collect/worker_requests.h"

namespace comfytrace::collect {

// ComfyUI can forget a socket that stays open (when an older connection under the same id ends late): it answers pings
// and sends nothing any more. Noticed by a queue length that no status frame told, twice in a row.
class DeafnessCheck {
 public:
  struct Handlers {
    std::function<void(std::int64_t queue_remaining)> untold;  // go and look
    std::function<void()> deaf;
  };

  DeafnessCheck(const base::Clock& clock, WorkerRequests& requests, const CollectorTimings& timings, Handlers handlers);

  void start();
  // After WorkerRequests::cancel_all().
  void stop() { running_ = in_flight_ = false; }
  void on_status(std::int64_t queue_remaining);
  void tick();

 private:
  void take(base::Result<std::string> body);

  const base::Clock& clock_;
  WorkerRequests& requests_;
  const CollectorTimings& timings_;
  Handlers handlers_;
  bool running_ = false;
  bool in_flight_ = false;
  bool told_since_asking_ = false;
  std::int64_t told_ = 0;
  int untold_in_a_row_ = 0;
  std::int64_t next_ms_ = 0;  // steady
};

}  // namespace comfytrace::collect
