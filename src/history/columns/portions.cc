#include "history/columns/portions.h"

#include <algorithm>

namespace comfytrace::history::columns {
namespace {

// Whether the filter's dates may let pass rows of the chunk.
bool may_match(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, std::size_t chunk) {
  const Chunk& of = snapshot.chunk(chunk);
  for (std::uint32_t block = 0; block * kBlockRows < snapshot.rows_of(chunk); ++block) {
    const bool is_too_old = filter.from_ms && of.newest_ms[block].load(std::memory_order_relaxed) < *filter.from_ms;
    const bool is_too_new = filter.to_ms && of.oldest_ms[block].load(std::memory_order_relaxed) >= *filter.to_ms;
    if (!is_too_old && !is_too_new) return true;
  }
  return false;
}

}  // namespace

std::vector<Portion> portions_of(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const Portions& all,
                                 std::size_t threads) {
  std::vector<Portion> portions(threads);
  std::vector<std::size_t> work(threads, 0);
  std::size_t next = 0;
  for (std::size_t chunk = all.chunks; chunk-- > 0;) {
    if (!may_match(snapshot, filter, chunk)) continue;
    portions[next].chunks.push_back(chunk);
    work[next] += all.blocks_like_a_chunk;
    next = (next + 1) % threads;
  }
  // Whoever has a chunk less takes more of these.
  for (std::size_t block = all.blocks; block-- > 0;) {
    const auto least = static_cast<std::size_t>(std::ranges::min_element(work) - work.begin());
    portions[least].blocks.push_back(block);
    ++work[least];
  }
  return portions;
}

}  // namespace comfytrace::history::columns
