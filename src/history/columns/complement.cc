#include "history/columns/complement.h"

#include <algorithm>
#include <cstring>

namespace comfytrace::history::columns {
namespace {

// Whether what a chunk tells as a whole says that no value lies beyond `bounds`.
bool is_within(const PackedDistribution& whole, const Bounds& bounds) {
  if (!whole.values.empty()) return false;
  return whole.moments.n == 0 || (whole.moments.min >= bounds.min && whole.moments.max <= bounds.max);
}

// Values so far from the others that, once they are taken out, too little is left of what the squares of those sum up
// to.
bool has_far(const PackedDistribution& whole) {
  constexpr std::int64_t kFar_ms = std::int64_t{1} << 26;
  const auto is_far = [](std::int64_t ms) { return ms < 0 || ms >= kFar_ms; };
  return (whole.moments.n > 0 && (is_far(whole.moments.min) || is_far(whole.moments.max))) ||
         std::ranges::any_of(whole.values, is_far);
}
bool has_far(const ChunkSummary& whole) {
  return has_far(whole.total.duration_ms) || has_far(whole.total.queue_wait_ms) ||
         std::ranges::any_of(whole.groups, [](const auto& group) { return has_far(group.tally.duration_ms); });
}

void widen(Bounds& bounds, const std::int32_t* column, const std::uint8_t* keep, std::uint32_t count) {
  bounds.add(bounds_of(column, keep, count));
}
void widen(Bounds& bounds, const PeakColumn& column, const std::uint8_t* keep, std::uint32_t count) {
  // A value that is within already is needed to begin with.
  for (std::uint32_t i = 0; i < count && bounds.min > bounds.max; ++i) {
    if (keep[i] != 0 && column.high[i] != 255)
      bounds.add((std::int64_t{column.high[i]} << 32) | std::int64_t{column.low[i]});
  }
  if (bounds.min > bounds.max) return;
  const ValueSums sums = sum_values(column, keep, count, bounds.min, nullptr);
  bounds.add({sums.min, sums.max});
}

}  // namespace

Complement::Complement(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& all, const ExactBudget& budget)
    : snapshot_(snapshot),
      budget_(budget),
      key_(all),
      everything_(snapshot, all.filter),
      whole_(snapshot, all, budget),
      others_(snapshot, all, budget),
      keep_(kChunkRows),
      placed_(kChunkRows) {
  // Only what is counted can be taken out where it was counted.
  whole_.expect_many();
  others_.expect_many();
}

bool Complement::add(RowScan& scan, std::size_t chunk) {
  find_rows(scan, chunk);
  if (matching_ <= std::max<std::size_t>(budget_.values, kChunkRows / 2)) return false;
  const Chunk& of = snapshot_.chunk(chunk);
  const auto whole = of.summaries.find(key_).summary;
  if (!whole || of.last_death() > std::min(whole->version, snapshot_.version) || has_far(*whole)) return false;
  whole_.add(*whole);
  take_out_others(chunk);
  bound_total(of, whole->total);
  bound_classes(of);
  is_used_ = true;
  return true;
}

void Complement::add_to(Gatherer& gatherer) {
  if (!is_used_) return;
  whole_.subtract(std::move(others_));
  whole_.bound(total_bounds_, names_, class_bounds_);
  gatherer.merge(std::move(whole_));
}

void Complement::find_rows(RowScan& scan, std::size_t chunk) {
  blocks_.clear();
  matching_ = 0;
  std::ranges::fill(keep_, std::uint8_t{0});
  scan.each_block_backwards(chunk, [&](const RowBlock& block) {
    std::memcpy(keep_.data() + block.begin, block.keep, block.count);
    blocks_.push_back(block);
    blocks_.back().keep = keep_.data() + block.begin;
    matching_ += block.matching;
  });
}

void Complement::take_out_others(std::size_t chunk) {
  everything_.each_block_backwards(chunk, [&](const RowBlock& all) {
    std::array<std::uint8_t, kBlockRows> keep;
    for (std::uint32_t i = 0; i < all.count; ++i) keep[i] = all.keep[i] & (keep_[all.begin + i] ^ 1);
    RowBlock block = all;
    block.keep = keep.data();
    block.matching = count_kept(keep.data(), all.count);
    if (block.matching > 0) others_.add(block);
  });
}

void Complement::bound_total(const Chunk& chunk, const PackedTally& total) {
  const auto widen_by = [&](Bounds& bounds, const PackedDistribution& whole, const auto& column_from,
                            const std::vector<std::uint8_t>& keep) {
    if (is_within(whole, bounds)) return;
    for (const RowBlock& block : blocks_)
      widen(bounds, column_from(block.begin), keep.data() + block.begin, block.count);
  };
  const std::vector<std::uint8_t> ended = ended_of(chunk);
  const bool all_ended = std::ranges::find(ended, 0) == ended.end();
  if (!all_ended) {
    placed_ = keep_;
    mask_passing(chunk.outcome.rows(), kChunkRows, ended, placed_.data());
  }
  const auto durations = [&](std::uint32_t row) -> const std::int32_t* { return chunk.duration_ms.get() + row; };
  const auto waits = [&](std::uint32_t row) -> const std::int32_t* { return chunk.queue_wait_ms.get() + row; };
  widen_by(total_bounds_[0], total.duration_ms, durations, all_ended ? keep_ : placed_);
  widen_by(total_bounds_[1], total.queue_wait_ms, waits, keep_);
  widen_by(
      total_bounds_[2], total.vram_peak_bytes, [&](std::uint32_t row) { return peaks_of(chunk, row); }, keep_);
}

// By local number of an outcome: 1, it has ended.
std::vector<std::uint8_t> Complement::ended_of(const Chunk& chunk) const {
  std::vector<std::uint8_t> ended;
  const auto& outcomes = chunk.outcome.locals();
  for (std::size_t i = 0, count = outcomes.size(); i < count; ++i)
    ended.push_back(!model::is_open(snapshot_.shared().outcomes[outcomes[i]].status));
  return ended;
}

void Complement::bound_classes(const Chunk& chunk) {
  const SealedTimes& times = *chunk.class_times.view().sealed;
  const std::uint16_t* places = times.places();
  for (std::uint32_t row = 0; row < kChunkRows; ++row) placed_[places[row]] = keep_[row];
  for (const SealedTimes::Part& part : times.parts()) {
    const auto classes = classes_of(part.runs.front().shape);
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const SealedTimes::Column& column = part.columns[k];
      Bounds& bounds = class_bounds_[classes[k]];
      if (column.bounds.min < bounds.min || column.bounds.max > bounds.max)
        bounds.add(times.bounds_of(column, part, placed_.data() + part.begin));
    }
  }
}

std::span<const std::uint32_t> Complement::classes_of(std::uint32_t shape) {
  if (shape_classes_.size() <= shape) shape_classes_.resize(shape + 1);
  auto& classes = shape_classes_[shape];
  if (classes.empty()) {
    for (const std::string& name : snapshot_.shared().shapes[shape].classes) classes.push_back(names_.of(name));
    class_bounds_.resize(names_.names().size());
  }
  return classes;
}

}  // namespace comfytrace::history::columns
