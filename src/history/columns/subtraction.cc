#include <algorithm>
#include <iterator>
#include <utility>

#include "history/columns/chunk_summary.h"
#include "history/columns/gatherer.h"

// What tallies tell of some runs, less what others tell of a part of these.
namespace comfytrace::history::columns {
namespace {

// All but those of `some`, which are among them.
void take_out(std::vector<std::int64_t>& all, std::vector<std::int64_t>& some) {
  if (some.empty()) return;
  std::ranges::sort(all);
  std::ranges::sort(some);
  std::vector<std::int64_t> rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  all = std::move(rest);
}

}  // namespace

bool ChunkSummary::has_far() const {
  return total.duration_ms.has_far() || total.queue_wait_ms.has_far() ||
         std::ranges::any_of(groups, [](const Group& group) {
           return group.tally.duration_ms.has_far() || group.tally.queue_wait_ms.has_far();
         });
}

bool PackedDistribution::has_far() const {
  constexpr std::int64_t kFar_ms = std::int64_t{1} << 26;
  const auto is_far = [](std::int64_t ms) { return ms < 0 || ms >= kFar_ms; };
  return (counted && (is_far(counted->moments.min) || is_far(counted->moments.max))) ||
         std::ranges::any_of(values, is_far);
}

void Moments::subtract(const Moments& part) {
  if (part.n == 0) return;
  if (part.n == n) {
    *this = {};
    return;
  }
  const double shift = static_cast<double>(part.pivot) - static_cast<double>(pivot);
  const auto about_part = static_cast<double>(part.sum - static_cast<Wide>(part.n) * part.pivot);
  squares -= part.squares + 2 * shift * about_part + static_cast<double>(part.n) * shift * shift;
  n -= part.n;
  sum -= part.sum;
}

void DistributionTally::subtract(DistributionTally&& part) {
  if (!is_counting_ && !part.is_counting_) return take_out(values_, part.values_);
  absorb();
  part.absorb();
  moments_.subtract(part.moments_);
  if (part.moments_.n > 0) histogram_->subtract(*part.histogram_, part.least_counted(), part.most_counted());
  take_out(negative_, part.negative_);
}

void Moments::bound(const Bounds& bounds) {
  min = bounds.min;
  max = bounds.max;
  if (pivot >= min && pivot <= max) return;
  // It was taken out, and must be one of the values.
  const double shift = static_cast<double>(pivot) - static_cast<double>(min);
  const auto about_pivot = static_cast<double>(sum - static_cast<Wide>(n) * pivot);
  squares += 2 * shift * about_pivot + static_cast<double>(n) * shift * shift;
  pivot = min;
}

Bounds DistributionTally::bounds() const {
  Bounds all;
  for (const std::int64_t value : values_) all.add(value);
  if (moments_.n > 0) all.add(Bounds{moments_.min, moments_.max});
  return all;
}

void DistributionTally::bound(const Bounds& bounds) {
  if (!is_counting_ || moments_.n == 0) return;
  moments_.bound(bounds);
}

void GroupTally::subtract(GroupTally&& part) {
  for (const auto count : PackedTally::kCounts) counts.*count -= part.counts.*count;
  duration_ms.subtract(std::move(part.duration_ms));
  queue_wait_ms.subtract(std::move(part.queue_wait_ms));
  vram_peak_bytes.subtract(std::move(part.vram_peak_bytes));
}

void GroupTally::bound(const TallyBounds& bounds) {
  duration_ms.bound(bounds.duration_ms());
  queue_wait_ms.bound(bounds.queue_wait_ms());
  vram_peak_bytes.bound(bounds.vram_peak_bytes());
}

void Gatherer::subtract(Gatherer&& part) {
  settle();
  part.settle();
  matching_ -= part.matching_;
  total_.subtract(std::move(part.total_));
  for (std::size_t i = 0; i < part.groups_.size(); ++i) {
    if (part.groups_[i].counts.runs > 0) group(names_.of(part.names_.names()[i])).subtract(std::move(part.groups_[i]));
  }
}

void Gatherer::bound(const TallyBounds& total, const GroupNames& names, std::span<const Bounds> durations) {
  total_.bound(total);
  for (std::size_t i = 0; i < durations.size(); ++i) group(names_.of(names.names()[i])).duration_ms.bound(durations[i]);
}

}  // namespace comfytrace::history::columns
