#include "collect/deafness_check.h"

#include <string>
#include <utility>

#include "comfyui/body.h"

namespace comfytrace::collect {
namespace {

constexpr const char* kTarget = "/prompt";

}  // namespace

DeafnessCheck::DeafnessCheck(const base::Clock& clock, WorkerRequests& requests, const CollectorTimings& timings,
                             Handlers handlers)
    : clock_(clock), requests_(requests), timings_(timings), handlers_(std::move(handlers)) {}

void DeafnessCheck::start() {
  running_ = true;
  untold_in_a_row_ = 0;
  next_ms_ = clock_.steady_ms() + timings_.idle_stats_ms;
}

void DeafnessCheck::on_status(std::int64_t queue_remaining) {
  told_ = queue_remaining;
  told_since_asking_ = true;
  untold_in_a_row_ = 0;
}

void DeafnessCheck::tick() {
  if (!running_ || in_flight_ || clock_.steady_ms() < next_ms_) return;
  in_flight_ = true;
  told_since_asking_ = false;
  requests_.get(kTarget, [this](base::Result<std::string> body) { take(std::move(body)); });
}

void DeafnessCheck::take(base::Result<std::string> body) {
  in_flight_ = false;
  next_ms_ = clock_.steady_ms() + timings_.idle_stats_ms;
  if (!body) return;
  const auto remaining = comfyui::decode_queue_remaining(*body);
  if (!remaining) {
    (void)malformed_body(kTarget, remaining.error());
    return;
  }
  if (told_since_asking_ || *remaining == told_) {
    untold_in_a_row_ = 0;
    return;
  }
  // The frame may still be on its way: looked at again at the next tick.
  next_ms_ = clock_.steady_ms();
  if (++untold_in_a_row_ >= 2) return handlers_.deaf();
  handlers_.untold(*remaining);
}

}  // namespace comfytrace::collect
