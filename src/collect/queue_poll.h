#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "collect/worker_requests.h"
#include "comfyui/body.h"
#include "net/timer.h"

namespace comfytrace::collect {

// Keeps up with a worker's queue: asks soon after every status frame and once a tick while something is queued. One
// request at a time, and never so often that a long queue (whose answer holds every graph) costs the worker much.
class QueuePoll {
 public:
  struct Handlers {
    std::function<void(comfyui::QueueSnapshot)> snapshot;
    // Prompts may have ended unseen: the queue has run empty, or many have ended since this was last said.
    std::function<void()> ended;
    std::function<void(const base::Error&)> failed;
  };

  QueuePoll(net::asio::io_context& io, const base::Clock& clock, WorkerRequests& requests,
            const CollectorTimings& timings, Handlers handlers);

  void start();
  // After WorkerRequests::cancel_all().
  void stop();
  void on_status(std::int64_t queue_remaining);
  void tick();
  // Another source tells the same as it happens: asks rarely, to be sure. `relaxed` false: asks at once.
  void relax(bool relaxed);
  // What is being asked for may already be wrong: asks again after it.
  void outdated() { again_ = in_flight_; }
  void ask_again() { soon(timings_.status_debounce_ms); }
  // Pending and running, as last told.
  [[nodiscard]] std::int64_t remaining() const { return remaining_; }

 private:
  void poll();
  void soon(std::int64_t delay_ms);
  void take(base::Result<std::string> body);

  const base::Clock& clock_;
  WorkerRequests& requests_;
  const CollectorTimings& timings_;
  Handlers handlers_;
  net::Timer soon_;
  bool running_ = false;
  bool relaxed_ = false;
  bool in_flight_ = false;
  bool failed_ = false;      // the last request
  bool again_ = false;       // something changed since the request was sent
  bool was_busy_ = false;    // since the last idle moment
  bool told_empty_ = false;  // by a status frame, whatever /queue says by now
  std::int64_t remaining_ = 0;
  std::int64_t told_remaining_ = 0;  // by the last status frame
  std::int64_t ended_ = 0;           // times it went down since `ended` was called
  std::int64_t asked_at_ms_ = 0;     // steady
  std::int64_t answered_at_ms_ = 0;  // steady
  std::int64_t took_ms_ = 0;
};

}  // namespace comfytrace::collect
