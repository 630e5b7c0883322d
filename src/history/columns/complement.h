#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/gatherer.h"

namespace comfytrace::history::columns {

// Statistics by class of node of chunks in which most rows match: what the chunk keeps of all its rows, less what those
// tell that do not match. One thread's part in the answer to one question.
class Complement {
 public:
  // `all`: the question without its filter. It, and the snapshot's store, must outlive this.
  Complement(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& all, const ExactBudget& budget);

  // Looks which rows match in a full chunk that the dates of `scan` cover. True: more do than have exact percentiles,
  // and take() tells them. False: they are in blocks().
  [[nodiscard]] bool enter(RowScan& scan, std::size_t chunk);
  // The last first. Valid until the next enter(), like these: by row, 1 where it matches, else 0; and how many do.
  [[nodiscard]] std::span<const RowBlock> blocks() const { return blocks_; }
  [[nodiscard]] const std::uint8_t* keep() const { return keep_.data(); }
  [[nodiscard]] std::size_t matching() const { return matching_; }
  // Takes the chunk that was entered: of it all that is told here, or the classes alone. `reach`: between what the
  // measures of matching rows lie, as far as it is known; null: it is not.
  void take(Gatherer::Of of, const RowReach* reach = nullptr);
  // Adds what was taken.
  void add_to(Gatherer& gatherer);

 private:
  void find_rows(RowScan& scan);
  template <class Each>
  void take_out_others(Gatherer::Of of, const Each& each_matching);
  void take_total(const Chunk& chunk, const RowReach* reach);
  void place(const Chunk& chunk);
  void bound_classes(const Chunk& chunk);

  const ColumnStore::Snapshot& snapshot_;
  const ExactBudget budget_;
  const SummaryKey key_;
  RowScan everything_;
  Gatherer whole_;
  Gatherer others_;
  bool is_used_ = false;
  // Of the chunk at hand.
  std::size_t chunk_ = 0;
  std::shared_ptr<const ChunkSummary> all_;  // of all its rows
  std::vector<std::uint8_t> keep_;           // 1 for a row that matches
  std::vector<std::uint8_t> placed_;
  std::vector<RowBlock> blocks_;
  std::array<std::uint32_t, kBlocks> matching_of_block_;
  std::size_t matching_ = 0;
  // Between which values all lie that match: what is taken out may have been the least or the most.
  TallyBounds total_bounds_;
  std::vector<Bounds> class_bounds_;  // by number of a group of others_
};

}  // namespace comfytrace::history::columns
