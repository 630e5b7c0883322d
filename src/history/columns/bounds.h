#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace comfytrace::history::columns {

// The least and the most of some values; of none, more than the most that there can be and less than the least.
struct Bounds {
  std::int64_t min = std::numeric_limits<std::int64_t>::max();
  std::int64_t max = std::numeric_limits<std::int64_t>::min();

  void add(std::int64_t value) {
    min = std::min(min, value);
    max = std::max(max, value);
  }
  void add(const Bounds& other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
  // To what lies in both.
  void clip(const Bounds& other) {
    min = std::max(min, other.min);
    max = std::min(max, other.max);
  }
  [[nodiscard]] bool has(const Bounds& part) const { return part.min >= min && part.max <= max; }
};

}  // namespace comfytrace::history::columns
