#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "history/columns/chunk_summary.h"
#include "history/columns/label_rows.h"
#include "history/columns/row_scan.h"
#include "history/columns/tally_bounds.h"
#include "history/columns/waiting_tally.h"

namespace comfytrace::history::columns {

// The total of full chunks of which few rows do not match, and what of it has no story, or no tag: what the chunk keeps
// of all its rows, less those that do not match. One thread's part.
class LabelComplement {
 public:
  // By story or tag. The snapshot's store must outlive this.
  LabelComplement(const ColumnStore::Snapshot& snapshot, GroupBy group_by, const ExactBudget& budget);

  // A full chunk with its cube and outcomes, which must outlive what is added of it. `labelled`: the others are apart;
  // null: nobody asks. `reach`: between what the measures of matching rows lie. False: the chunk keeps no such thing.
  [[nodiscard]] bool enter(std::size_t chunk, const ChunkCube& cube, const OutcomeTable& outcomes,
                           const LabelRows* labelled, const RowReach& reach);
  // Then each of its blocks that has matching rows; the rows of each that match and are apart; and then it must be
  // left.
  void add(const RowBlock& block);
  void bound_apart(const RowBlock& apart);
  void leave();

  // When all are added; called once.
  void finish();
  [[nodiscard]] const GroupTally& total() const { return total_.all; }
  [[nodiscard]] const GroupTally& apart() const { return apart_.all; }

 private:
  struct Part {
    GroupTally all;
    TallyBounds bounds;  // of what matches
  };
  [[nodiscard]] RowReach reach_of(const RowBlock& block) const;
  [[nodiscard]] std::shared_ptr<const ChunkSummary> find(const SummaryKey& key) const;

  const ColumnStore::Snapshot& snapshot_;
  const ExactBudget budget_;
  const SummaryKey everything_;
  const SummaryKey unlabelled_;
  const RunFilter every_run_;
  RowScan everyone_;
  Part total_;
  Part apart_;
  // What does not match, divided by that.
  WaitingTally apart_out_;
  WaitingTally rest_out_;
  // Of the chunk at hand.
  std::size_t number_ = 0;
  const Chunk* chunk_ = nullptr;
  const ChunkCube* cube_ = nullptr;
  const OutcomeTable* outcomes_ = nullptr;
  const LabelRows* labelled_ = nullptr;
  RowReach reach_;
  std::bitset<kBlocks> were_added_;
  const std::unique_ptr<std::uint8_t[]> others_;  // by row, whether it does not match
};

// Leaves with a full chunk what it tells of its rows without a story, or without a tag; and gives numbers to the
// stories of all chunks, of which there may be many. Any thread, best an idle one.
void prepare_unlabelled(const ColumnStore::Snapshot& snapshot, std::size_t chunk, GroupBy group_by);

}  // namespace comfytrace::history::columns
