#pragma once

#include <cstdint>

namespace comfytrace::history::columns {

inline constexpr std::uint32_t kChunkRows = 65'536;
inline constexpr std::uint32_t kBlockRows = 2'048;
inline constexpr std::uint32_t kBlocks = kChunkRows / kBlockRows;

}  // namespace comfytrace::history::columns
