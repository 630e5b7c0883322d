#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace comfytrace::insight::stats {

// The slopes of all pairs of points that differ in x, which ascends. x and y are finite and of one length. Pure; any
// thread.
// How many there are. O(n).
[[nodiscard]] std::size_t count_slopes(std::span<const double> x);
// Those that have `ranks` (each below that number) smaller or equal ones before them in order. O(n^2), but most slopes
// are only held against two bounds.
[[nodiscard]] std::vector<double> slopes_at_ranks(std::span<const double> x, std::span<const double> y,
                                                  std::span<const std::size_t> ranks);

}  // namespace comfytrace::insight::stats
