#include "history/columns/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "history/columns/nth_values.h"

namespace comfytrace::history::columns {
namespace {

using model::Status;

bool is_there(const std::int32_t* column, std::uint32_t row) {
  return column[row] >= 0;
}
std::int64_t value_at(const std::int32_t* column, std::uint32_t row) {
  return column[row];
}
bool is_there(const PeakColumn& column, std::uint32_t row) {
  return column.high[row] != 255;
}
std::int64_t value_at(const PeakColumn& column, std::uint32_t row) {
  return static_cast<std::int64_t>((std::uint64_t{column.high[row]} << 32) | column.low[row]);
}

// Of what a column holds.
template <class Column>
constexpr std::int64_t kLargest = (std::int64_t{255} << 32) - 1;
template <>
constexpr std::int64_t kLargest<const std::int32_t*> = std::numeric_limits<std::int32_t>::max();

}  // namespace

void DistributionTally::count(std::span<const std::int64_t> values) {
  if (!histogram_) histogram_ = std::make_unique<LogHistogram>();
  is_counting_ = true;
  if (values.empty()) return;
  moments_.add(values);
  if (moments_.min >= 0) return histogram_->add(values, moments_.min, moments_.max);
  for (const std::int64_t& value : values) {
    if (value < 0) {
      negative_.push_back(value);
    } else {
      histogram_->add(std::span(&value, 1), value, value);
    }
  }
}

void DistributionTally::absorb() {
  count(values_);
  values_.clear();
}

void DistributionTally::add(std::span<const std::int64_t> values, const ExactBudget& budget) {
  if (is_counting_ && values.size() >= kAtOnce) return count(values);
  values_.insert(values_.end(), values.begin(), values.end());
  if (values_.size() > (is_counting_ ? kGathered : budget.values)) absorb();
}

template <class Column>
void DistributionTally::add(const Column& column, const std::uint8_t* keep, std::uint32_t count, std::uint32_t kept,
                            const ExactBudget& budget) {
  const auto fits = [&] {
    if (values_.size() + kept <= budget.values) return true;
    std::size_t there = 0;
    const std::size_t room = budget.values - std::min(budget.values, values_.size());
    for (std::uint32_t i = 0; i < count && there <= room; ++i) there += keep[i] && is_there(column, i);
    return there <= room;
  };
  if (kept < kAtOnce || (!is_counting_ && fits())) {
    // Each is written, and stays if it counts: a branch would be guessed wrong too often.
    const std::size_t before = values_.size();
    values_.resize(before + kept + 1);
    std::int64_t* to = values_.data() + before;
    for (std::uint32_t i = 0; i < count; ++i) {
      *to = value_at(column, i);
      to += static_cast<std::ptrdiff_t>(static_cast<bool>(keep[i]) & is_there(column, i));
    }
    values_.resize(static_cast<std::size_t>(to - values_.data()));
    if (values_.size() > (is_counting_ ? kGathered : budget.values)) absorb();
    return;
  }
  if (!is_counting_) absorb();
  Moments part;
  part.pivot = moments_.pivot;
  if (moments_.n == 0 || part.pivot < 0 || part.pivot > kLargest<Column>) {
    std::uint32_t first = 0;
    while (first < count && !(keep[first] && is_there(column, first))) ++first;
    if (first == count) return;
    part.pivot = value_at(column, first);
  }
  std::array<std::uint16_t, kBucketRoom> buckets;
  const ValueSums sums = sum_values(column, keep, count, part.pivot, buckets.data());
  if (sums.n == 0) return;
  part.add(sums);
  moments_.merge(part);
  histogram_->reach(sums.min, sums.max);
  histogram_->add_buckets(std::span(buckets).first(static_cast<std::size_t>(sums.n)));
}

template void DistributionTally::add(const std::int32_t* const&, const std::uint8_t*, std::uint32_t, std::uint32_t,
                                     const ExactBudget&);

void DistributionTally::merge(const DistributionTally& other, const ExactBudget& budget) {
  if (other.is_counting_) {
    absorb();
    moments_.merge(other.moments_);
    if (other.moments_.n > 0) histogram_->merge(*other.histogram_, other.least_counted(), other.most_counted());
    negative_.insert(negative_.end(), other.negative_.begin(), other.negative_.end());
  }
  add(std::span<const std::int64_t>(other.values_), budget);
}

void DistributionTally::merge(const PackedDistribution& other, const ExactBudget& budget) {
  if (const auto* counted = other.counted.get()) {
    absorb();
    const Moments& moments = counted->moments;
    moments_.merge(moments);
    histogram_->merge(counted->buckets, std::max<std::int64_t>(moments.min, 0), moments.max);
    negative_.insert(negative_.end(), counted->negative.begin(), counted->negative.end());
  }
  add(std::span<const std::int64_t>(other.values), budget);
}

PackedDistribution DistributionTally::take(std::size_t most_values) {
  if (is_counting_ || values_.size() > most_values) absorb();
  PackedDistribution packed;
  packed.values.assign(values_.begin(), values_.end());
  values_.clear();
  if (std::exchange(is_counting_, false) && moments_.n > 0) {
    auto counted = std::make_unique<PackedDistribution::Counted>();
    counted->buckets = histogram_->take(least_counted(), most_counted());
    counted->moments = std::exchange(moments_, {});
    counted->negative = std::exchange(negative_, {});
    packed.counted = std::move(counted);
  }
  return packed;
}

void DistributionTally::clear() {
  if (std::exchange(is_counting_, false) && moments_.n > 0) histogram_->clear(least_counted(), most_counted());
  values_.clear();
  negative_.clear();
  moments_ = {};
}

Distribution DistributionTally::finish(bool median_alone) {
  if (is_counting_) {
    absorb();
    std::ranges::sort(negative_);
  } else if (!median_alone) {
    moments_.add(values_);
  }
  Distribution of;
  of.n = is_counting_ ? moments_.n : static_cast<std::int64_t>(values_.size());
  of.exact = !is_counting_;
  if (of.n == 0) return of;
  if (median_alone) {
    of.median = percentiles<1>(of.n, {0.5}).front();
    return of;
  }
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
  const std::array<double, 4> found = percentiles<4>(of.n, {0.5, 0.9, 0.95, 0.99});
  of.median = found[0];
  of.p90 = found[1];
  of.p95 = found[2];
  of.p99 = found[3];
  return of;
}

template <std::size_t kCount>
std::array<double, kCount> DistributionTally::percentiles(std::int64_t n, const std::array<double, kCount>& shares) {
  const auto steps = static_cast<double>(n - 1);
  std::array<std::int64_t, 2 * kCount> places;
  for (std::size_t i = 0; i < kCount; ++i) {
    places[2 * i] = static_cast<std::int64_t>(shares[i] * steps);
    places[2 * i + 1] = std::min(places[2 * i] + 1, n - 1);
  }
  const std::array<double, 2 * kCount> at = values_at(places);
  std::array<double, kCount> found;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double beyond = shares[i] * steps - static_cast<double>(places[2 * i]);
    found[i] = at[2 * i] + beyond * (at[2 * i + 1] - at[2 * i]);
  }
  return found;
}

