#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "history/columns/label_rows.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// The rows of a full chunk that match, divided by whether they are in a LabelRows. One object a thread, for one chunk
// after another.
class LabelWalk {
 public:
  LabelWalk() : keep_(new std::uint8_t[kChunkRows]), rows_(new std::uint16_t[kChunkRows]) {}

  // A new chunk; then each of its blocks that has matching rows.
  void enter(const Chunk& chunk, std::size_t number);
  void add(const RowBlock& block);
  // Once all are added: by row, whether it matches.
  [[nodiscard]] const std::uint8_t* keep();
  // After that. Counts the listed rows that match, by kind. `matches` gets a bit for each place of the list:
  // whether it is of such a row; `last_kinds` the kind where every 64 of them end.
  void take(const LabelRows& list, std::uint32_t* runs_of_kind, std::vector<std::uint64_t>& matches,
            std::vector<std::uint32_t>& last_kinds);

  // Each block that was added, the last first; of its rows those that match, once they are taken but for the listed
  // ones: there may be none.
  template <class Each>
  void each_block(const Each& each) const {
    for (std::uint32_t i = kBlocks; i-- > 0;) {
      if (!were_added_[i]) continue;
      const std::uint8_t* keep = keep_.get() + i * kBlockRows;
      each(RowBlock{chunk_, number_, i * kBlockRows, kBlockRows, count_kept(keep, kBlockRows), keep});
    }
  }
  // Those that were taken, in the order of the list.
  [[nodiscard]] std::span<const std::uint16_t> listed() const { return {rows_.get(), count_}; }

 private:
  const std::unique_ptr<std::uint8_t[]> keep_;  // of each row; of blocks that were not added nothing
  const std::unique_ptr<std::uint16_t[]> rows_;
  std::size_t count_ = 0;
  const Chunk* chunk_ = nullptr;
  std::size_t number_ = 0;
  std::bitset<kBlocks> were_added_;
};

// Calls `each` with those of the listed rows that are kept, at most a block of them at a time; they are kept no longer.
template <class Each>
void take_listed(const LabelRows& list, std::uint8_t* keep, const Each& each) {
  std::array<std::uint16_t, kBlockRows> taken;
  const std::span<const std::uint16_t> rows = list.rows();
  const std::span<const std::uint8_t> steps = list.steps();
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
    std::size_t count = 0;
    for (std::size_t i = begin, end = std::min<std::size_t>(begin + kBlockRows, rows.size()); i < end; ++i) {
      if (steps[i] == LabelRows::kNoRow) continue;
      taken[count] = rows[i];
      count += std::exchange(keep[rows[i]], 0);
    }
    each(std::span<const std::uint16_t>(taken).first(count));
  }
}

}  // namespace comfytrace::history::columns
