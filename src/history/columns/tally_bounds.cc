#include "history/columns/tally_bounds.h"

#include <algorithm>

#include "history/columns/column_loops.h"

namespace comfytrace::history::columns {
void TallyBounds::add(const RowBlock& block, const OutcomeTable& outcomes, const RowReach* reach) {
  const Chunk& chunk = *block.chunk;
  const std::uint32_t begin = block.begin;
  // What is within already need not be looked at.
  if (!reach || !duration_ms_.has(reach->duration_ms)) {
    // What has not ended has no duration.
    std::array<std::uint8_t, kBlockRows> ended;
    const std::uint8_t* of_duration = block.keep;
    if (!outcomes.all_ended()) {
      std::copy_n(block.keep, block.count, ended.begin());
      mask_passing(chunk.outcome.rows() + begin, block.count, outcomes.ended(), ended.data());
      of_duration = ended.data();
    }
    duration_ms_.add(bounds_of(chunk.duration_ms.get() + begin, of_duration, block.count));
  }
  if (!reach || !queue_wait_ms_.has(reach->queue_wait_ms))
    queue_wait_ms_.add(bounds_of(chunk.queue_wait_ms.get() + begin, block.keep, block.count));
  if (!reach || !vram_peak_bytes_.has(reach->vram_peak_bytes))
    add_peaks(peaks_of(chunk, begin), block.keep, block.count);
}

void TallyBounds::add(const Chunk& chunk, std::span<const std::uint16_t> rows, const OutcomeTable& outcomes,
                      const RowReach* reach) {
  const auto add = [&](Bounds& bounds, const Bounds* of_rows, const auto& value_of) {
    if (of_rows && bounds.has(*of_rows)) return;
    for (const std::uint16_t row : rows) {
      if (const std::int64_t value = value_of(row); value >= 0) bounds.add(value);
    }
  };
  const std::uint16_t* ends = chunk.outcome.rows();
  const auto ended = outcomes.ended();
  add(duration_ms_, reach ? &reach->duration_ms : nullptr,
      [&](std::uint16_t row) -> std::int64_t { return ended[ends[row]] != 0 ? chunk.duration_ms[row] : kMissing; });
  add(queue_wait_ms_, reach ? &reach->queue_wait_ms : nullptr,
      [&](std::uint16_t row) -> std::int64_t { return chunk.queue_wait_ms[row]; });
  add(vram_peak_bytes_, reach ? &reach->vram_peak_bytes : nullptr,
      [&](std::uint16_t row) { return chunk.vram_peak(row); });
}

void TallyBounds::add(const ChunkCube::Cell& cell) {
  if (cell.has_ended) duration_ms_.add(cell.duration_ms.bounds);
  queue_wait_ms_.add(cell.queue_wait_ms.bounds);
  vram_peak_bytes_.add(cell.vram_peak_bytes.bounds);
}

void TallyBounds::add_peaks(const PeakColumn& peaks, const std::uint8_t* keep, std::uint32_t count) {
  vram_peak_bytes_.add(bounds_of(peaks, keep, count));
}

}  // namespace comfytrace::history::columns