template <std::size_t kCount>
std::array<double, kCount> DistributionTally::values_at(const std::array<std::int64_t, kCount>& places) {
  std::array<double, kCount> found{};
  if (!is_counting_) {
    // Neighbours may stand the other way round.
    std::array<std::int64_t, kCount> ascending = places;
    std::ranges::sort(ascending);
    put_nth_values(values_, ascending);
    for (std::size_t i = 0; i < places.size(); ++i)
      found[i] = static_cast<double>(values_[static_cast<std::size_t>(places[i])]);
    return found;
  }
  // The negative ones come before those of the histogram. Places do not always ascend: n - 1 may come twice.
  const auto before = static_cast<std::int64_t>(negative_.size());
  std::array<std::int64_t, kCount> in_histogram;
  for (std::size_t i = 0; i < places.size(); ++i) in_histogram[i] = std::max<std::int64_t>(places[i] - before, 0);
  std::ranges::sort(in_histogram);
  const auto middles = histogram_->at(in_histogram, least_counted());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] < before) {
      found[i] = static_cast<double>(negative_[static_cast<std::size_t>(places[i])]);
      continue;
    }
    const auto k =
        static_cast<std::size_t>(std::ranges::lower_bound(in_histogram, places[i] - before) - in_histogram.begin());
    found[i] = std::clamp(middles[k], static_cast<double>(moments_.min), static_cast<double>(moments_.max));
  }
  return found;
}

void GroupTally::count(const OutcomeSums& sums) {
  for (std::size_t status = 0; status < 8; ++status) {
    Outcome end;
    end.status = static_cast<Status>(status);
    if (const std::uint32_t runs = sums[OutcomeRow::kStatus + status]) count(end, runs);
  }
  counts.scenes += sums[0];
  counts.scenes_succeeded += sums[1];
  counts.attempts += sums[2];
  counts.attempts_out_of_memory += sums[3];
  counts.attempts_timed_out += sums[4];
  counts.fallbacks += sums[5];
  counts.frames += sums[6] + sums[7] * OutcomeTable::kFramesAtOnce;
}

