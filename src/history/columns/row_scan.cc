#include "history/columns/row_scan.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "history/columns/bounds.h"

namespace comfytrace::history::columns {
namespace {

// Missing values, which are negative, meet no bound.
std::optional<Bounds> bounds_of(const std::optional<std::int64_t>& min, const std::optional<std::int64_t>& max,
                                std::int64_t most) {
  if (!min && !max) return std::nullopt;
  return Bounds{std::clamp<std::int64_t>(min.value_or(0), 0, most + 1),
                std::clamp<std::int64_t>(max.value_or(most), -1, most)};
}

// Of so few it takes less time to hold each row against all than to look up whether its number passes.
constexpr std::size_t kFewPassing = 4;
// Of tables up to this size many rows are looked up at once.
constexpr std::size_t kSmallTable = 32;

// False: no row is left.
bool mask_few(const std::uint16_t* numbers, std::uint32_t count, std::span<const std::uint16_t> few,
              std::uint8_t* keep) {
  std::array<std::uint16_t, kFewPassing> wanted;
  wanted.fill(few.front());
  std::ranges::copy(few, wanted.begin());
  std::uint8_t any = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint16_t number = numbers[i];
    keep[i] &= static_cast<std::uint8_t>((number == wanted[0]) | (number == wanted[1]) | (number == wanted[2]) |
                                         (number == wanted[3]));
    any |= keep[i];
  }
  return any != 0;
}

}  // namespace

RowScan::RowScan(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RidSet* among)
    : snapshot_(snapshot), filter_(filter), among_(among) {
  const SharedFacts& shared = snapshot_.shared();
  const bool asks = asks_outcome(filter);
  outcomes_.resize(shared.outcomes.size());
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const Outcome& outcome = shared.outcomes[i];
    has_odd_ |= outcome.is_odd;
    outcomes_[i] = !outcome.is_odd && (!asks || meets(outcome, filter));
  }
  if (asks_setting(filter)) {
    settings_ = shared.settings.meeting(filter);
  }
  if (asks_label(filter)) {
    labels_.resize(shared.labels.size());
    for (std::size_t i = 0; i < labels_.size(); ++i) labels_[i] = meets(shared.labels[i], filter);
  }
}

void RowScan::keep_works(const std::function<bool(const Work&)>& holds) {
  const auto& works = snapshot_.shared().works;
  works_.resize(works.size(), 1);
  for (std::size_t i = 0; i < works_.size(); ++i) works_[i] = works_[i] && holds(works[i]);
}

void RowScan::keep_settings(const std::vector<std::uint8_t>& passing) {
  settings_.resize(passing.size(), 1);
  std::ranges::transform(settings_, passing, settings_.begin(), std::bit_and());
}

void RowScan::let_works(std::vector<std::uint8_t> passing) {
  works_ = std::move(passing);
  if (chunk_) localise(chunk_->work, works_, work_);
}

void RowScan::let_settings(std::vector<std::uint8_t> passing) {
  settings_ = std::move(passing);
  if (chunk_) localise(chunk_->setting, settings_, setting_);
}

void RowScan::localise(const LocalColumn& column, const Passing& passing, LocalPass& local) {
  local.all = true;
  local.any = true;
  if (passing.empty()) return;
  const auto& locals = column.locals();
  const std::size_t count = locals.size();
  local.passes.resize(count);
  std::uint8_t* to = local.passes.data();
  std::size_t passing_count = 0;
  locals.each_of_first(count, [&](std::uint32_t number) {
    // What was interned after the filter was read is not in this snapshot.
    *to = number < passing.size() ? passing[number] : 0;
    passing_count += *to++;
  });
  local.any = passing_count > 0;
  local.all = passing_count == count;
  local.few.clear();
  if (passing_count > kFewPassing || count <= kSmallTable) return;
  for (std::size_t i = 0; local.few.size() < passing_count; ++i) {
    if (local.passes[i] != 0) local.few.push_back(static_cast<std::uint16_t>(i));
  }
}

bool RowScan::enter(std::size_t chunk) {
  number_ = chunk;
  chunk_ = &snapshot_.chunk(chunk);
  localise(chunk_->work, works_, work_);
  localise(chunk_->outcome, outcomes_, outcome_);
  localise(chunk_->setting, settings_, setting_);
  localise(chunk_->label, labels_, label_);
  return may_match();
}

bool RowScan::covers(std::size_t chunk) const {
  const Chunk& of = snapshot_.chunk(chunk);
  for (std::uint32_t block = 0; block * kBlockRows < snapshot_.rows_of(chunk); ++block) {
    if (filter_.from_ms && of.oldest_ms[block].load(std::memory_order_relaxed) < *filter_.from_ms) return false;
    if (filter_.to_ms && of.newest_ms[block].load(std::memory_order_relaxed) >= *filter_.to_ms) return false;
  }
  return true;
}

void RowScan::mask_dates(std::uint32_t begin, std::uint32_t count) {
  if (!filter_.from_ms && !filter_.to_ms) return;
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (filter_.to_ms == kMin) {
    std::fill_n(mask_.begin(), count, std::uint8_t{0});
    return;
  }
  mask_between(chunk_->created_at_ms.get() + begin, count, filter_.from_ms.value_or(kMin),
               filter_.to_ms ? *filter_.to_ms - 1 : kMax, mask_.data());
}

