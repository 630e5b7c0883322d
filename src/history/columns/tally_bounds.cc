#include "history/columns/tally_bounds.h"

#include <algorithm>

namespace comfytrace::history::columns {

void TallyBounds::add(const RowBlock& block, const OutcomeTable& outcomes) {
  const Chunk& chunk = *block.chunk;
  const std::uint32_t begin = block.begin;
  // What has not ended has no duration.
  std::array<std::uint8_t, kBlockRows> ended;
  const std::uint8_t* of_duration = block.keep;
  if (!outcomes.all_ended()) {
    std::copy_n(block.keep, block.count, ended.begin());
    mask_passing(chunk.outcome.rows() + begin, block.count, outcomes.ended(), ended.data());
    of_duration = ended.data();
  }
  duration_ms_.add(bounds_of(chunk.duration_ms.get() + begin, of_duration, block.count));
  queue_wait_ms_.add(bounds_of(chunk.queue_wait_ms.get() + begin, block.keep, block.count));
  add_peaks(peaks_of(chunk, begin), block.keep, block.count);
}

void TallyBounds::add_peaks(const PeakColumn& peaks, const std::uint8_t* keep, std::uint32_t count) {
  Bounds& bounds = vram_peak_bytes_;
  // A value that is within already is needed to begin with.
  for (std::uint32_t i = 0; i < count && bounds.min > bounds.max; ++i) {
    if (keep[i] != 0 && peaks.high[i] != 255)
      bounds.add((std::int64_t{peaks.high[i]} << 32) | std::int64_t{peaks.low[i]});
  }
  if (bounds.min > bounds.max) return;
  const ValueSums sums = sum_values(peaks, keep, count, bounds.min, nullptr);
  bounds.add({sums.min, sums.max});
}

}  // namespace comfytrace::history::columns
