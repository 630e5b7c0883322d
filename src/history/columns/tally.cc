#include "history/columns/tally.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace comfytrace::history::columns {
namespace {

using model::Status;

struct Bucket {
  std::size_t page;
  std::size_t slot;
};

Bucket bucket_of(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (bits < 256) return {0, static_cast<std::size_t>(bits)};
  const auto page = static_cast<std::size_t>(std::bit_width(bits)) - 8;
  return {page, static_cast<std::size_t>((bits >> (page - 1)) & 255)};
}

double middle_of(const Bucket& bucket) {
  if (bucket.page == 0) return static_cast<double>(bucket.slot);
  const double width = std::ldexp(1.0, static_cast<int>(bucket.page) - 1);
  return static_cast<double>(256 + bucket.slot) * width + (width - 1) / 2;
}

}  // namespace

void LogHistogram::add(std::int64_t value, std::uint32_t count) {
  const Bucket bucket = bucket_of(value);
  auto& page = pages_[bucket.page];
  if (!page) page = std::make_unique<Page>();
  (*page)[bucket.slot] += count;
  total_ += count;
}

void LogHistogram::merge(const LogHistogram& other) {
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    if (!other.pages_[p]) continue;
    if (!pages_[p]) pages_[p] = std::make_unique<Page>();
    for (std::size_t i = 0; i < 256; ++i) (*pages_[p])[i] += (*other.pages_[p])[i];
  }
  total_ += other.total_;
}

double LogHistogram::at(std::int64_t place) const {
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    if (!pages_[p]) continue;
    for (std::size_t i = 0; i < 256; ++i) {
      place -= (*pages_[p])[i];
      if (place < 0) return middle_of({p, i});
    }
  }
  return 0;
}

void DistributionTally::add(std::int64_t value, const ExactBudget& budget) {
  if (n_ == 0) {
    pivot_ = min_ = max_ = value;
  } else {
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }
  ++n_;
  sum_ += value;
  const double from_pivot = static_cast<double>(value) - static_cast<double>(pivot_);
  squares_ += from_pivot * from_pivot;
  if (histogram_ && value >= 0) {
    histogram_->add(value);
  } else {
    values_.push_back(value);
    if (!histogram_ && values_.size() > budget.values) to_histogram();
  }
}

void DistributionTally::to_histogram() {
  histogram_ = std::make_unique<LogHistogram>();
  std::vector<std::int64_t> negative;
  for (const std::int64_t value : values_) {
    if (value < 0) {
      negative.push_back(value);
    } else {
      histogram_->add(value);
    }
  }
  values_ = std::move(negative);
}

double DistributionTally::squares_about(std::int64_t pivot) const {
  const double shift = static_cast<double>(pivot_) - static_cast<double>(pivot);
  const auto about_own = static_cast<double>(sum_ - static_cast<Wide>(n_) * pivot_);
  return squares_ + 2 * shift * about_own + static_cast<double>(n_) * shift * shift;
}

void DistributionTally::merge(const DistributionTally& other, const ExactBudget& budget) {
  if (other.n_ == 0) return;
  if (n_ == 0) {
    pivot_ = other.pivot_;
    min_ = other.min_;
    max_ = other.max_;
  }
  squares_ += other.squares_about(pivot_);
  n_ += other.n_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  if (other.histogram_ && !histogram_) to_histogram();
  if (other.histogram_) histogram_->merge(*other.histogram_);
  for (const std::int64_t value : other.values_) {
    if (histogram_ && value >= 0) {
      histogram_->add(value);
    } else {
      values_.push_back(value);
    }
  }
  if (!histogram_ && values_.size() > budget.values) to_histogram();
}

// The value at this place; values_ holds what comes before those of the histogram.
double DistributionTally::at(std::int64_t place) const {
  const auto before = static_cast<std::int64_t>(values_.size());
  if (place < before) return static_cast<double>(values_[static_cast<std::size_t>(place)]);
  return std::clamp(histogram_->at(place - before), static_cast<double>(min_), static_cast<double>(max_));
}

