#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace comfytrace::insight::stats {

// Where a stretch of values is best cut in two by the energy distance of the sides (Székely & Rizzo 2005): the first
// place of the second side, each side holding at least `min_segment` (>= 2). std::nullopt where it is too short for
// that or all values are equal. O(n^2) once; each further place costs O(1), from sums carried along.
[[nodiscard]] std::optional<std::size_t> energy_split(std::span<const double> values, std::size_t min_segment);

}  // namespace comfytrace::insight::stats
