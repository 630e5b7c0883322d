#include "history/columns/waiting_tally.h"

#include <array>

namespace comfytrace::history::columns {

void WaitingTally::add(const RowBlock& block, const ExactBudget& budget) {
  if (block.matching == 0) return;
  // Where so many match, it takes less time to pass over the others than to pick out these.
  if (block.matching * 2 >= block.count) {
    const std::uint32_t begin = block.begin;
    return tally.add({chunk_->duration_ms.get() + begin, chunk_->queue_wait_ms.get() + begin, peaks_of(*chunk_, begin),
                      chunk_->outcome.rows() + begin, block.keep, block.count, block.matching},
                     *outcomes_, budget);
  }
  std::array<std::uint16_t, kBlockRows> rows;
  add(block.list(rows.data()), budget);
}

void WaitingTally::add(std::span<const std::uint16_t> rows, const ExactBudget& budget) {
  if (few_.size() + rows.size() > kBlockRows) settle(budget);
  few_.append(*chunk_, rows);
}

void WaitingTally::settle(const ExactBudget& budget) {
  if (few_.size() == 0) return;
  few_.add_to(tally, 0, few_.size(), *outcomes_, budget);
  few_.clear();
}

}  // namespace comfytrace::history::columns
