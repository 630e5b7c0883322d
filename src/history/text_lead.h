#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace comfytrace::history {

// The first bytes of a text as a number: where those of two texts differ, the lesser number is of the lesser text.
inline std::uint64_t lead_of(std::string_view text) {
  std::uint64_t lead = 0;
  if (text.size() >= 8) {
    std::memcpy(&lead, text.data(), sizeof lead);
    return std::endian::native == std::endian::little ? __builtin_bswap64(lead) : lead;
  }
  for (std::size_t i = 0; i < 8; ++i) lead = lead << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return lead;
}

}  // namespace comfytrace::history
