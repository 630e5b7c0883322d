#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/chunk.h"
#include "history/columns/group_keys.h"
#include "history/columns/row_buffer.h"
#include "history/columns/tally.h"

namespace comfytrace::history::columns {

// Rows of one chunk on their way to groups, of which there are few: each row is read once and put down with others of
// its group, until so many wait that their tally takes them.
class KeyBuffers {
 public:
  // False: the chunk has too many groups for this. Nothing may wait.
  bool enter(const Chunk& chunk, const GroupKeys& keys);
  // `add` is called with a group and those of its rows that waited: (std::uint32_t, const MeasuredRows&).
  template <class Add>
  void put(std::span<const std::uint16_t> rows, const Add& add) {
    if (is_single_) {
      for (const std::uint16_t row : rows) put(row, *first_[locals_[row]], add);
      return;
    }
    for (const std::uint16_t row : rows) {
      const std::uint16_t local = locals_[row];
      for (std::uint32_t i = begin_[local]; i < begin_[local + 1u]; ++i) put(row, *buffers_[slots_[i]], add);
    }
  }
  template <class Add>
  void settle(const Add& add) {
    for (std::size_t i = 0; i < used_; ++i) settle(*buffers_[i], add);
  }

 private:
  // At no power of two, where all columns of all groups would fight for the same lines of the cache.
  static constexpr std::uint32_t kRows = 1'900;
  static constexpr std::size_t kMostGroups = 32;

  struct Buffer {
    std::uint32_t group = 0;
    std::uint32_t size = 0;
    std::array<std::int32_t, kRows> duration_ms;
    std::array<std::int32_t, kRows> queue_wait_ms;
    std::array<std::uint32_t, kRows> peak_low;
    std::array<std::uint16_t, kRows> outcomes;
    std::array<std::uint8_t, kRows> peak_high;
  };

  template <class Add>
  void put(std::uint16_t row, Buffer& buffer, const Add& add) {
    const std::uint32_t at = buffer.size++;
    buffer.duration_ms[at] = chunk_->duration_ms[row];
    buffer.queue_wait_ms[at] = chunk_->queue_wait_ms[row];
    buffer.peak_low[at] = chunk_->vram_peak_low[row];
    buffer.peak_high[at] = chunk_->vram_peak_high[row];
    buffer.outcomes[at] = chunk_->outcome.rows()[row];
    if (at + 1 == kRows) [[unlikely]]
      settle(buffer, add);
  }
  template <class Add>
  void settle(Buffer& buffer, const Add& add) {
    if (buffer.size == 0) return;
    add(buffer.group, MeasuredRows{buffer.duration_ms.data(),
                                   buffer.queue_wait_ms.data(),
                                   {buffer.peak_low.data(), buffer.peak_high.data()},
                                   buffer.outcomes.data(),
                                   all_kept(),
                                   buffer.size,
                                   buffer.size});
    buffer.size = 0;
  }

  const Chunk* chunk_ = nullptr;
  const std::uint16_t* locals_ = nullptr;  // of the rows
  bool is_single_ = true;                  // every row is in one group
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::size_t used_ = 0;
  // By local number: the buffers of its groups, slots_[begin_[local]] up to that of the next; the first of them.
  std::vector<std::uint32_t> begin_;
  std::vector<std::uint32_t> slots_;
  std::vector<Buffer*> first_;
};

}  // namespace comfytrace::history::columns
