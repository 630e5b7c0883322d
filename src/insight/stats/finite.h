#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "base/check.h"

namespace comfytrace::insight::stats {

// The rule of interval.h. A NaN would make the order of values, and with it every answer, arbitrary.
inline void check_finite(std::span<const double> values) {
  CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }));
}

}  // namespace comfytrace::insight::stats
