#pragma once

#include "history/columns/cube_walk.h"
#include "history/columns/waiting_tally.h"

namespace comfytrace::history::columns {

// The total of full chunks, of which more match than have exact percentiles, by the cells of their cubes: for questions
// whose groups are told by rows. One thread's part.
class CubeTotal {
 public:
  // As for a CubeWalk.
  CubeTotal(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan, ExactBudget budget)
      : snapshot_(snapshot), walk_(snapshot, filter, scan), budget_(budget) {}

  // A full chunk that the dates cover. False: it has no cube of use, and nothing was added.
  bool add(std::size_t chunk);
  [[nodiscard]] const GroupTally& tally() const { return total_.tally; }

 private:
  const ColumnStore::Snapshot& snapshot_;
  CubeWalk walk_;
  const ExactBudget budget_;
  WaitingTally total_;
  OutcomeTable outcomes_;
};

}  // namespace comfytrace::history::columns
