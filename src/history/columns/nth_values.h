#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace comfytrace::history::columns {

// Brings the values that stand at some places of the sorted order to those places; what lies between stays in some
// order. `places` ascend and are below values.size(). Quicker than std::nth_element for each of them, which must guess
// for every value on which side of another it lies, and guesses wrong half of the time.
void put_nth_values(std::vector<std::int64_t>& values, std::span<const std::int64_t> places);

}  // namespace comfytrace::history::columns