Distribution DistributionTally::finish() {
  Distribution of;
  of.n = n_;
  of.exact = !histogram_;
  if (n_ == 0) return of;
  of.sum = static_cast<double>(sum_);
  of.min = static_cast<double>(min_);
  of.max = static_cast<double>(max_);
  of.mean = of.sum / static_cast<double>(n_);
  if (n_ > 1) {
    const auto about_pivot = static_cast<double>(sum_ - static_cast<Wide>(n_) * pivot_);
    const double squares = squares_ - about_pivot * about_pivot / static_cast<double>(n_);
    of.standard_deviation = std::sqrt(std::max(squares, 0.0) / static_cast<double>(n_ - 1));
  }
  // Each percentile needs only its two neighbours in place; the larger ones lie beyond them.
  auto sorted_to = values_.begin();
  if (histogram_) std::ranges::sort(values_);
  const auto percentile = [&](double p) {
    const double place = p * static_cast<double>(n_ - 1);
    const auto below = static_cast<std::int64_t>(place);
    const std::int64_t above = std::min(below + 1, n_ - 1);
    if (!histogram_) {
      for (const std::int64_t at : {below, above}) {
        const auto target = values_.begin() + at;
        if (target < sorted_to) continue;
        std::nth_element(sorted_to, target, values_.end());
        sorted_to = target + 1;
      }
    }
    const double low = at(below);
    return low + (place - static_cast<double>(below)) * (at(above) - low);
  };
  of.median = percentile(0.5);
  of.p90 = percentile(0.9);
  of.p95 = percentile(0.95);
  of.p99 = percentile(0.99);
  return of;
}

void GroupTally::count(const Outcome& outcome, std::int64_t runs) {
  counts.runs += runs;
  const Status status = outcome.status;
  if (model::is_open(status)) counts.runs_open += runs;
  if (status == Status::success) counts.runs_succeeded += runs;
  if (status == Status::partial) counts.runs_partial += runs;
  if (status == Status::failed) counts.runs_failed += runs;
  if (status == Status::timeout) counts.runs_timed_out += runs;
  if (status == Status::cancelled || status == Status::skipped) counts.runs_cancelled += runs;
  counts.scenes += runs * outcome.scene_count;
  counts.scenes_succeeded += runs * outcome.scenes_succeeded;
  counts.attempts += runs * outcome.attempt_count;
  counts.attempts_out_of_memory += runs * outcome.attempts_out_of_memory;
  counts.attempts_timed_out += runs * outcome.attempts_timed_out;
  counts.fallbacks += runs * outcome.fallback_count;
  counts.frames += runs * outcome.frames.value_or(0);
}

void GroupTally::count_class(const Outcome& outcome, std::int64_t executions) {
  Outcome end;
  end.status = outcome.status;
  count(end, 1);
  counts.executions += executions;
}

void GroupTally::merge(const GroupTally& other, const ExactBudget& budget) {
  const GroupStatistics& more = other.counts;
  for (const auto member :
       {&GroupStatistics::runs, &GroupStatistics::runs_open, &GroupStatistics::runs_succeeded,
        &GroupStatistics::runs_partial, &GroupStatistics::runs_failed, &GroupStatistics::runs_timed_out,
        &GroupStatistics::runs_cancelled, &GroupStatistics::scenes, &GroupStatistics::scenes_succeeded,
        &GroupStatistics::attempts, &GroupStatistics::attempts_out_of_memory, &GroupStatistics::attempts_timed_out,
        &GroupStatistics::fallbacks, &GroupStatistics::frames, &GroupStatistics::executions})
    counts.*member += more.*member;
  duration_ms.merge(other.duration_ms, budget);
  queue_wait_ms.merge(other.queue_wait_ms, budget);
  vram_peak_bytes.merge(other.vram_peak_bytes, budget);
}

GroupStatistics GroupTally::finish() {
  GroupStatistics told = counts;
  const std::int64_t ended = told.runs_succeeded + told.runs_partial + told.runs_failed + told.runs_timed_out;
  if (ended > 0) told.success_rate = static_cast<double>(told.runs_succeeded) / static_cast<double>(ended);
  told.duration_ms = duration_ms.finish();
  told.queue_wait_ms = queue_wait_ms.finish();
  told.vram_peak_bytes = vram_peak_bytes.finish();
  return told;
}

}  // namespace comfytrace::history::columns
