#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace comfytrace::insight::stats {

// Of the slopes of all pairs of points, of which there are x.size() (x.size() - 1) / 2: those that have `ranks` (each
// below that number) smaller or equal ones before them in order. x and y are finite, of one length of 2 or more, and x
// ascends without equals. O(n^2), but most slopes are only held against two bounds. Pure; any thread.
[[nodiscard]] std::vector<double> slopes_at_ranks(std::span<const double> x, std::span<const double> y,
                                                  std::span<const std::size_t> ranks);

}  // namespace comfytrace::insight::stats
