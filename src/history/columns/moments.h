#pragma once

#include <cstdint>
#include <span>

#include "history/columns/measure_scan.h"

namespace comfytrace::history::columns {

// Sums over values, without losing what matters to rounding.
struct Moments {
  __extension__ using Wide = __int128;
  std::int64_t n = 0;
  Wide sum = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t pivot = 0;  // one of the values
  double squares = 0;      // of the distances from the pivot

  void add(std::span<const std::int64_t> values);
  void add(const ValueSums& sums);  // about this pivot
  void merge(const Moments& other);
  void subtract(const Moments& part);  // but for the least and the most, which bound() must tell then
  void bound(const Bounds& bounds);
};

}  // namespace comfytrace::history::columns
