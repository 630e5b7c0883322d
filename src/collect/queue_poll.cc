#include "collect/queue_poll.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/counters.h"

namespace comfytrace::collect {
namespace {

constexpr const char* kTarget = "/queue";
// Of a request's duration, before the next: after a status frame, and without one.
constexpr std::int64_t kRestAfterStatus = 4;
constexpr std::int64_t kRestBetweenTicks = 20;

}  // namespace

QueuePoll::QueuePoll(net::asio::io_context& io, const base::Clock& clock, WorkerRequests& requests,
                     const CollectorTimings& timings, Handlers handlers)
    : clock_(clock), requests_(requests), timings_(timings), handlers_(std::move(handlers)), soon_(io) {}

void QueuePoll::start() {
  running_ = true;
  // Prompts may have come and gone while nobody looked.
  was_busy_ = true;
  poll();
}

void QueuePoll::stop() {
  running_ = relaxed_ = in_flight_ = again_ = failed_ = told_empty_ = false;
  remaining_ = told_remaining_ = ended_ = 0;
  soon_.cancel();
}

void QueuePoll::on_status(std::int64_t queue_remaining) {
  if (!running_) return;
  if (queue_remaining < std::exchange(told_remaining_, queue_remaining)) {
    ++ended_;
    if (queue_remaining == 0) told_empty_ = true;
  }
  remaining_ = queue_remaining;
  if (queue_remaining > 0) was_busy_ = true;
  if (relaxed_) {
    const std::int64_t rested_ms = clock_.steady_ms() - answered_at_ms_;
    if (!in_flight_) soon(std::max(timings_.status_debounce_ms, timings_.relaxed_queue_ms - rested_ms));
  } else if (in_flight_) {
    again_ = true;
  } else {
    soon(timings_.status_debounce_ms);
  }
}

void QueuePoll::relax(bool relaxed) {
  if (!running_ || std::exchange(relaxed_, relaxed) == relaxed || relaxed) return;
  soon_.cancel();
  outdated();
  if (!in_flight_) soon(timings_.status_debounce_ms);
}

void QueuePoll::tick() {
  if (!running_ || in_flight_ || soon_.waiting() || (remaining_ == 0 && !failed_)) return;
  const std::int64_t rest_ms = std::max(kRestBetweenTicks * took_ms_, relaxed_ ? timings_.relaxed_queue_ms : 0);
  if (clock_.steady_ms() - answered_at_ms_ >= rest_ms) poll();
}

void QueuePoll::soon(std::int64_t delay_ms) {
  if (soon_.waiting()) return;
  const std::int64_t rested_ms = clock_.steady_ms() - answered_at_ms_;
  soon_.after(std::max(delay_ms, kRestAfterStatus * took_ms_ - rested_ms), [this] { poll(); });
}

void QueuePoll::poll() {
  if (!running_ || in_flight_) return;
  soon_.cancel();
  in_flight_ = true;
  asked_at_ms_ = clock_.steady_ms();
  requests_.get(kTarget, [this](base::Result<std::string> body) { take(std::move(body)); });
}

void QueuePoll::take(base::Result<std::string> body) {
  in_flight_ = false;
  answered_at_ms_ = clock_.steady_ms();
  // A request that failed says nothing about what an answer costs the worker.
  took_ms_ = body ? answered_at_ms_ - asked_at_ms_ : 0;
  failed_ = true;
  const bool stale = std::exchange(again_, false);
  if (stale) soon(timings_.status_debounce_ms);
  if (!body) return handlers_.failed(body.error());

  std::size_t skipped = 0;
  auto queue = comfyui::decode_queue(*body, &skipped);
  if (!queue) return handlers_.failed(malformed_body(kTarget, queue.error()));
  base::counters().add(base::Counter::bodies_malformed, skipped);

  failed_ = false;
  const auto length = static_cast<std::int64_t>(queue->running.size() + queue->pending.size());
  if (!stale) remaining_ = length;
  if (length > 0) was_busy_ = true;
  handlers_.snapshot(std::move(*queue));
  if (!running_) return;
  const bool run_empty = remaining_ == 0 && std::exchange(was_busy_, false);
  // Half of what is looked at, so that none slips by between two looks of a queue that never runs empty.
  if (!std::exchange(told_empty_, false) && !run_empty && ended_ < timings_.idle_entries / 2) return;
  ended_ = 0;
  handlers_.ended();
}

}  // namespace comfytrace::collect
