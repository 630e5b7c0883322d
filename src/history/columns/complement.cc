#include "history/columns/complement.h"

#include <algorithm>
#include <cstring>

#include "history/columns/cube_maker.h"

namespace comfytrace::history::columns {
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

bool Complement::enter(RowScan& scan, std::size_t chunk) {
  chunk_ = chunk;
  find_rows(scan);
  all_ = nullptr;
  if (matching_ <= std::max<std::size_t>(budget_.values, kChunkRows / 2)) return false;
  const Chunk& of = snapshot_.chunk(chunk);
  all_ = of.summaries.find(key_).summary;
  return all_ && of.last_death() <= std::min(all_->version, snapshot_.version) && !all_->has_far();
}

void Complement::take(Gatherer::Of told, const RowReach* reach) {
  const Chunk& of = snapshot_.chunk(chunk_);
  whole_.add(*all_, told);
  if (told == Gatherer::Of::all) {
    take_total(of, reach);
  } else {
    take_out_others(told, [](const RowBlock&) {});
  }
  bound_classes(of);
  is_used_ = true;
}

void Complement::add_to(Gatherer& gatherer) {
  if (!is_used_) return;
  whole_.subtract(std::move(others_));
  whole_.bound(total_bounds_, others_.names(), class_bounds_);
  gatherer.merge(std::move(whole_));
}

void Complement::find_rows(RowScan& scan) {
  blocks_.clear();
  matching_ = 0;
  std::ranges::fill(keep_, std::uint8_t{0});
  matching_of_block_.fill(0);
  scan.each_block_backwards(chunk_, [&](const RowBlock& block) {
    std::memcpy(keep_.data() + block.begin, block.keep, block.count);
    blocks_.push_back(block);
    blocks_.back().keep = keep_.data() + block.begin;
    matching_ += block.matching;
    matching_of_block_[block.begin / kBlockRows] = block.matching;
  });
}

// `each_matching` is called with the rows of each block that match, while the others are still near.
template <class Each>
void Complement::take_out_others(Gatherer::Of of, const Each& each_matching) {
  everything_.each_block_backwards(chunk_, [&](const RowBlock& all) {
    std::array<std::uint8_t, kBlockRows> keep;
    leave_out(all.keep, keep_.data() + all.begin, all.count, keep.data());
    RowBlock block = all;
    block.keep = keep.data();
    block.matching = all.matching - matching_of_block_[all.begin / kBlockRows];
    if (block.matching > 0) others_.add(block, of);
    block.matching = all.matching - block.matching;
    block.keep = keep_.data() + all.begin;
    if (block.matching > 0) each_matching(block);
  });
}

void Complement::take_total(const Chunk& chunk, const RowReach* reach) {
  const auto outcomes = outcomes_of(chunk, snapshot_.shared());
  const auto cube = reach ? find_cube(snapshot_, chunk_) : nullptr;
  take_out_others(Gatherer::Of::all, [&](const RowBlock& block) {
    if (!cube) return total_bounds_.add(block, *outcomes);
    RowReach of_block = cube->blocks[block.begin / kBlockRows];
    of_block.clip(*reach);
    total_bounds_.add(block, *outcomes, &of_block);
  });
}

// Whether each row matches, by its place.
void Complement::place(const Chunk& chunk) {
  if (chunk.died() || chunk.odd.size() > 0) {
    const std::uint16_t* places = chunk.class_times.view().sealed->places();
    for (std::uint32_t row = 0; row < kChunkRows; ++row) placed_[places[row]] = keep_[row];
    return;
  }
  // All that do not match are others.
  const std::span<const std::uint8_t> others = others_.placed(chunk);
  if (others.empty()) {
    std::ranges::fill(placed_, std::uint8_t{1});
  } else {
    std::ranges::transform(others, placed_.begin(), [](std::uint8_t code) { return std::uint8_t{code == 0}; });
  }
}

void Complement::bound_classes(const Chunk& chunk) {
  const SealedTimes& times = *chunk.class_times.view().sealed;
  place(chunk);
  for (const SealedTimes::Part& part : times.parts()) {
    const auto classes = others_.classes_of(part);
    if (class_bounds_.size() < others_.names().names().size()) class_bounds_.resize(others_.names().names().size());
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const SealedTimes::Column& column = part.columns[k];
      Bounds& bounds = class_bounds_[classes[k]];
      if (column.bounds.min < bounds.min || column.bounds.max > bounds.max)
        bounds.add(times.bounds_of(column, part, placed_.data() + part.begin));
    }
  }
}

}  // namespace comfytrace::history::columns
