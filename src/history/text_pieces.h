#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace comfytrace::history {

// Tells all bytes of a text to `each`, eight at a time as a number; some twice, and some for fewer. For hashes that
// live no longer than the process.
template <class Each>
void each_piece(std::string_view text, const Each& each) {
  const auto number_at = [&](std::size_t at, auto number) {
    std::memcpy(&number, text.data() + at, sizeof number);
    return std::uint64_t{number};
  };
  const std::size_t size = text.size();
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) each(number_at(at, std::uint64_t{}));
    each(number_at(size - 8, std::uint64_t{}));
  } else if (size >= 4) {
    each(number_at(0, std::uint32_t{}) << 32 | number_at(size - 4, std::uint32_t{}));
  } else if (size > 0) {
    each(number_at(0, std::uint8_t{}) << 16 | number_at(size / 2, std::uint8_t{}) << 8 |
         number_at(size - 1, std::uint8_t{}));
  }
}

}  // namespace comfytrace::history
