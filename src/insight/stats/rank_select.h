#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace comfytrace::insight::stats {

// The values that have `ranks` (each below values.size()) smaller or equal ones before them in order. O(n), and for
// millions of values several times as fast as selecting by comparison. Reorders `values`.
[[nodiscard]] std::vector<double> values_at_ranks(std::span<double> values, std::span<const std::size_t> ranks);

}  // namespace comfytrace::insight::stats
