#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/check.h"

namespace comfytrace::insight::stats {

// The rule of interval.h. A NaN would make the order of values, and with it every answer, arbitrary.
inline void check_finite(std::span<const double> values) {
  CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }));
}

[[nodiscard]] inline std::vector<double> sorted_finite(std::span<const double> values) {
  check_finite(values);
  std::vector<double> ascending(values.begin(), values.end());
  std::sort(ascending.begin(), ascending.end());
  return ascending;
}

}  // namespace comfytrace::insight::stats
