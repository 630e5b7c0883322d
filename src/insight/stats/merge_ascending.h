#pragma once

#include <algorithm>
#include <span>

namespace comfytrace::insight::stats {

// Merges two ascending groups into `out`, which has room for both and is none of them. Without a branch that depends on
// the values: which of two is the smaller cannot be foretold.
inline void merge_ascending(std::span<const double> left, std::span<const double> right, double* out) {
  const double* a = left.data();
  const double* const a_end = a + left.size();
  const double* b = right.data();
  const double* const b_end = b + right.size();
  while (a != a_end && b != b_end) {
    const bool is_right = *b < *a;
    const double* const least = is_right ? b : a;
    *out++ = *least;
    b += is_right ? 1 : 0;
    a += is_right ? 0 : 1;
  }
  out = std::copy(a, a_end, out);
  std::copy(b, b_end, out);
}

}  // namespace comfytrace::insight::stats
