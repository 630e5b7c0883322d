#include "history/columns/label_walk.h"

#include <algorithm>

namespace comfytrace::history::columns {

void LabelWalk::enter(const Chunk& chunk, std::size_t number) {
  chunk_ = &chunk;
  number_ = number;
  count_ = 0;
  were_added_.reset();
}

void LabelWalk::add(const RowBlock& block) {
  were_added_.set(block.begin / kBlockRows);
  std::copy_n(block.keep, block.count, keep_.get() + block.begin);
}

const std::uint8_t* LabelWalk::keep() {
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    if (!were_added_[i]) std::fill_n(keep_.get() + i * kBlockRows, kBlockRows, std::uint8_t{0});
  }
  return keep_.get();
}

// Each row is written down, and stays if it counts: a branch would be guessed wrong too often.
void LabelWalk::take(const LabelRows& list, std::uint32_t* __restrict runs_of_kind, std::vector<std::uint64_t>& matches,
                     std::vector<std::uint32_t>& last_kinds) {
  constexpr std::size_t kBits = 64;
  const std::size_t places = list.rows().size();
  const std::uint16_t* rows = list.rows().data();
  const std::uint8_t* steps = list.steps().data();
  std::uint8_t* __restrict keep = keep_.get();
  std::uint16_t* __restrict listed = rows_.get();
  matches.assign((places + kBits - 1) / kBits, 0);
  last_kinds.resize(matches.size());
  std::size_t count = 0;
  std::uint32_t kind = 0;
  for (std::size_t begin = 0; begin < places; begin += kBits) {
    std::uint64_t bits = 0;
    for (std::size_t i = begin, end = std::min(begin + kBits, places); i < end; ++i) {
      kind += steps[i];
      if (steps[i] == LabelRows::kNoRow) continue;
      const std::uint16_t row = rows[i];
      const std::uint8_t kept = keep[row];
      keep[row] = 0;
      runs_of_kind[kind] += kept;
      listed[count] = row;
      count += kept;
      bits |= std::uint64_t{kept} << (i - begin);
    }
    matches[begin / kBits] = bits;
    last_kinds[begin / kBits] = kind;
  }
  count_ = count;
}

}  // namespace comfytrace::history::columns
