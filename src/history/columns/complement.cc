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

bool Complement::add(RowScan& scan, std::size_t chunk, Gatherer::Of told, const RowReach* reach) {
  find_rows(scan, chunk);
  if (matching_ <= std::max<std::size_t>(budget_.values, kChunkRows / 2)) return false;
  const Chunk& of = snapshot_.chunk(chunk);
  const auto whole = of.summaries.find(key_).summary;
  if (!whole || of.last_death() > std::min(whole->version, snapshot_.version) || whole->has_far()) return false;
  whole_.add(*whole, told);
  take_out_others(chunk, told);
  if (told == Gatherer::Of::all) bound_total(of, chunk, reach);
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

void Complement::take_out_others(std::size_t chunk, Gatherer::Of of) {
  everything_.each_block_backwards(chunk, [&](const RowBlock& all) {
    std::array<std::uint8_t, kBlockRows> keep;
    leave_out(all.keep, keep_.data() + all.begin, all.count, keep.data());
    RowBlock block = all;
    block.keep = keep.data();
    block.matching = count_kept(keep.data(), all.count);
    if (block.matching > 0) others_.add(block, of);
  });
}

void Complement::bound_total(const Chunk& chunk, std::size_t number, const RowReach* reach) {
  const auto outcomes = outcomes_of(chunk, snapshot_.shared());
  const auto cube = reach ? find_cube(snapshot_, number) : nullptr;
  for (const RowBlock& block : blocks_) {
    if (!cube) {
      total_bounds_.add(block, *outcomes);
      continue;
    }
    RowReach of_block = cube->blocks[block.begin / kBlockRows];
    of_block.clip(*reach);
    total_bounds_.add(block, *outcomes, &of_block);
  }
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
