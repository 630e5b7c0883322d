#include "generate/calendar.h"

#include <algorithm>
#include <cmath>

namespace comfytrace::generate {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr double kHomeShare = 0.8;  // of a workflow's runs go to the workers where it is at home

// How busy people are, by the hour of the day.
constexpr double kHours[24] = {0.25, 0.15, 0.1, 0.06, 0.05, 0.06, 0.15, 0.4,  0.9, 1.5,  1.8, 1.7,
                               1.2,  1.5,  1.8, 1.9,  1.8,  1.5,  1.2,  1.15, 1.3, 1.25, 0.9, 0.5};
constexpr double kWeekdays[7] = {1.15, 1.2, 1.2, 1.15, 1.05, 0.55, 0.6};  // Monday first

bool is_home(std::size_t workflow, std::size_t worker, std::size_t workers) {
  const std::size_t kinds = std::min<std::size_t>(workers, kGpuCount);
  return worker % kinds == workflow % kinds;
}

}  // namespace

double share_of(const std::vector<Workflow>& workflows, std::size_t workflow, std::size_t worker, std::size_t workers) {
  double all = 0;
  for (const Workflow& one : workflows) all += one.popularity;
  std::size_t homes = 0;
  for (std::size_t i = 0; i < workers; ++i) homes += is_home(workflow, i, workers);
  const double at_home = is_home(workflow, worker, workers) ? kHomeShare / static_cast<double>(homes) : 0;
  return workflows[workflow].popularity / all * (at_home + (1 - kHomeShare) / static_cast<double>(workers));
}

Calendar::Calendar(const Options& options, const std::vector<Workflow>& workflows, std::size_t workers)
    : workflows_(workflows),
      workers_(workers),
      runs_(options.runs),
      hours_(std::max<std::int64_t>(1, std::llround(days_of(options) * 24))),
      random_(options.seed, "calendar") {
  from_ms_ = options.end_ms / kHourMs * kHourMs - hours_ * kHourMs;
  for (std::int64_t day = 0; day <= hours_ / 24 + 1; ++day) day_factors_.push_back(random_.lognormal(0.35));
  for (std::int64_t hour = 0; hour < hours_; ++hour) all_weight_ += weight_of(hour);
}

double Calendar::weight_of(std::int64_t hour) {
  const std::int64_t of_epoch = from_ms_ / kHourMs + hour;
  const std::int64_t weekday = (of_epoch / 24 + 3) % 7;  // 1970-01-01 was a Thursday
  return kHours[of_epoch % 24] * kWeekdays[weekday] * day_factors_[static_cast<std::size_t>(hour / 24)];
}

std::optional<Arrival> Calendar::next() {
  while (waiting_.empty()) {
    if (hour_ >= hours_) return std::nullopt;
    fill_hour();
    ++hour_;
  }
  const Arrival arrival = waiting_.back();
  waiting_.pop_back();
  return arrival;
}

void Calendar::fill_hour() {
  weight_so_far_ += weight_of(hour_);
  const bool last = hour_ + 1 == hours_;
  const auto due =
      last ? runs_ : static_cast<std::int64_t>(std::floor(static_cast<double>(runs_) * weight_so_far_ / all_weight_));
  std::int64_t left = std::min(due, runs_) - given_;
  given_ += std::max<std::int64_t>(left, 0);
  while (left > 0) {
    // Mostly one or two, now and then a whole evening's worth.
    const auto sitting = 1 + static_cast<std::int64_t>(random_.exponential() * (random_.chance(0.15) ? 15 : 2.5));
    add_sitting(std::min(left, sitting));
    left -= sitting;
  }
  std::ranges::stable_sort(waiting_, {}, &Arrival::at_ms);
  std::ranges::reverse(waiting_);
}

void Calendar::add_sitting(std::int64_t runs) {
  double all = 0;
  for (const Workflow& one : workflows_) all += one.popularity;
  double drawn = random_.uniform() * all;
  Arrival arrival;
  arrival.workflow = 0;
  while (arrival.workflow + 1 < workflows_.size() && drawn >= workflows_[arrival.workflow].popularity) {
    drawn -= workflows_[arrival.workflow++].popularity;
  }
  arrival.worker = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(workers_)));
  if (random_.chance(kHomeShare)) {
    while (!is_home(arrival.workflow, arrival.worker, workers_)) arrival.worker = (arrival.worker + 1) % workers_;
  }
  // Everybody has a usual size.
  const auto sizes = static_cast<std::int64_t>(workflows_[arrival.workflow].sizes.size());
  arrival.size = random_.chance(0.7) ? 0 : static_cast<std::size_t>(random_.below(sizes));
  arrival.sitting = sittings_++;
  arrival.first = true;
  const std::int64_t hour_ms = from_ms_ + hour_ * kHourMs;
  std::int64_t at_ms = hour_ms + random_.below(kHourMs);
  for (std::int64_t i = 0; i < runs; ++i) {
    arrival.at_ms = std::min(at_ms, hour_ms + kHourMs - 1);
    waiting_.push_back(arrival);
    arrival.first = false;
    at_ms += 300 + static_cast<std::int64_t>(random_.exponential() * 9'000);
  }
}

}  // namespace comfytrace::generate
