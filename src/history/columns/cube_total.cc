#include "history/columns/cube_total.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace comfytrace::history::columns {
namespace {

// Where more of a chunk's rows are in cells that the filter divides, it takes less time to go by rows alone.
constexpr std::size_t kMostDivided = kChunkRows / 3;
// About what it takes, in rows that are added up, to look at a block for those that do not match, a row of a divided
// cell, and a unit of the work with cells.
constexpr std::size_t kEachBlock = 64;
constexpr std::size_t kOfDivided = 3;
constexpr std::size_t kOfWork = 2;

// Whether it takes less time to add up the matching rows themselves than cells and, of divided ones, rows, and to bound
// what is left of the total once the labelled rows are taken out. In rows that are added up, as it was measured: where
// the cells that do not match are added up, most match, and rows of whole blocks take less time each. Where no cell is
// divided, neither takes much more than the other.
bool takes_less_by_rows(std::size_t matching, std::size_t divided, std::size_t work, bool is_of_others) {
  constexpr std::size_t kEachChunk = 1'500;
  if (divided == 0) return false;
  return kEachChunk + (is_of_others ? divided * 5 / 2 + work * 3 / 2 : divided * 6 + work * 3 / 5) > matching;
}

// About what it takes to add up cells: each its share, and what it has in few values or many buckets.
std::size_t work_of(std::span<const ChunkCube::Cell* const> cells) {
  constexpr std::size_t kEach = 32;
  constexpr std::size_t kMostValues = 384;
  std::size_t work = 0;
  for (const ChunkCube::Cell* cell : cells) work += kEach + std::min<std::size_t>(cell->count, kMostValues);
  return work;
}

// About the share of a cell's values that bounds take in. Of a cell that has none it decides nothing.
double share_within(const Bounds& of_cell, const Bounds& bounds) {
  if (of_cell.min > of_cell.max) return 1;
  Bounds both = of_cell;
  both.clip(bounds);
  if (both.min > both.max) return 0;
  return static_cast<double>(both.max - both.min + 1) / static_cast<double>(of_cell.max - of_cell.min + 1);
}

}  // namespace

CubeTotal::CubeTotal(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan,
                     const ExactBudget& budget)
    : snapshot_(snapshot), walk_(snapshot, filter, scan), budget_(budget), everything_(StatisticsQuery{}) {}

CubeTotal::By CubeTotal::add(std::size_t chunk, bool takes_more_by_cells, const std::uint8_t* keep,
                             std::size_t at_hand) {
  const auto cube = find_cube(snapshot_, chunk);
  reach_ = walk_.reach();
  if (!cube || cube->cells.empty()) return By::nothing;
  const Chunk& of = snapshot_.chunk(chunk);
  sort_cells(*cube);
  reach_ = {};
  for (const auto* cells : {&whole_, &divided_}) {
    for (const ChunkCube::Cell* cell : *cells) {
      const RowReach reach = reach_of(*cell);
      reach_.duration_ms.add(reach.duration_ms);
      reach_.queue_wait_ms.add(reach.queue_wait_ms);
      reach_.vram_peak_bytes.add(reach.vram_peak_bytes);
    }
  }
  std::size_t divided = 0;
  for (const ChunkCube::Cell* cell : divided_) divided += cell->count;
  std::shared_ptr<const ChunkSummary> all;
  if (!cube->has_far) all = of.summaries.find(everything_).summary;
  if (all && of.last_death() > std::min(all->version, snapshot_.version)) all = nullptr;
  const std::size_t work = std::min(work_of(others_), work_of(whole_));
  const std::size_t matching = std::min<std::size_t>(rows_of(whole_) + rows_of(divided_), kChunkRows);
  const std::size_t others = kChunkRows - matching;
  const std::size_t by_cells = kOfDivided * divided + kOfWork * work + (takes_more_by_cells ? matching / 3 : 0);
  if (at_hand < by_cells) return By::nothing;
  if (all && others * 4 < matching * 3 && others + kEachBlock * kBlocks < by_cells) return By::others;
  if (divided > kMostDivided) return By::nothing;
  if (work_of(others_) >= work_of(whole_)) all = nullptr;
  if (takes_more_by_cells && takes_less_by_rows(matching, divided, work, all != nullptr)) return By::nothing;
  add_cells(*cube, all.get());
  if (divided_.empty()) return By::cells;
  outcomes_ = outcomes_of(of, snapshot_.shared());
  add_divided(of, *cube, *outcomes_, keep, all != nullptr);
  return By::cells;
}

std::size_t CubeTotal::rows_of(std::span<const ChunkCube::Cell* const> cells) const {
  double rows = 0;
  for (const ChunkCube::Cell* cell : cells) {
    rows += static_cast<double>(cell->count) * share_within(cell->duration_ms.bounds, walk_.reach().duration_ms) *
            share_within(cell->vram_peak_bytes.bounds, walk_.reach().vram_peak_bytes);
  }
  return static_cast<std::size_t>(rows);
}

// Of its rows that match.
RowReach CubeTotal::reach_of(const ChunkCube::Cell& cell) const {
  RowReach reach{cell.duration_ms.bounds, cell.queue_wait_ms.bounds, cell.vram_peak_bytes.bounds};
  reach.clip(walk_.reach());
  return reach;
}

void CubeTotal::sort_cells(const ChunkCube& cube) {
  whole_.clear();
  others_.clear();
  divided_.clear();
  for (const ChunkCube::Cell& cell : cube.cells) {
    const Within of_cell = walk_.matching(cell);
    (of_cell == Within::all ? whole_ : of_cell == Within::some ? divided_ : others_).push_back(&cell);
  }
}

void CubeTotal::add_cells(const ChunkCube& cube, const ChunkSummary* all) {
  if (!all) {
    for (const ChunkCube::Cell* cell : whole_) added_.tally.merge(cube.tally_of(*cell), budget_);
    return;
  }
  more_.tally.merge(all->total, budget_);
  for (const ChunkCube::Cell* cell : others_) out_.tally.merge(cube.tally_of(*cell), budget_);
  for (const ChunkCube::Cell* cell : whole_) bounds_.add(*cell);
}

void CubeTotal::add_divided(const Chunk& chunk, const ChunkCube& cube, const OutcomeTable& outcomes,
                            const std::uint8_t* keep, bool is_within_all) {
  for (WaitingTally* tally : {&added_, &more_, &out_}) tally->enter(chunk, outcomes);
  for (const ChunkCube::Cell* cell : divided_) {
    const PackedTally& all = cube.tally_of(*cell);
    const RowReach reach = reach_of(*cell);
    const CubeWalk::Divided rows =
        keep ? walk_.divide(keep, cube.rows_of(*cell)) : walk_.divide(chunk, cube.rows_of(*cell));
    const bool are_most = rows.matching.size() > rows.others.size() && !cube.has_far;
    if (are_most) {
      if (!is_within_all) more_.tally.merge(all, budget_);
      out_.add(rows.others, budget_);
      bounds_.add(chunk, rows.matching, outcomes, &reach);
    } else {
      if (is_within_all) out_.tally.merge(all, budget_);
      added_.add(rows.matching, budget_);
    }
  }
  for (WaitingTally* tally : {&added_, &more_, &out_}) tally->settle(budget_);
}

const GroupTally& CubeTotal::finish() {
  more_.tally.subtract(std::move(out_.tally));
  more_.tally.bound(bounds_);
  added_.tally.merge(more_.tally, budget_);
  return added_.tally;
}

}  // namespace comfytrace::history::columns