// Durations, peaks.
void RowScan::mask_numbers(std::uint32_t begin, std::uint32_t count) {
  if (const auto bounds =
          bounds_of(filter_.duration_min_ms, filter_.duration_max_ms, std::numeric_limits<std::int32_t>::max() - 1)) {
    mask_between(chunk_->duration_ms.get() + begin, count, static_cast<std::int32_t>(bounds->min),
                 static_cast<std::int32_t>(bounds->max), mask_.data());
  }
  if (const auto bounds =
          bounds_of(filter_.vram_peak_min_bytes, filter_.vram_peak_max_bytes, (std::int64_t{255} << 32) - 1)) {
    mask_between(peaks_of(*chunk_, begin), count, bounds->min, bounds->max, mask_.data());
  }
}

// The dead, and what only the history's rows can tell.
void RowScan::mask_rest(std::uint32_t begin, std::uint32_t count) {
  if (const auto* died = chunk_->died()) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t at = died[begin + i].load(std::memory_order_relaxed);
      mask_[i] &= static_cast<std::uint8_t>((at == 0) | (at > snapshot_.version));
    }
  }
  if (among_) among_->mask(chunk_->rid.get() + begin, count, mask_.data());
}

RowBlock RowScan::match(std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t block = begin / kBlockRows;
  const std::uint32_t count = end - begin;
  RowBlock matching{chunk_, number_, begin, 0, 0, mask_.data()};
  const std::int64_t oldest = chunk_->oldest_ms[block].load(std::memory_order_relaxed);
  const std::int64_t newest = chunk_->newest_ms[block].load(std::memory_order_relaxed);
  if ((filter_.from_ms && newest < *filter_.from_ms) || (filter_.to_ms && oldest >= *filter_.to_ms)) return matching;
  matching.count = count;
  std::fill_n(mask_.begin(), count, std::uint8_t{1});
  const bool all_in_time =
      (!filter_.from_ms || oldest >= *filter_.from_ms) && (!filter_.to_ms || newest < *filter_.to_ms);
  if (!all_in_time) mask_dates(begin, count);
  mask_numbers(begin, count);
  const std::array<std::pair<const LocalPass*, const LocalColumn*>, 4> shared{{{&setting_, &chunk_->setting},
                                                                               {&outcome_, &chunk_->outcome},
                                                                               {&label_, &chunk_->label},
                                                                               {&work_, &chunk_->work}}};
  // Where these leave nothing, the others need not look.
  for (const auto& [pass, column] : shared) {
    if (!pass->all && !pass->few.empty() && !mask_few(column->rows() + begin, count, pass->few, mask_.data()))
      return matching;
  }
  for (const auto& [pass, column] : shared) {
    if (!pass->all && pass->few.empty()) mask_passing(column->rows() + begin, count, pass->passes, mask_.data());
  }
  mask_rest(begin, count);
  matching.matching = count_kept(mask_.data(), count);
  return matching;
}

RowBlock RowScan::block_at(std::size_t chunk, std::uint32_t begin) {
  if (!chunk_ || number_ != chunk) enter(chunk);
  if (!may_match()) return {chunk_, number_, begin, 0, 0, mask_.data()};
  return match(begin, std::min(begin + kBlockRows, snapshot_.rows_of(chunk)));
}

std::vector<BlockPlace> RowScan::newest_first() const {
  std::vector<BlockPlace> order;
  order.reserve(snapshot_.chunks() * kBlocks);
  for (std::size_t i = 0; i < snapshot_.chunks(); ++i) {
    const Chunk& chunk = snapshot_.chunk(i);
    for (std::uint32_t block = 0; block * kBlockRows < snapshot_.rows_of(i); ++block) {
      order.push_back({chunk.newest_ms[block].load(std::memory_order_relaxed),
                       chunk.oldest_ms[block].load(std::memory_order_relaxed), static_cast<std::uint32_t>(i),
                       block * kBlockRows});
    }
  }
  std::ranges::sort(order, std::ranges::greater(), &BlockPlace::newest_ms);
  return order;
}

void RowScan::each_block_newest_first(const std::function<bool(const RowBlock&, std::int64_t newest_ms)>& each) {
  for (const BlockPlace& place : newest_first()) {
    if (!each(block_at(place.chunk, place.begin), place.newest_ms)) return;
  }
}

void RowScan::each_odd(const std::function<void(const RunFacts&, std::uint32_t row)>& each) {
  if (!has_odd_) return;
  for (std::size_t i = 0; i < snapshot_.chunks(); ++i) {
    const Chunk& chunk = snapshot_.chunk(i);
    const std::size_t count = chunk.odd.size();
    for (std::size_t k = 0; k < count; ++k) {
      const OddRun& odd = chunk.odd[k];
      if (odd.row >= snapshot_.rows_of(i)) break;
      if (!chunk.is_live(odd.row, snapshot_.version) || (among_ && !among_->has(chunk.rid[odd.row]))) continue;
      if (meets(odd.facts, filter_)) each(odd.facts, static_cast<std::uint32_t>(i) * kChunkRows + odd.row);
    }
  }
}

}  // namespace comfytrace::history::columns
