#include "history/columns/list_position.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/parallel.h"
#include "history/columns/list_bins.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

template <class Each>
void each_row(const RowBlock& block, Each&& each) {
  std::array<std::uint16_t, kBlockRows> rows;
  for (const std::uint16_t at : block.list(rows.data()))
    each(at, static_cast<std::uint32_t>(block.chunk_number) * kChunkRows + at);
}

// Those from the place `first` on, in order, of `near`, in which they and some of their neighbours are.
std::vector<Candidate> sorted_from(std::vector<Candidate> near, std::int64_t place, std::int64_t limit) {
  const auto first = near.begin() + std::min(place, std::ssize(near));
  std::nth_element(near.begin(), first, near.end(), kBefore);
  const auto last = first + std::min(limit, near.end() - first);
  std::partial_sort(first, last, near.end(), kBefore);
  return {first, last};
}

// Matching rows that lie together, or one odd run, and between which keys they lie.
struct Stack {
  std::int64_t least;
  std::int64_t most;
  std::int64_t matching;
  std::size_t chunk = 0;
  std::uint32_t begin = 0;
  std::optional<Candidate> odd;
};

// Runs come mostly in order of creation: of which blocks a position can be in is known from their bounds alone.
std::vector<Candidate> at_time_position(RowScan& scan, RunSort sort, std::int64_t offset, std::int64_t limit,
                                        std::int64_t& total) {
  const bool ascending = is_ascending(sort);
  std::vector<Stack> stacks;
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    const Candidate odd = candidate(sort, facts.created_at_ms, rid_at(scan.snapshot(), row), row);
    stacks.push_back({odd.key, odd.key, 1, 0, 0, odd});
  });
  scan.each_block([&](const RowBlock& block) {
    const std::int64_t oldest_ms = block.chunk->oldest_ms[block.begin / kBlockRows].load(std::memory_order_relaxed);
    const std::int64_t newest_ms = block.chunk->newest_ms[block.begin / kBlockRows].load(std::memory_order_relaxed);
    stacks.push_back({ascending ? oldest_ms : ~newest_ms,
                      ascending ? newest_ms : ~oldest_ms,
                      block.matching,
                      block.chunk_number,
                      block.begin,
                      {}});
  });
  total = 0;
  for (const Stack& stack : stacks) total += stack.matching;
  if (offset >= total) return {};
  const std::int64_t end = offset + std::min(limit, total - offset);
  // All that may lie before `least` is no more than `offset`; what surely lies up to `most` reaches to the end.
  std::int64_t least = kMin;
  std::ranges::sort(stacks, {}, &Stack::least);
  std::int64_t before = 0;
  for (const Stack& stack : stacks) {
    if (before > offset) break;
    least = stack.least;
    before += stack.matching;
  }
  std::int64_t most = kMax;
  std::ranges::sort(stacks, {}, &Stack::most);
  std::int64_t within = 0;
  for (const Stack& stack : stacks) {
    most = stack.most;
    within += stack.matching;
    if (within >= end) break;
  }
  before = 0;
  std::vector<Candidate> near;
  const auto look_at = [&](const Candidate& of) {
    if (of.key < least) {
      ++before;
    } else if (of.key <= most) {
      near.push_back(of);
    }
  };
  for (const Stack& stack : stacks) {
    if (stack.least > most) continue;
    if (stack.most < least) {
      before += stack.matching;
    } else if (stack.odd) {
      look_at(*stack.odd);
    } else {
      each_row(scan.block_at(stack.chunk, stack.begin), [&](std::uint16_t at, std::uint32_t row) {
        const Chunk& chunk = scan.snapshot().chunk(stack.chunk);
        look_at(candidate(sort, chunk.created_at_ms[at], chunk.rid[at], row));
      });
    }
  }
  return sorted_from(std::move(near), offset - before, limit);
}

// The bins that occur in a block, so that most blocks are passed over the second time.
struct Reach {
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::size_t most = 0;
};

