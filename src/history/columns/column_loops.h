#pragma once

#include <cstddef>
#include <cstdint>

#include "history/columns/bounds.h"
#include "history/columns/measure_scan.h"

// More of the innermost loops, made and chosen as those of measure_scan.h: for what only few parts look at.
namespace comfytrace::history::columns {

// Whole numbers from 0 on.
struct NarrowColumn {
  std::uint8_t width = 1;                 // bytes of each: 1, 2, or 3
  const unsigned char* bytes = nullptr;   // the first of each, or the first two
  const unsigned char* thirds = nullptr;  // of three
};
void widen(const NarrowColumn& from, std::uint32_t count, std::int32_t* to);

// The least and the most of those values that are kept; of peaks, and are not missing.
[[nodiscard]] Bounds bounds_of(const NarrowColumn& values, const std::uint8_t* keep, std::uint32_t count);
[[nodiscard]] Bounds bounds_of(const PeakColumn& values, const std::uint8_t* keep, std::uint32_t count);

// Puts the measures of the kept rows side by side, and others behind them: there is room for kMeasureRoom of each, and
// `count` is at most a block. Returns how many are kept.
inline constexpr std::uint32_t kMeasureRoom = kBlockRows + 16;
std::uint32_t keep_measures(const MeasureColumns& from, const std::uint8_t* keep, std::uint32_t count,
                            const MeasureRoom& to);

// Of a histogram: takes out the counters of another.
void subtract_counts(std::uint32_t* from, const std::uint32_t* part, std::size_t count);

}  // namespace comfytrace::history::columns
