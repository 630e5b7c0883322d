#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/row_buffer.h"
#include "history/columns/row_scan.h"
#include "history/columns/tally.h"
#include "history/columns/tally_bounds.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// The matching rows of one chunk, divided by the hour, day, week or month they were created in.
class TimeParts {
 public:
  // Rows of one block that are of one time. Where most of them match they are told by a mask, else by a list.
  struct Part {
    std::int64_t from_ms = 0;  // the first moment of that time
    std::uint32_t begin = 0;   // the first row, in the chunk
    std::uint32_t count = 0;
    std::uint32_t matching = 0;
    std::uint32_t at = 0;  // of its mask or list; of no meaning where all match
    bool is_list = false;
  };

  // The chunk and the store it is of must outlive this.
  TimeParts(const Chunk& chunk, const SharedFacts& shared, GroupBy group_by, std::int64_t utc_offset_ms);

  // A block of the chunk.
  void add(const RowBlock& block);
  // In the order of the blocks.
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] std::size_t matching() const { return matching_; }

  // Adds a part's rows to its tally. Few rows are left waiting in `few`, which is empty or has rows of this chunk.
  void add_to(GroupTally& tally, const Part& part, RowBuffer& few, const ExactBudget& budget) const;
  // Takes up between which values its rows lie; `reach`: what is known of them.
  void bound(TallyBounds& bounds, const Part& part, const RowReach& reach) const;
  // Those that wait.
  void settle(GroupTally& tally, RowBuffer& few, const ExactBudget& budget) const;

 private:
  void add_part(std::int64_t from_ms, std::uint32_t begin, std::uint32_t count, const std::uint8_t* keep);
  void add_in_order(const RowBlock& block, std::span<const std::int64_t> starts_ms);
  void add_by_many_times(const RowBlock& block);
  [[nodiscard]] std::int64_t start_of(std::int64_t at_ms) const;

  const Chunk& chunk_;
  const std::shared_ptr<const ChunkCube> cube_;  // any that it has had since it is full
  const GroupBy group_by_;
  const std::int64_t utc_offset_ms_;
  const std::shared_ptr<const OutcomeTable> outcomes_;
  std::vector<Part> parts_;
  std::vector<std::uint8_t> masks_;
  std::vector<std::uint16_t> lists_;
  std::size_t matching_ = 0;
};

}  // namespace comfytrace::history::columns
