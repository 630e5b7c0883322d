#pragma once

#include <cstdint>

namespace comfytrace::history::columns {

// Where a block of rows stands, and between what they were created.
struct BlockPlace {
  std::int64_t newest_ms = 0;
  std::int64_t oldest_ms = 0;
  std::uint32_t chunk = 0;
  std::uint32_t begin = 0;  // its first row, in the chunk
};

}  // namespace comfytrace::history::columns
