#include "history/columns/log_histogram.h"

#include <algorithm>
#include <array>

#include "base/log_bucket.h"
#include "history/columns/column_loops.h"

namespace comfytrace::history::columns {
namespace {

// Room is made for so many buckets at once.
constexpr std::uint32_t kGrain = 64;

}  // namespace

void LogHistogram::reach(std::int64_t least, std::int64_t most) {
  std::uint32_t from = base::log_bucket(static_cast<std::uint64_t>(least)) / kGrain * kGrain;
  std::uint32_t to = (base::log_bucket(static_cast<std::uint64_t>(most)) / kGrain + 1) * kGrain;
  if (!counts_.empty()) {
    const auto end = first_ + static_cast<std::uint32_t>(counts_.size());
    if (from >= first_ && to <= end) return;
    from = std::min(from, first_);
    to = std::max(to, end);
  }
  std::vector<std::uint32_t> wider(to - from, 0);
  if (!counts_.empty()) std::copy(counts_.begin(), counts_.end(), wider.begin() + (first_ - from));
  counts_ = std::move(wider);
  first_ = from;
}

void LogHistogram::add(std::span<const std::int64_t> values, std::int64_t least, std::int64_t most) {
  if (values.empty()) return;
  reach(least, most);
  std::array<std::uint16_t, 1'024> buckets;
  for (; !values.empty(); values = values.subspan(std::min(values.size(), buckets.size()))) {
    const std::size_t count = std::min(values.size(), buckets.size());
    put_buckets(values.data(), static_cast<std::uint32_t>(count), buckets.data());
    add_buckets(std::span(buckets).first(count));
  }
}

void LogHistogram::add_buckets(std::span<const std::uint16_t> buckets) {
  std::uint32_t* counts = counts_.data() - first_;
  constexpr std::size_t kAtOnce = 4;  // the loop itself takes as long as its work
  std::size_t i = 0;
  for (; i + kAtOnce <= buckets.size(); i += kAtOnce) {
    ++counts[buckets[i]];
    ++counts[buckets[i + 1]];
    ++counts[buckets[i + 2]];
    ++counts[buckets[i + 3]];
  }
  for (; i < buckets.size(); ++i) ++counts[buckets[i]];
}

void LogHistogram::merge(const LogHistogram& other, std::int64_t least, std::int64_t most) {
  if (other.counts_.empty()) return;
  reach(least, most);
  const std::size_t begin = other.place_of(least);
  const std::size_t size = std::min(other.place_of(most) + 1, other.counts_.size()) - begin;
  std::uint32_t* to = counts_.data() + begin + other.first_ - first_;
  const std::uint32_t* from = other.counts_.data() + begin;
  add_counts(to, from, size);
}

void LogHistogram::subtract(const LogHistogram& part, std::int64_t least, std::int64_t most) {
  if (part.counts_.empty()) return;
  const std::size_t begin = part.place_of(least);
  const std::size_t end = std::min(part.place_of(most) + 1, part.counts_.size());
  subtract_counts(counts_.data() + begin + part.first_ - first_, part.counts_.data() + begin, end - begin);
}

void LogHistogram::merge(std::span<const BucketStep> steps, std::int64_t least, std::int64_t most) {
  if (steps.empty()) return;
  reach(least, most);
  std::uint32_t* counts = counts_.data() - first_;
  std::uint32_t bucket = 0;
  // Before the first value there may be no room.
  std::size_t i = 0;
  for (; i < steps.size() && steps[i].count == 0; ++i) bucket += steps[i].above;
  for (; i < steps.size(); ++i) {
    bucket += steps[i].above;
    counts[bucket] += steps[i].count;
  }
}

// Where a value is counted, in counts_.
std::size_t LogHistogram::place_of(std::int64_t value) const {
  return std::max(base::log_bucket(static_cast<std::uint64_t>(value)), first_) - first_;
}

std::span<std::uint32_t> LogHistogram::between(std::int64_t least, std::int64_t most) {
  const std::size_t from = place_of(least);
  return std::span(counts_).subspan(from, std::min(place_of(most) + 1, counts_.size()) - from);
}

void LogHistogram::clear(std::int64_t least, std::int64_t most) {
  if (counts_.empty()) return;
  std::ranges::fill(between(least, most), 0u);
}

std::vector<BucketStep> LogHistogram::take(std::int64_t least, std::int64_t most) {
  constexpr std::uint32_t kMost = 255;
  std::vector<BucketStep> steps;
  if (counts_.empty()) return steps;
  const std::span<std::uint32_t> told = between(least, most);
  const auto first = static_cast<std::uint32_t>(told.data() - counts_.data()) + first_;
  steps.reserve(static_cast<std::size_t>(std::ranges::count_if(told, [](auto count) { return count > 0; })) + 64);
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i] == 0) continue;
    std::uint32_t above = first + static_cast<std::uint32_t>(i) - last;
    last += above;
    for (; above > kMost; above -= kMost) steps.push_back({kMost, 0});
    std::uint32_t count = told[i];
    for (; count > kMost; count -= kMost, above = 0) steps.push_back({static_cast<std::uint8_t>(above), kMost});
    steps.push_back({static_cast<std::uint8_t>(above), static_cast<std::uint8_t>(count)});
  }
  steps.shrink_to_fit();
  clear(least, most);
  return steps;
}

void LogHistogram::find(std::span<const std::int64_t> places, std::int64_t least, std::span<double> middles) const {
  std::int64_t before = 0;
  std::size_t done = 0;
  const std::size_t begin = (place_of(least)) / kGrain * kGrain;
  for (std::size_t grain = begin; grain < counts_.size() && done < places.size(); grain += kGrain) {
    const std::uint32_t* counts = counts_.data() + grain;
    const std::uint32_t in_grain = sum_counts(counts, kGrain);
    if (places[done] >= before + in_grain) {
      before += in_grain;
      continue;
    }
    for (std::uint32_t i = 0; i < kGrain; ++i) {
      before += counts[i];
      for (; done < places.size() && places[done] < before; ++done)
        middles[done] = base::log_bucket_middle(first_ + static_cast<std::uint32_t>(grain) + i);
    }
  }
}

}  // namespace comfytrace::history::columns
