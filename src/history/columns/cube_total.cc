#include "history/columns/cube_total.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace comfytrace::history::columns {
namespace {

// Where more of a chunk's rows are in cells that the filter divides, it takes less time to go by rows alone.
constexpr std::size_t kMostDivided = kChunkRows / 3;

// About what it takes to add up cells: each its share, and what it has in few values or many buckets.
std::size_t work_of(std::span<const ChunkCube::Cell* const> cells) {
  constexpr std::size_t kEach = 32;
  constexpr std::size_t kMostValues = 384;
  std::size_t work = 0;
  for (const ChunkCube::Cell* cell : cells) work += kEach + std::min<std::size_t>(cell->count, kMostValues);
  return work;
}

}  // namespace

CubeTotal::CubeTotal(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan,
                     const ExactBudget& budget)
    : snapshot_(snapshot), walk_(snapshot, filter, scan), budget_(budget), everything_(StatisticsQuery{}) {}

bool CubeTotal::add(std::size_t chunk, const OutcomeTable* outcomes) {
  const auto cube = find_cube(snapshot_, chunk);
  if (!cube || cube->cells.empty()) return false;
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
  if (divided > kMostDivided) return false;
  std::shared_ptr<const ChunkSummary> all;
  if (!cube->has_far && work_of(others_) < work_of(whole_)) all = of.summaries.find(everything_).summary;
  if (all && of.last_death() > std::min(all->version, snapshot_.version)) all = nullptr;
  add_cells(*cube, all.get());
  if (divided_.empty()) return true;
  if (!outcomes) outcomes_.take(of.outcome.locals(), snapshot_.shared().outcomes);
  add_divided(of, *cube, outcomes ? *outcomes : outcomes_, all != nullptr);
  return true;
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
                            bool is_within_all) {
  for (WaitingTally* tally : {&added_, &more_, &out_}) tally->enter(chunk, outcomes);
  for (const ChunkCube::Cell* cell : divided_) {
    const PackedTally& all = cube.tally_of(*cell);
    const RowReach reach = reach_of(*cell);
    const CubeWalk::Divided rows = walk_.divide(chunk, cube.rows_of(*cell));
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