const std::uint8_t* GroupTally::count(const MeasuredRows& rows, const OutcomeTable& outcomes, std::uint8_t* ended) {
  // Many rows of few outcomes: each outcome is counted, and added up once.
  constexpr std::size_t kFewOutcomes = 127;
  constexpr std::uint32_t kManyRows = 512;
  if (rows.kept >= kManyRows && outcomes.size() <= kFewOutcomes) {
    std::array<std::uint32_t, kFewOutcomes> runs{};
    count_numbers(rows.outcomes, rows.keep, rows.count, std::span(runs).first(outcomes.size()));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (runs[i] > 0) count(outcomes.at(static_cast<std::uint16_t>(i)), runs[i]);
    }
  } else if (outcomes.fits()) {
    count(sum_outcomes(rows.outcomes, rows.keep, rows.count, outcomes.rows()));
  } else {
    for (std::uint32_t i = 0; i < rows.count; ++i) {
      if (rows.keep[i]) count(outcomes.at(rows.outcomes[i]), 1);
    }
  }
  if (outcomes.all_ended()) return rows.keep;
  std::copy_n(rows.keep, rows.count, ended);
  mask_passing(rows.outcomes, rows.count, outcomes.ended(), ended);
  return ended;
}

void GroupTally::add(const MeasuredRows& rows, const OutcomeTable& outcomes, const ExactBudget& budget) {
  std::array<std::uint8_t, kBlockRows> open_too;
  const std::uint8_t* ended = count(rows, outcomes, open_too.data());
  const Measures& of = budget.measures;
  if (of.duration_ms) duration_ms.add(rows.duration_ms, ended, rows.count, rows.kept, budget);
  if (of.queue_wait_ms) queue_wait_ms.add(rows.queue_wait_ms, rows.keep, rows.count, rows.kept, budget);
  if (of.vram_peak_bytes) vram_peak_bytes.add(rows.vram_peak, rows.keep, rows.count, rows.kept, budget);
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

template <class Other>
void GroupTally::merge_measures(const Other& other, const ExactBudget& budget) {
  const Measures& of = budget.measures;
  if (of.duration_ms) duration_ms.merge(other.duration_ms, budget);
  if (of.queue_wait_ms) queue_wait_ms.merge(other.queue_wait_ms, budget);
  if (of.vram_peak_bytes) vram_peak_bytes.merge(other.vram_peak_bytes, budget);
}

void GroupTally::merge(const GroupTally& other, const ExactBudget& budget) {
  for (const auto count : PackedTally::kCounts) counts.*count += other.counts.*count;
  merge_measures(other, budget);
}

void GroupTally::merge(const PackedTally& other, const ExactBudget& budget) {
  for (std::size_t i = 0; i < other.counts.size(); ++i) counts.*PackedTally::kCounts[i] += other.counts[i];
  merge_measures(other, budget);
}

PackedTally GroupTally::take(std::size_t most_values) {
  PackedTally packed;
  for (std::size_t i = 0; i < packed.counts.size(); ++i)
    packed.counts[i] = std::exchange(counts.*PackedTally::kCounts[i], 0);
  packed.duration_ms = duration_ms.take(most_values);
  packed.queue_wait_ms = queue_wait_ms.take(most_values);
  packed.vram_peak_bytes = vram_peak_bytes.take(most_values);
  return packed;
}

void GroupTally::add(const Outcome& outcome, const RunFacts& facts, const ExactBudget& budget) {
  count(outcome, 1);
  const Measures& of = budget.measures;
  if (of.duration_ms && facts.duration_ms && !model::is_open(facts.status)) duration_ms.add(*facts.duration_ms, budget);
  if (of.queue_wait_ms && facts.queue_wait_ms) queue_wait_ms.add(*facts.queue_wait_ms, budget);
  if (of.vram_peak_bytes && facts.vram_peak_bytes) vram_peak_bytes.add(*facts.vram_peak_bytes, budget);
}

void GroupTally::clear() {
  counts = {};
  duration_ms.clear();
  queue_wait_ms.clear();
  vram_peak_bytes.clear();
}

GroupStatistics GroupTally::finish(bool median_alone) {
  GroupStatistics told = counts;
  const std::int64_t ended = told.runs_succeeded + told.runs_partial + told.runs_failed + told.runs_timed_out;
  if (ended > 0) told.success_rate = static_cast<double>(told.runs_succeeded) / static_cast<double>(ended);
  told.duration_ms = duration_ms.finish(median_alone);
  told.queue_wait_ms = queue_wait_ms.finish(median_alone);
  told.vram_peak_bytes = vram_peak_bytes.finish(median_alone);
  return told;
}

}  // namespace comfytrace::history::columns
