#pragma once

#include <limits>
#include <memory>
#include <span>
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

  // A full chunk that the dates cover. By cells: it was added. Else it was not: it has no cube of use, or the filter's
  // bounds divide too much of it, or it takes less time to look at the rows that do not match, which are few (others).
  // `takes_more_by_cells`: then the rows that match and are not in the largest group are added up, too. `keep`: by row
  // of the chunk, whether it matches; null: it is not known. `at_hand`: so many rows, which are looked at anyway, tell
  // the total if they are added up; where that takes less time than cells it is not added either.
  enum class By { nothing, cells, others };
  By add(std::size_t chunk, bool takes_more_by_cells = false, const std::uint8_t* keep = nullptr,
         std::size_t at_hand = std::numeric_limits<std::size_t>::max());
  // Of what matches in the chunk that was added last, or was to be; of any chunk where it had no cube.
  [[nodiscard]] const RowReach& reach() const { return reach_; }
  // Of all that was added; nothing may be added after it.
  [[nodiscard]] const GroupTally& finish();

 private:
  // How many rows match, if bounds divide cells evenly.
  [[nodiscard]] std::size_t rows_of(std::span<const ChunkCube::Cell* const> cells) const;
  [[nodiscard]] RowReach reach_of(const ChunkCube::Cell& cell) const;
  // The cells of the chunk at hand by how many of their rows match.
  void sort_cells(const ChunkCube& cube);
  void add_cells(const ChunkCube& cube, const ChunkSummary* all);
  void add_divided(const Chunk& chunk, const ChunkCube& cube, const OutcomeTable& outcomes, const std::uint8_t* keep,
                   bool is_within_all);

  const ColumnStore::Snapshot& snapshot_;
  CubeWalk walk_;
  const ExactBudget budget_;
  const SummaryKey everything_;
  std::shared_ptr<const OutcomeTable> outcomes_;
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
