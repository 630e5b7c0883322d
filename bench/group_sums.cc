#include "group_sums.h"

#include <algorithm>
#include <cmath>

namespace comfytrace::bench {

using namespace comfytrace::history;

namespace {

// Hyndman and Fan's type 7. What lies before `from` is smaller than the rest already; `from` moves on to the place.
double at_place(std::vector<double>& values, std::ptrdiff_t& from, double p) {
  const double place = p * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::ptrdiff_t>(std::floor(place));
  std::nth_element(values.begin() + from, values.begin() + low, values.end());
  from = low;
  const double at = values[static_cast<std::size_t>(low)];
  if (low + 1 == std::ssize(values)) return at;
  return at + (place - std::floor(place)) * (*std::min_element(values.begin() + low + 1, values.end()) - at);
}

Distribution distribution_of(std::vector<double>& values) {
  if (values.empty()) return {};
  long double sum = 0;
  for (const double value : values) sum += value;
  const long double mean = sum / static_cast<long double>(values.size());
  long double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto [min, max] = std::ranges::minmax(values);
  Distribution told;
  told.n = std::ssize(values);
  told.min = min;
  told.max = max;
  told.sum = static_cast<double>(sum);
  told.mean = static_cast<double>(mean);
  std::ptrdiff_t from = 0;
  told.median = at_place(values, from, 0.5);
  told.p90 = at_place(values, from, 0.9);
  told.p95 = at_place(values, from, 0.95);
  told.p99 = at_place(values, from, 0.99);
  if (values.size() > 1)
    told.standard_deviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size() - 1)));
  return told;
}

}  // namespace

void GroupSums::add(const RunMeasures& run) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += run.counts[i];
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (run.measures[i]) values_[i].push_back(static_cast<double>(*run.measures[i]));
  }
}

void GroupSums::add_class(const RunMeasures& run, std::int64_t executions, std::int64_t duration_ms) {
  for (std::size_t i = 0; i < kEnds; ++i) counts_[i] += run.counts[i];
  executions_ += executions;
  values_.front().push_back(static_cast<double>(duration_ms));
}

GroupStatistics GroupSums::told() {
  GroupStatistics told;
  for (std::size_t i = 0; i < counts_.size(); ++i) told.*kCounts[i] = counts_[i];
  for (std::size_t i = 0; i < values_.size(); ++i) told.*kMeasures[i] = distribution_of(values_[i]);
  told.executions = executions_;
  const std::int64_t ended = told.runs_succeeded + told.runs_partial + told.runs_failed + told.runs_timed_out;
  if (ended > 0) told.success_rate = static_cast<double>(told.runs_succeeded) / static_cast<double>(ended);
  return told;
}

}  // namespace comfytrace::bench
