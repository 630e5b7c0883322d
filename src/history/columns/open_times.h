#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history/columns/chunk_rows.h"
#include "history/columns/interner.h"
#include "history/columns/paged_bytes.h"
#include "history/columns/shared_facts.h"

namespace comfytrace::history::columns {

// The shape of a run as its number, and what it took in each class of that: in few bytes, one after another.
void put_times(std::string& bytes, std::uint32_t shape, const std::vector<NodeClassFacts>& classes);
// Takes what put_times put off the front. Empty: it is damaged, or the shape is not known.
[[nodiscard]] std::string_view take_times(std::string_view& bytes, const Interner<NodeShape>& shapes);

// Reads what put_times put, which must be whole.
class TimesReader {
 public:
  // `readable`: so many bytes are there to be read, these times and what stands behind them; 0: only they are.
  explicit TimesReader(const unsigned char* bytes, std::size_t readable = 0)
      : at_(bytes), end_(bytes + readable), shape_(next()) {}
  [[nodiscard]] std::uint32_t shape() const { return static_cast<std::uint32_t>(shape_); }
  // Once for each class of the shape, in its order.
  [[nodiscard]] std::int64_t next_ms() {
    const std::uint64_t value = next();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

 private:
  std::uint64_t next() {
    if (end_ - at_ >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at_, sizeof eight);
      if (const std::uint64_t stops = ~eight & 0x8080'8080'8080'8080; stops != 0) [[likely]]
        return next_of(eight, stops);
    }
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = *at_++;
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  // How many bytes a number takes cannot be guessed: without a branch. Its last one is where the first stop is.
  std::uint64_t next_of(std::uint64_t eight, std::uint64_t stops) {
    const int bits = std::countr_zero(stops) + 1;
    at_ += bits / 8;
    const std::uint64_t value = eight & ~std::uint64_t{0} >> (64 - bits) & 0x7F7F'7F7F'7F7F'7F7F;
    const std::uint64_t by_two = (value & 0x007F'007F'007F'007F) | (value & 0x7F00'7F00'7F00'7F00) >> 1;
    const std::uint64_t by_four = (by_two & 0x0000'3FFF'0000'3FFF) | (by_two & 0x3FFF'0000'3FFF'0000) >> 2;
    return (by_four & 0x0FFF'FFFF) | (by_four & 0x0FFF'FFFF'0000'0000) >> 4;
  }
  static_assert(std::endian::native == std::endian::little);

  const unsigned char* at_;
  const unsigned char* end_;
  std::uint64_t shape_;
};

// The times of a chunk that still grows: row by row.
class OpenTimes {
 public:
  // Of one row: each of a chunk may have so many.
  static constexpr std::size_t kMostBytes = 1'000;
  // What put_times made of the row. False: that is too much. The writer alone.
  [[nodiscard]] bool append(std::uint32_t row, std::string_view times);
  [[nodiscard]] TimesReader at(std::uint32_t row) const { return TimesReader(bytes_.at(begin_[row])); }
  // The same in less time where a later row, or this one, is known to be there.
  [[nodiscard]] TimesReader at(std::uint32_t row, std::uint32_t later) const {
    const unsigned char* from = bytes_.at(begin_[row]);
    const std::size_t written = std::min<std::size_t>(PagedBytes::rest(begin_[row]), begin_[later] - begin_[row]);
    return TimesReader(from, written);
  }
  // As it was appended.
  [[nodiscard]] std::string_view text(std::uint32_t row, const Interner<NodeShape>& shapes) const;
  // Appends what the row took in each class, and returns its shape.
  [[nodiscard]] std::uint32_t read(std::uint32_t row, const Interner<NodeShape>& shapes,
                                   std::vector<std::int64_t>& ms) const;
  [[nodiscard]] std::size_t bytes() const { return kChunkRows * sizeof(std::uint32_t) + bytes_.used(); }

 private:
  std::unique_ptr<std::uint32_t[]> begin_{new std::uint32_t[kChunkRows]};
  PagedBytes bytes_;
};

}  // namespace comfytrace::history::columns
