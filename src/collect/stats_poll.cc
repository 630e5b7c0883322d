#include "collect/stats_poll.h"

#include <string>
#include <utility>

namespace comfytrace::collect {
namespace {

constexpr const char* kTarget = "/system_stats";

}  // namespace

StatsPoll::StatsPoll(const base::Clock& clock, WorkerRequests& requests, const CollectorTimings& timings,
                     Handlers handlers)
    : clock_(clock), requests_(requests), timings_(timings), handlers_(std::move(handlers)) {}

void StatsPoll::start() {
  running_ = true;
  poll();
}

void StatsPoll::tick(bool busy) {
  const bool changed = busy != std::exchange(busy_, busy);
  if (running_ && !in_flight_ && (changed || clock_.steady_ms() >= next_ms_)) poll();
}

void StatsPoll::poll() {
  in_flight_ = true;
  requests_.get(kTarget, [this](base::Result<std::string> body) { take(std::move(body)); });
}

void StatsPoll::take(base::Result<std::string> body) {
  in_flight_ = false;
  next_ms_ = clock_.steady_ms() + (busy_ ? timings_.busy_stats_ms : timings_.idle_stats_ms);
  if (!body) return handlers_.failed(body.error());
  auto stats = comfyui::decode_system_stats(*body);
  if (!stats) return handlers_.failed(malformed_body(kTarget, stats.error()));
  handlers_.stats(std::move(*stats));
}

}  // namespace comfytrace::collect
