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

template <class T>
void LogHistogram::add(std::span<const T> values) {
  for (const T value : values) {
    const Bucket bucket = bucket_of(value);
    auto& page = pages_[bucket.page];
    if (!page) [[unlikely]]
      page = std::make_unique<Page>();
    ++(*page)[bucket.slot];
  }
  total_ += static_cast<std::int64_t>(values.size());
}

void LogHistogram::merge(const LogHistogram& other) {
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    if (!other.pages_[p]) continue;
    if (!pages_[p]) pages_[p] = std::make_unique<Page>();
    for (std::size_t i = 0; i < 256; ++i) (*pages_[p])[i] += (*other.pages_[p])[i];
  }
  total_ += other.total_;
}

LogHistogram::PageTotals LogHistogram::page_totals() const {
  PageTotals totals{};
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    if (!pages_[p]) continue;
    for (const std::uint32_t count : *pages_[p]) totals[p] += count;
  }
  return totals;
}

double LogHistogram::at(std::int64_t place, const PageTotals& totals) const {
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    if (place >= totals[p]) {
      place -= totals[p];
      continue;
    }
    for (std::size_t i = 0; i < 256; ++i) {
      place -= (*pages_[p])[i];
      if (place < 0) return middle_of({p, i});
    }
  }
  return 0;
}

template <class T>
void Moments::add(std::span<const T> values) {
  constexpr std::size_t kAtOnce = 32'768;
  constexpr std::int64_t kSmall = std::int64_t{1} << 46;  // so many of those cannot overflow
  for (; values.size() > kAtOnce; values = values.subspan(kAtOnce)) add(values.first(kAtOnce));
  if (values.empty()) return;
  if (n == 0) pivot = min = max = values.front();
  T least = values.front();
  T most = least;
  for (const T value : values) {
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  min = std::min<std::int64_t>(min, least);
  max = std::max<std::int64_t>(max, most);
  if (least > -kSmall && most < kSmall) {
    std::int64_t small_sum = 0;
    for (const T value : values) small_sum += value;
    sum += small_sum;
  } else {
    for (const T value : values) sum += value;
  }
  // Four sums that do not wait for each other.
  const auto from = static_cast<double>(pivot);
  std::array<double, 4> of{};
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      const double distance = static_cast<double>(values[i + k]) - from;
      of[k] += distance * distance;
    }
  }
  for (; i < values.size(); ++i) {
    const double distance = static_cast<double>(values[i]) - from;
    of[0] += distance * distance;
  }
  squares += (of[0] + of[1]) + (of[2] + of[3]);
  n += static_cast<std::int64_t>(values.size());
}

