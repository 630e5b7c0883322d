#include "history/columns/row_buffer.h"

#include <algorithm>
#include <array>

namespace comfytrace::history::columns {
namespace {

template <class T>
void gather(std::vector<T>& into, std::uint32_t begin, const T* column, std::span<const std::uint16_t> rows) {
  if (into.size() < begin + rows.size()) into.resize(begin + rows.size());
  T* to = into.data() + begin;
  for (const std::uint16_t row : rows) *to++ = column[row];
}

}  // namespace

const std::uint8_t* all_kept() {
  static const auto kAll = [] {
    std::array<std::uint8_t, kBlockRows> all;
    all.fill(1);
    return all;
  }();
  return kAll.data();
}

void RowBuffer::append(const Chunk& chunk, std::span<const std::uint16_t> rows) {
  gather(duration_ms_, size_, chunk.duration_ms.get(), rows);
  gather(queue_wait_ms_, size_, chunk.queue_wait_ms.get(), rows);
  gather(peak_low_, size_, chunk.vram_peak_low.get(), rows);
  gather(peak_high_, size_, chunk.vram_peak_high.get(), rows);
  gather(outcomes_, size_, chunk.outcome.rows(), rows);
  size_ += static_cast<std::uint32_t>(rows.size());
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
