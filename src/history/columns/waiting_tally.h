#pragma once

#include <cstdint>
#include <span>

#include "history/columns/row_buffer.h"
#include "history/columns/row_scan.h"
#include "history/columns/tally.h"

namespace comfytrace::history::columns {

// A tally of rows of one chunk after another, as they come in blocks.
class WaitingTally {
 public:
  GroupTally tally;

  // `outcomes` are those of the chunk. Both must outlive what is added of it.
  void enter(const Chunk& chunk, const OutcomeTable& outcomes) { chunk_ = &chunk, outcomes_ = &outcomes; }
  void add(const RowBlock& block, const ExactBudget& budget);
  void add(std::span<const std::uint16_t> rows, const ExactBudget& budget);
  // Before the next chunk, and before the tally is read.
  void settle(const ExactBudget& budget);

 private:
  const Chunk* chunk_ = nullptr;
  const OutcomeTable* outcomes_ = nullptr;
  RowBuffer few_;
};

}  // namespace comfytrace::history::columns
