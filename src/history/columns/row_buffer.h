#pragma once

#include <span>
#include <vector>

#include "history/columns/chunk.h"
#include "history/columns/tally.h"

namespace comfytrace::history::columns {

// For a block all of whose rows count.
[[nodiscard]] const std::uint8_t* all_kept();

// The measures of chosen rows of one chunk, side by side in the order in which they were chosen.
class RowBuffer {
 public:
  void clear() { size_ = 0; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  void append(const Chunk& chunk, std::span<const std::uint16_t> rows);
  // The same for whom the other measures are not told: theirs are of no meaning.
  void append(const Chunk& chunk, std::span<const std::uint16_t> rows, const Measures& measures);
  // Rows of another buffer by their places there, of which there are at most kChunkRows.
  void append(const RowBuffer& from, std::span<const std::uint16_t> places);
  // `count` rows of another buffer that stand side by side there.
  void append(const RowBuffer& from, std::uint32_t begin, std::uint32_t count);
  // Adds `count` of them to a tally, from `begin` on.
  void add_to(GroupTally& tally, std::uint32_t begin, std::uint32_t count, const OutcomeTable& outcomes,
              const ExactBudget& budget) const;

 private:
  // Makes room for more; where they begin.
  std::uint32_t grow(std::size_t rows);
  void append(const MeasureColumns& from, std::span<const std::uint16_t> rows);

  std::uint32_t size_ = 0;
  std::vector<std::int32_t> duration_ms_;
  std::vector<std::int32_t> queue_wait_ms_;
  std::vector<std::uint32_t> peak_low_;
  std::vector<std::uint8_t> peak_high_;
  std::vector<std::uint16_t> outcomes_;
};

}  // namespace comfytrace::history::columns
