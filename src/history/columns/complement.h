#pragma once

#include <cstddef>
#include <cstdint>
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

  // A full chunk that the dates of `scan` cover; of it all that is told here, or the classes alone. `reach`: between
  // what the measures of matching rows lie, as far as it is known; null: it is not. True: it is taken, and more rows
  // match than have exact percentiles. False: its matching rows are in blocks().
  bool add(RowScan& scan, std::size_t chunk, Gatherer::Of of, const RowReach* reach = nullptr);
  // The last first. Valid until the next add().
  [[nodiscard]] std::span<const RowBlock> blocks() const { return blocks_; }
  // Adds what was taken.
  void add_to(Gatherer& gatherer);

 private:
  void find_rows(RowScan& scan, std::size_t chunk);
  void take_out_others(std::size_t chunk, Gatherer::Of of);
  void bound_total(const Chunk& chunk, std::size_t number, const RowReach* reach);
  void place(const Chunk& chunk);
  void bound_classes(const Chunk& chunk);
  std::span<const std::uint32_t> classes_of(std::uint32_t shape);

  const ColumnStore::Snapshot& snapshot_;
  const ExactBudget budget_;
  const SummaryKey key_;
  RowScan everything_;
  Gatherer whole_;
  Gatherer others_;
  bool is_used_ = false;
  // Of the chunk at hand.
  std::vector<std::uint8_t> keep_;  // 1 for a row that matches
  std::vector<std::uint8_t> placed_;
  std::vector<RowBlock> blocks_;
  std::size_t matching_ = 0;
  // Between which values all lie that match: what is taken out may have been the least or the most.
  TallyBounds total_bounds_;
  GroupNames names_;
  std::vector<Bounds> class_bounds_;  // by number of names_
  std::vector<std::vector<std::uint32_t>> shape_classes_;
};

}  // namespace comfytrace::history::columns