// What one thread counts.
struct Count {
  ListBins bins;
  std::int64_t matches = 0;
};

// Those at the position are found by counting, then put in order among the few that stand near.
std::vector<Candidate> at_value_position(RowScan& scan, RunSort sort, std::int64_t offset, std::int64_t limit,
                                         const std::optional<Candidate>& behind, std::int64_t& total) {
  const ColumnStore::Snapshot& snapshot = scan.snapshot();
  std::int64_t newest_ms = kMin;
  scan.each_block_newest_first([&](const RowBlock&, std::int64_t block_newest_ms) {
    newest_ms = block_newest_ms;
    return false;
  });
  const auto stands_behind = [&](const Candidate& of) { return !behind || behind->before(of); };
  std::vector<Reach> reaches(snapshot.chunks() * kBlocks);
  std::vector<Count> counts(std::clamp<std::size_t>(snapshot.chunks(), 1, base::parallel_threads()),
                            {ListBins(sort, newest_ms)});
  base::parallel(counts.size(), [&](std::size_t part) {
    RowScan own = scan;
    Count& count = counts[part];
    for (std::size_t i = part; i < snapshot.chunks(); i += counts.size()) {
      own.each_block_of(i, [&](const RowBlock& block) {
        count.matches += block.matching;
        Reach& reach = reaches[i * kBlocks + block.begin / kBlockRows];
        each_row(block, [&](std::uint16_t at, std::uint32_t row) {
          const auto value = value_at(*block.chunk, at, sort);
          if (behind && !stands_behind(candidate(sort, value, block.chunk->rid[at], row))) return;
          const std::size_t bin = count.bins.count(value);
          reach.least = std::min(reach.least, bin);
          reach.most = std::max(reach.most, bin);
        });
      });
    }
  });
  ListBins& bins = counts.front().bins;
  total = 0;
  for (const Count& count : counts) {
    total += count.matches;
    if (&count != &counts.front()) bins.add(count.bins);
  }
  std::vector<std::pair<std::size_t, Candidate>> odd;
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    ++total;
    const auto value = value_of(facts, sort);
    const Candidate of = candidate(sort, value, rid_at(snapshot, row), row);
    if (stands_behind(of)) odd.emplace_back(bins.count(value), of);
  });
  const ListBins::Stretch stretch = bins.stretch(offset, limit);
  std::vector<Candidate> near;
  if (stretch.runs == 0) return near;
  near.reserve(static_cast<std::size_t>(stretch.runs));
  for (const auto& [bin, of] : odd) {
    if (bin >= stretch.first && bin <= stretch.last) near.push_back(of);
  }
  for (std::size_t block = 0; block < reaches.size(); ++block) {
    if (reaches[block].least > stretch.last || reaches[block].most < stretch.first) continue;
    const RowBlock rows = scan.block_at(block / kBlocks, static_cast<std::uint32_t>(block % kBlocks) * kBlockRows);
    each_row(rows, [&](std::uint16_t at, std::uint32_t row) {
      const auto value = value_at(*rows.chunk, at, sort);
      const std::size_t bin = bins.bin_of(value);
      if (bin < stretch.first || bin > stretch.last) return;
      const Candidate of = candidate(sort, value, rows.chunk->rid[at], row);
      if (stands_behind(of)) near.push_back(of);
    });
  }
  return sorted_from(std::move(near), offset - stretch.before, limit);
}

}  // namespace

std::vector<Candidate> at_position(RowScan& scan, RunSort sort, std::int64_t offset, std::int64_t limit,
                                   const std::optional<Candidate>& behind, std::int64_t& total) {
  const bool by_time = sort == RunSort::newest || sort == RunSort::oldest;
  return by_time && !behind ? at_time_position(scan, sort, offset, limit, total)
                            : at_value_position(scan, sort, offset, limit, behind, total);
}

}  // namespace comfytrace::history::columns
