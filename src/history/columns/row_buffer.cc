#include "history/columns/row_buffer.h"

#include <algorithm>
#include <array>

namespace comfytrace::history::columns {

const std::uint8_t* all_kept() {
  static const auto kAll = [] {
    std::array<std::uint8_t, kBlockRows> all;
    all.fill(1);
    return all;
  }();
  return kAll.data();
}

std::uint32_t RowBuffer::grow(std::size_t rows) {
  const std::uint32_t begin = size_;
  size_ += static_cast<std::uint32_t>(rows);
  if (outcomes_.size() < size_) {
    duration_ms_.resize(size_);
    queue_wait_ms_.resize(size_);
    peak_low_.resize(size_);
    peak_high_.resize(size_);
    outcomes_.resize(size_);
  }
  return begin;
}

void RowBuffer::append(const MeasureColumns& from, std::span<const std::uint16_t> rows) {
  const std::uint32_t begin = grow(rows.size());
  gather_measures(from, rows,
                  {duration_ms_.data() + begin, queue_wait_ms_.data() + begin, peak_low_.data() + begin,
                   peak_high_.data() + begin, outcomes_.data() + begin});
}

void RowBuffer::append(const Chunk& chunk, std::span<const std::uint16_t> rows) {
  append({chunk.duration_ms.get(),
          chunk.queue_wait_ms.get(),
          {chunk.vram_peak_low.get(), chunk.vram_peak_high.get()},
          chunk.outcome.rows()},
         rows);
}

void RowBuffer::append(const Chunk& chunk, std::span<const std::uint16_t> rows, const Measures& measures) {
  if (measures.duration_ms && measures.queue_wait_ms && measures.vram_peak_bytes) return append(chunk, rows);
  // Most of the time goes by with waiting for rows that lie far apart.
  const std::uint32_t begin = grow(rows.size());
  const auto gather = [&](const auto* from, auto& to) {
    std::ranges::transform(rows, to.begin() + begin, [&](std::uint16_t row) { return from[row]; });
  };
  gather(chunk.outcome.rows(), outcomes_);
  if (measures.duration_ms) gather(chunk.duration_ms.get(), duration_ms_);
  if (measures.queue_wait_ms) gather(chunk.queue_wait_ms.get(), queue_wait_ms_);
  if (!measures.vram_peak_bytes) return;
  gather(chunk.vram_peak_low.get(), peak_low_);
  gather(chunk.vram_peak_high.get(), peak_high_);
}

void RowBuffer::append(const RowBuffer& from, std::span<const std::uint16_t> places) {
  append({from.duration_ms_.data(),
          from.queue_wait_ms_.data(),
          {from.peak_low_.data(), from.peak_high_.data()},
          from.outcomes_.data()},
         places);
}

void RowBuffer::append(const RowBuffer& from, std::uint32_t begin, std::uint32_t count) {
  const std::uint32_t to = grow(count);
  std::copy_n(from.duration_ms_.data() + begin, count, duration_ms_.data() + to);
  std::copy_n(from.queue_wait_ms_.data() + begin, count, queue_wait_ms_.data() + to);
  std::copy_n(from.peak_low_.data() + begin, count, peak_low_.data() + to);
  std::copy_n(from.peak_high_.data() + begin, count, peak_high_.data() + to);
  std::copy_n(from.outcomes_.data() + begin, count, outcomes_.data() + to);
}

void RowBuffer::add_to(GroupTally& tally, std::uint32_t begin, std::uint32_t count, const OutcomeTable& outcomes,
                       const ExactBudget& budget) const {
  for (const std::uint32_t end = begin + count; begin < end; begin += kBlockRows) {
    const std::uint32_t rows = std::min(end - begin, kBlockRows);
    tally.add({duration_ms_.data() + begin,
               queue_wait_ms_.data() + begin,
               {peak_low_.data() + begin, peak_high_.data() + begin},
               outcomes_.data() + begin,
               all_kept(),
               rows,
               rows},
              outcomes, budget);
  }
}

}  // namespace comfytrace::history::columns