void Moments::merge(const Moments& other) {
  if (other.n == 0) return;
  if (n == 0) {
    *this = other;
    return;
  }
  const double shift = static_cast<double>(other.pivot) - static_cast<double>(pivot);
  const auto about_other = static_cast<double>(other.sum - static_cast<Wide>(other.n) * other.pivot);
  squares += other.squares + 2 * shift * about_other + static_cast<double>(other.n) * shift * shift;
  n += other.n;
  sum += other.sum;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

template <class T>
void DistributionTally::count(std::span<const T> values) {
  if (!histogram_) histogram_ = std::make_unique<LogHistogram>();
  if (values.empty()) return;
  moments_.add(values);
  if (moments_.min >= 0) return histogram_->add(values);
  for (const T& value : values) {
    if (value < 0) {
      negative_.push_back(value);
    } else {
      histogram_->add(std::span(&value, 1));
    }
  }
}

void DistributionTally::absorb() {
  count(std::span<const std::int64_t>(values_));
  values_.clear();
}

template <class T>
void DistributionTally::add(std::span<const T> values, const ExactBudget& budget) {
  if (histogram_ && values.size() >= kAtOnce) return count(values);
  values_.insert(values_.end(), values.begin(), values.end());
  if (values_.size() > (histogram_ ? kGathered : budget.values)) absorb();
}
template void DistributionTally::add(std::span<const std::int32_t>, const ExactBudget&);
template void DistributionTally::add(std::span<const std::int64_t>, const ExactBudget&);

void DistributionTally::merge(const DistributionTally& other, const ExactBudget& budget) {
  if (other.histogram_) {
    absorb();
    moments_.merge(other.moments_);
    histogram_->merge(*other.histogram_);
    negative_.insert(negative_.end(), other.negative_.begin(), other.negative_.end());
  }
  add(std::span<const std::int64_t>(other.values_), budget);
}

// The value at this place: the negative ones come before those of the histogram.
double DistributionTally::at(std::int64_t place, const LogHistogram::PageTotals& totals) const {
  if (!histogram_) return static_cast<double>(values_[static_cast<std::size_t>(place)]);
  const auto before = static_cast<std::int64_t>(negative_.size());
  if (place < before) return static_cast<double>(negative_[static_cast<std::size_t>(place)]);
  return std::clamp(histogram_->at(place - before, totals), static_cast<double>(moments_.min),
                    static_cast<double>(moments_.max));
}

Distribution DistributionTally::finish() {
  if (histogram_) {
    absorb();
    std::ranges::sort(negative_);
  } else {
    moments_.add(std::span<const std::int64_t>(values_));
  }
  Distribution of;
  of.n = moments_.n;
  of.exact = !histogram_;
  if (of.n == 0) return of;
  const auto n = static_cast<double>(of.n);
  of.sum = static_cast<double>(moments_.sum);
  of.min = static_cast<double>(moments_.min);
  of.max = static_cast<double>(moments_.max);
  of.mean = of.sum / n;
  if (of.n > 1) {
    const auto about_pivot = static_cast<double>(moments_.sum - static_cast<Moments::Wide>(of.n) * moments_.pivot);
    const double squares = moments_.squares - about_pivot * about_pivot / n;
    of.standard_deviation = std::sqrt(std::max(squares, 0.0) / (n - 1));
  }
  const LogHistogram::PageTotals totals = histogram_ ? histogram_->page_totals() : LogHistogram::PageTotals{};
  // Each percentile needs only its two neighbours in place; the larger ones lie beyond them.
  auto sorted_to = values_.begin();
  const auto percentile = [&](double p) {
    const double place = p * (n - 1);
    const auto below = static_cast<std::int64_t>(place);
    const std::int64_t above = std::min(below + 1, of.n - 1);
    for (const std::int64_t wanted : {below, above}) {
      if (histogram_) break;
      const auto target = values_.begin() + wanted;
      if (target < sorted_to) continue;
      std::nth_element(sorted_to, target, values_.end());
      sorted_to = target + 1;
    }
    const double low = at(below, totals);
    return low + (place - static_cast<double>(below)) * (at(above, totals) - low);
  };
  of.median = percentile(0.5);
  of.p90 = percentile(0.9);
  of.p95 = percentile(0.95);
  of.p99 = percentile(0.99);
  return of;
}

OutcomeCounts::OutcomeCounts(const Outcome& outcome)
    : status(static_cast<std::uint8_t>(outcome.status)), has_ended(!model::is_open(outcome.status)) {
  const std::array<std::int64_t, 7> all{
      outcome.scene_count,        outcome.scenes_succeeded, outcome.attempt_count,     outcome.attempts_out_of_memory,
      outcome.attempts_timed_out, outcome.fallback_count,   outcome.frames.value_or(0)};
  fits = std::ranges::all_of(all, [](std::int64_t count) { return count >= 0 && count < kMost; });
  for (std::size_t i = 0; i < all.size() && fits; ++i) counts[i] = static_cast<std::uint32_t>(all[i]);
}

void GroupTally::count(const std::array<std::uint32_t, 8>& sums, const std::array<std::uint32_t, 8>& runs_of_status) {
  for (std::size_t status = 0; status < runs_of_status.size(); ++status) {
    Outcome end;
    end.status = static_cast<Status>(status);
    if (runs_of_status[status] > 0) count(end, runs_of_status[status]);
  }
  counts.scenes += sums[0];
  counts.scenes_succeeded += sums[1];
  counts.attempts += sums[2];
  counts.attempts_out_of_memory += sums[3];
  counts.attempts_timed_out += sums[4];
  counts.fallbacks += sums[5];
  counts.frames += sums[6];
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
