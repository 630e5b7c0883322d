#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "history/columns/bounds.h"
#include "history/columns/outcome_table.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// Between which values the measures of some runs lie: where a tally is made by taking out others, these may have been
// the least or the most.
class TallyBounds {
 public:
  // Rows of one chunk after another, whose outcomes these are. `reach`: what is known of them; null: nothing.
  void add(const RowBlock& block, const OutcomeTable& outcomes, const RowReach* reach = nullptr);
  void add(const Chunk& chunk, std::span<const std::uint16_t> rows, const OutcomeTable& outcomes,
           const RowReach* reach = nullptr);
  // All rows of a cell.
  void add(const ChunkCube::Cell& cell);
  // Takes these for needless to look at: the rows' bounds of such a measure are known.
  void set_duration_ms(const Bounds& bounds) { duration_ms_ = bounds; }
  void set_queue_wait_ms(const Bounds& bounds) { queue_wait_ms_ = bounds; }
  void set_vram_peak_bytes(const Bounds& bounds) { vram_peak_bytes_ = bounds; }
  [[nodiscard]] const Bounds& duration_ms() const { return duration_ms_; }
  [[nodiscard]] const Bounds& queue_wait_ms() const { return queue_wait_ms_; }
  [[nodiscard]] const Bounds& vram_peak_bytes() const { return vram_peak_bytes_; }

 private:
  void add_peaks(const PeakColumn& peaks, const std::uint8_t* keep, std::uint32_t count);

  Bounds duration_ms_;
  Bounds queue_wait_ms_;
  Bounds vram_peak_bytes_;
};

}  // namespace comfytrace::history::columns
