#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "history/columns/bounds.h"
#include "history/columns/chunk_rows.h"

// The innermost loops over columns: without branches, made for processors that do many numbers at once. `keep` has 1
// for a row that counts, else 0.
namespace comfytrace::history::columns {

// The loops are there for any processor, for one with wide vectors (AVX2), and some of them for one with the widest
// (AVX-512). Of itself the process takes the widest that it can; a test may choose. Returns which are taken now: no
// wider ones than wanted.
enum class Loops { any, wide, widest };
Loops take_loops(Loops wanted);

// The VRAM peaks of some rows: the low 32 bits, and what is above; 255: missing.
struct PeakColumn {
  const std::uint32_t* low = nullptr;
  const std::uint8_t* high = nullptr;
};

// The measures of the rows of a chunk: kChunkRows of each, from a multiple of four bytes on.
struct MeasureColumns {
  const std::int32_t* duration_ms = nullptr;
  const std::int32_t* queue_wait_ms = nullptr;
  PeakColumn vram_peak;
  const std::uint16_t* outcomes = nullptr;
};
struct MeasureRoom {
  std::int32_t* duration_ms = nullptr;
  std::int32_t* queue_wait_ms = nullptr;
  std::uint32_t* peak_low = nullptr;
  std::uint8_t* peak_high = nullptr;
  std::uint16_t* outcomes = nullptr;
};
// Puts the measures of these rows side by side. There is room for them.
void gather_measures(const MeasureColumns& from, std::span<const std::uint16_t> rows, const MeasureRoom& to);

// Between which values rows lie; a column of no use is null. Bounds as for mask_between().
struct MeasureBounds {
  const std::int32_t* duration_ms = nullptr;
  std::int32_t duration_min_ms = 0;
  std::int32_t duration_max_ms = 0;
  PeakColumn vram_peak;
  std::int64_t vram_peak_min_bytes = 0;
  std::int64_t vram_peak_max_bytes = 0;
};
// Sorts rows by whether all bounds take them in, each kind in the order they came. Both have room for all rows. Returns
// how many are within. The columns are as those of a chunk.
std::size_t divide_rows(const MeasureBounds& bounds, std::span<const std::uint16_t> rows, std::uint16_t* within,
                        std::uint16_t* others);

// Takes out the rows whose value is not within the bounds. What is missing is not.
void mask_between(const std::int32_t* values, std::uint32_t count, std::int32_t min, std::int32_t max,
                  std::uint8_t* keep);
void mask_between(const PeakColumn& values, std::uint32_t count, std::int64_t min, std::int64_t max,
                  std::uint8_t* keep);
void mask_between(const std::int64_t* values, std::uint32_t count, std::int64_t min, std::int64_t max,
                  std::uint8_t* keep);
// Takes out the rows whose number (all are below passes.size()) does not pass: has 0 there, else 1.
void mask_passing(const std::uint16_t* numbers, std::uint32_t count, std::span<const std::uint8_t> passes,
                  std::uint8_t* keep);
// Takes out the rows whose number has no bit in a set of numbers: number n is bit n % 64 of bits[n / 64].
void mask_bits(const std::uint32_t* numbers, std::uint32_t count, std::span<const std::uint64_t> bits,
               std::uint8_t* keep);
// Those of the kept rows that the others do not keep. `rest` has room for `count`, and lies elsewhere.
inline void leave_out(const std::uint8_t* keep, const std::uint8_t* others, std::uint32_t count,
                      std::uint8_t* __restrict rest) {
  for (std::uint32_t i = 0; i < count; ++i) rest[i] = keep[i] & (others[i] ^ 1);
}
// The number of rows that are kept.
[[nodiscard]] std::uint32_t count_kept(const std::uint8_t* keep, std::uint32_t count);
// How many of the bytes are like this one.
[[nodiscard]] std::uint32_t count_equal(const std::uint8_t* bytes, std::uint32_t count, std::uint8_t wanted);
// Writes down where they are, from `begin` on. Has room for `count`.
std::uint32_t list_kept(const std::uint8_t* keep, std::uint32_t count, std::uint32_t begin, std::uint16_t* rows);

// Sums over those values of a measure that are kept and not missing (negative).
struct ValueSums {
  std::int64_t n = 0;
  // The pivot is taken for one of the values.
  std::int64_t min = 0;
  std::int64_t max = 0;
  // Of the distances from the pivot.
  std::int64_t sum = 0;
  double squares = 0;
};
// At most 2048 rows. 0 <= pivot < 2^31, of peaks 2^40. `buckets` gets the bucket (base::log_bucket) of each of the n
// values in turn; has room for kBucketRoom. Null: nobody asks.
inline constexpr std::uint32_t kBucketRoom = kBlockRows + 16;
[[nodiscard]] ValueSums sum_values(const std::int32_t* values, const std::uint8_t* keep, std::uint32_t count,
                                   std::int64_t pivot, std::uint16_t* buckets);
[[nodiscard]] ValueSums sum_values(const PeakColumn& values, const std::uint8_t* keep, std::uint32_t count,
                                   std::int64_t pivot, std::uint16_t* buckets);

// The least and the most of those values that are kept and not missing (negative).
[[nodiscard]] Bounds bounds_of(const std::int32_t* values, const std::uint8_t* keep, std::uint32_t count);

// The bucket (base::log_bucket) of each of these values from 0 on.
void put_buckets(const std::int64_t* values, std::uint32_t count, std::uint16_t* buckets);

// Of a histogram: takes over the counters of another; what they add up to.
void add_counts(std::uint32_t* to, const std::uint32_t* from, std::size_t count);
[[nodiscard]] std::uint32_t sum_counts(const std::uint32_t* counts, std::size_t count);

// What one outcome adds to sums, in 32 bytes: those of a chunk, of which there may be a thousand, then fit into the
// nearest cache.
struct alignas(32) OutcomeRow {
  static constexpr std::size_t kStatus = 8;         // from here on 1 at the number of its status
  static constexpr std::uint32_t kMost = 1'023;     // of each number
  static constexpr std::uint32_t kRowsAtOnce = 64;  // so many of those add up in 16 bits
  static constexpr std::uint32_t kCommon = 4;
  std::array<std::uint16_t, 16> counts{};
};
using OutcomeSums = std::array<std::uint32_t, 16>;
// Adds up the outcomes of the kept rows. `table` has nothing at 0, outcome i at i + 1, and kCommon outcomes at least.
// These are looked for before the others: a chunk numbers outcomes as it meets them, so most rows have one of the
// first.
[[nodiscard]] OutcomeSums sum_outcomes(const std::uint16_t* outcomes, const std::uint8_t* keep, std::uint32_t count,
                                       const OutcomeRow* table);

// Adds to counts[n] how many kept rows have number n, all of which are below counts.size(). At most 2048 rows.
void count_numbers(const std::uint16_t* numbers, const std::uint8_t* keep, std::uint32_t count,
                   std::span<std::uint32_t> counts);

}  // namespace comfytrace::history::columns
