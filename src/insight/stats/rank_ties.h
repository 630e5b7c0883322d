#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace comfytrace::insight::stats {

// The sizes of the groups of equal values, where they are 2 or more.
[[nodiscard]] std::vector<double> tie_sizes(std::span<const double> values);
[[nodiscard]] std::vector<double> tie_sizes_of_sorted(std::span<const double> ascending);

// The variance of Kendall's S over n points under no association, given the ties on either side (Kendall 1975).
[[nodiscard]] double kendall_variance(std::size_t n, std::span<const double> ties_x, std::span<const double> ties_y);

}  // namespace comfytrace::insight::stats
