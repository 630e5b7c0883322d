#pragma once

#include <cstdint>
#include <limits>

namespace comfytrace::base {

// a + b, or the end of the range that it would pass: numbers of a worker may be anything, and sums of them must not be
// undefined.
[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (b > 0 && a > Limits::max() - b) return Limits::max();
  if (b < 0 && a < Limits::min() - b) return Limits::min();
  return a + b;
}

}  // namespace comfytrace::base
