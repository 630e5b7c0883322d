#pragma once

#include <cstddef>
#include <vector>

#include "history/columns/column_store.h"
#include "history/run_filter.h"

namespace comfytrace::history::columns {

// What one of some threads adds to an answer.
struct Portion {
  std::vector<std::size_t> chunks;  // full ones, the newest first
  std::vector<std::size_t> blocks;  // of the chunk that is not full, the last first
};

// What there is to divide: so many full chunks, and behind them a chunk of so many blocks.
struct Portions {
  std::size_t chunks = 0;
  std::size_t blocks = 0;
  std::size_t blocks_like_a_chunk = 0;  // so many take as long; 0: a full chunk takes next to no time
};

// Chunks that the filter's dates leave nothing of are in none. Always the same for each thread, so that the same
// question gets the same answer to the last digit. `threads` > 0.
[[nodiscard]] std::vector<Portion> portions_of(const ColumnStore::Snapshot& snapshot, const RunFilter& filter,
                                               const Portions& all, std::size_t threads);

}  // namespace comfytrace::history::columns
