#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// Numbers of runs in order, as `facet_blocks` keeps them: the first by itself, and the others as how far each is from
// the one before. With so many a row mostly stays within its page.
inline constexpr std::size_t kMostInBlock = 512;

// Of all but the first.
[[nodiscard]] std::string others_of_block(std::span<const std::int64_t> rids);
// Both throw Damaged.
[[nodiscard]] std::int64_t last_of_block(std::int64_t first, std::string_view others);
[[nodiscard]] std::vector<std::int64_t> rids_of_block(std::int64_t first, std::string_view others);

// The SQL functions `block_has(first, others, rid)` and `block_rids(first, others)`, whose result is for json_each().
class RidBlockFunctions {
 public:
  explicit RidBlockFunctions(Connection& connection);
};

}  // namespace comfytrace::history::sqlite
