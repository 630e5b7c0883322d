#pragma once

#include <vector>

#include "history/columns/chunk_summary.h"
#include "history/columns/cube_walk.h"
#include "history/columns/tally_bounds.h"
#include "history/columns/waiting_tally.h"

namespace comfytrace::history::columns {

// The total of full chunks, of which more match than have exact percentiles, by the cells of their cubes: for questions
// whose groups are told by rows. Whichever is less work is tallied, what matches or what does not: the latter is taken
// out of all. One thread's part.
class CubeTotal {
 public:
  // As for a CubeWalk.
  CubeTotal(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan,
            const ExactBudget& budget);

  // A full chunk that the dates cover, with its outcomes where they are there already. False: it has no cube of use,
  // or the filter's bounds divide too much of it, and nothing was added.
  bool add(std::size_t chunk, const OutcomeTable* outcomes = nullptr);
  // Of what matches in the chunk that was added last.
  [[nodiscard]] const RowReach& reach() const { return reach_; }
  // Of all that was added; nothing may be added after it.
  [[nodiscard]] const GroupTally& finish();

 private:
  [[nodiscard]] RowReach reach_of(const ChunkCube::Cell& cell) const;
  // The cells of the chunk at hand by how many of their rows match.
  void sort_cells(const ChunkCube& cube);
  void add_cells(const ChunkCube& cube, const ChunkSummary* all);
  void add_divided(const Chunk& chunk, const ChunkCube& cube, const OutcomeTable& outcomes, bool is_within_all);

  const ColumnStore::Snapshot& snapshot_;
  CubeWalk walk_;
  const ExactBudget budget_;
  const SummaryKey everything_;
  OutcomeTable outcomes_;
  // The total is what was added, and of `more` what is not in `out`, whose values lie within these bounds.
  WaitingTally added_;
  WaitingTally more_;
  WaitingTally out_;
  TallyBounds bounds_;
  // Of the chunk at hand.
  std::vector<const ChunkCube::Cell*> whole_;
  std::vector<const ChunkCube::Cell*> others_;
  std::vector<const ChunkCube::Cell*> divided_;
  RowReach reach_;
};

}  // namespace comfytrace::history::columns
