#include "history/columns/measure_scan.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <utility>

#include "base/log_bucket.h"
#include "history/columns/column_loops.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace comfytrace::history::columns {
namespace {

// Vectors of the compiler's own, which it splits where the processor's are shorter.
using Ints = std::int32_t __attribute__((vector_size(32)));
using Doubles = double __attribute__((vector_size(32)));  // half as many
using Floats = float __attribute__((vector_size(32)));
using Bytes8 = std::uint8_t __attribute__((vector_size(8)));
using Shorts = std::uint16_t __attribute__((vector_size(32)));  // sixteen

constexpr std::uint32_t kLanes = 8;
constexpr std::uint32_t kSmallPasses = 64;

#define CT_WIDE 0
namespace any {
#include "history/columns/column_loops.inc"
#include "history/columns/measure_loops.inc"
}  // namespace any

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#undef CT_WIDE
#define CT_WIDE 1
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,popcnt")
namespace wide {
#include "history/columns/column_loops.inc"
#include "history/columns/measure_loops.inc"
}  // namespace wide
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2,popcnt")
namespace widest {
#include "history/columns/measure_loops_512.inc"
using wide::add_counts;
using wide::gather_measures;
using wide::mask_small;
using wide::put_buckets;
using wide::subtract_counts;
using wide::sum_counts;
using wide::sum_outcomes;
using wide::widen;
Bounds bounds_of(const NarrowColumn& values, const std::uint8_t* keep, std::uint32_t count) {
  return wide::bounds_of(values, keep, count);
}
#include "history/columns/column_loops_512.inc"
}  // namespace widest
#pragma GCC pop_options

Loops best_loops() {
  const bool has_wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool has_widest = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has_wide && has_widest ? Loops::widest : has_wide ? Loops::wide : Loops::any;
}
#define CT_CHOOSE(call) (taken() == Loops::widest ? widest::call : taken() == Loops::wide ? wide::call : any::call)
#else
Loops best_loops() {
  return Loops::any;
}
#define CT_CHOOSE(call) (any::call)
#endif

std::atomic<Loops>& takes() {
  static std::atomic<Loops> loops{best_loops()};
  return loops;
}
[[maybe_unused]] Loops taken() {
  return takes().load(std::memory_order_relaxed);
}

// The rows that do not fill a vector, with others behind them that do not count.
struct Rest {
  std::array<std::int32_t, kLanes> ints{};
  std::array<std::uint32_t, kLanes> low{};
  std::array<std::uint8_t, kLanes> high{};
  std::array<std::uint8_t, kLanes> keep{};
  std::uint32_t count;

  Rest(const std::uint8_t* kept, std::uint32_t rows) : count(rows % kLanes) {
    std::copy_n(kept + rows - count, count, keep.begin());
  }
  const std::int32_t* of(const std::int32_t* values, std::uint32_t rows) {
    std::copy_n(values + rows - count, count, ints.begin());
    return ints.data();
  }
  PeakColumn of(const PeakColumn& values, std::uint32_t rows) {
    std::copy_n(values.low + rows - count, count, low.begin());
    std::copy_n(values.high + rows - count, count, high.begin());
    return {low.data(), high.data()};
  }
};

template <class Column>
ValueSums sum_of(const Column& values, const std::uint8_t* keep, std::uint32_t count, std::int64_t pivot,
                 std::uint16_t* buckets) {
  ValueSums sums = CT_CHOOSE(sum_values(values, keep, count / kLanes * kLanes, pivot, buckets));
  if (count % kLanes == 0) return sums;
  if (buckets) buckets += sums.n;
  Rest rest(keep, count);
  const ValueSums more = CT_CHOOSE(sum_values(rest.of(values, count), rest.keep.data(), kLanes, pivot, buckets));
  return {sums.n + more.n, std::min(sums.min, more.min), std::max(sums.max, more.max), sums.sum + more.sum,
          sums.squares + more.squares};
}

}  // namespace

Loops take_loops(Loops wanted) {
  takes() = std::min(wanted, best_loops());
  return takes();
}

void gather_measures(const MeasureColumns& from, std::span<const std::uint16_t> rows, const MeasureRoom& to) {
  CT_CHOOSE(gather_measures(from, rows, to));
}

std::size_t divide_rows(const MeasureBounds& bounds, std::span<const std::uint16_t> rows, std::uint16_t* within,
                        std::uint16_t* others) {
  return CT_CHOOSE(divide_rows(bounds, rows, within, others));
}

void mask_between(const std::int32_t* values, std::uint32_t count, std::int32_t min, std::int32_t max,
                  std::uint8_t* keep) {
  CT_CHOOSE(mask_between(values, count, min, max, keep));
}

void mask_between(const PeakColumn& values, std::uint32_t count, std::int64_t min, std::int64_t max,
                  std::uint8_t* keep) {
  CT_CHOOSE(mask_between(values, count, min, max, keep));
}

void mask_between(const std::int64_t* values, std::uint32_t count, std::int64_t min, std::int64_t max,
                  std::uint8_t* keep) {
  CT_CHOOSE(mask_between(values, count, min, max, keep));
}

void mask_passing(const std::uint16_t* numbers, std::uint32_t count, std::span<const std::uint8_t> passes,
                  std::uint8_t* keep) {
  std::uint32_t i = 0;
  if (passes.size() <= kSmallPasses) {
    std::array<std::uint8_t, kSmallPasses> padded{};
    std::ranges::copy(passes, padded.begin());
    i = CT_CHOOSE(mask_small(numbers, count, padded.data(), keep));
  } else {
    i = CT_CHOOSE(mask_large(numbers, count, passes, keep));
  }
  // Often one criterion leaves little for the next.
  for (; i + 8 <= count; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, keep + i, 8);
    if (eight == 0) continue;
    for (std::uint32_t k = 0; k < 8; ++k) keep[i + k] &= passes[numbers[i + k]];
  }
  for (; i < count; ++i) keep[i] &= passes[numbers[i]];
}

void mask_bits(const std::uint32_t* numbers, std::uint32_t count, std::span<const std::uint64_t> bits,
               std::uint8_t* keep) {
  const auto bits_at = [&](std::size_t at) { return at < bits.size() ? bits[at] : 0; };
  std::uint32_t i = 0;
  // Mostly the numbers are in line.
  for (; i + 64 <= count; i += 64) {
    if (CT_CHOOSE(are_in_line(numbers + i))) {
      const std::size_t word = numbers[i] / 64;
      const std::uint32_t shift = numbers[i] % 64;
      const std::uint64_t of_rows =
          shift == 0 ? bits_at(word) : bits_at(word) >> shift | bits_at(word + 1) << (64 - shift);
      CT_CHOOSE(mask_64(of_rows, keep + i));
    } else {
      for (std::uint32_t k = i; k < i + 64; ++k)
        keep[k] &= static_cast<std::uint8_t>(bits_at(numbers[k] / 64) >> (numbers[k] % 64) & 1);
    }
  }
  for (; i < count; ++i) keep[i] &= static_cast<std::uint8_t>(bits_at(numbers[i] / 64) >> (numbers[i] % 64) & 1);
}

std::uint32_t count_kept(const std::uint8_t* keep, std::uint32_t count) {
  return CT_CHOOSE(count_kept(keep, count));
}

std::uint32_t count_equal(const std::uint8_t* bytes, std::uint32_t count, std::uint8_t wanted) {
  return CT_CHOOSE(count_equal(bytes, count, wanted));
}

std::uint32_t list_kept(const std::uint8_t* keep, std::uint32_t count, std::uint32_t begin, std::uint16_t* rows) {
  const auto [looked, listed] = CT_CHOOSE(list_kept(keep, count, begin, rows));
  std::uint32_t i = looked;
  std::uint32_t found = listed;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, keep + i, 8);
    if (eight == 0) continue;
    for (std::uint32_t k = 0; k < 8; ++k) {
      rows[found] = static_cast<std::uint16_t>(begin + i + k);
      found += keep[i + k];
    }
  }
  for (; i < count; ++i) {
    rows[found] = static_cast<std::uint16_t>(begin + i);
    found += keep[i];
  }
  return found;
}

ValueSums sum_values(const std::int32_t* values, const std::uint8_t* keep, std::uint32_t count, std::int64_t pivot,
                     std::uint16_t* buckets) {
  return sum_of(values, keep, count, pivot, buckets);
}

ValueSums sum_values(const PeakColumn& values, const std::uint8_t* keep, std::uint32_t count, std::int64_t pivot,
                     std::uint16_t* buckets) {
  return sum_of(values, keep, count, pivot, buckets);
}

Bounds bounds_of(const std::int32_t* values, const std::uint8_t* keep, std::uint32_t count) {
  return CT_CHOOSE(bounds_of(values, keep, count));
}

Bounds bounds_of(const PeakColumn& values, const std::uint8_t* keep, std::uint32_t count) {
  return CT_CHOOSE(bounds_of(values, keep, count));
}

Bounds bounds_of(const NarrowColumn& values, const std::uint8_t* keep, std::uint32_t count) {
  return CT_CHOOSE(bounds_of(values, keep, count));
}

std::uint32_t keep_measures(const MeasureColumns& from, const std::uint8_t* keep, std::uint32_t count,
                            const MeasureRoom& to) {
  return CT_CHOOSE(keep_measures(from, keep, count, to));
}

void widen(const NarrowColumn& from, std::uint32_t count, std::int32_t* to) {
  CT_CHOOSE(widen(from, count, to));
}

void count_numbers(const std::uint16_t* numbers, const std::uint8_t* keep, std::uint32_t count,
                   std::span<std::uint32_t> counts) {
  // One number often follows itself: several tables, lest each row waits for the one before.
  constexpr std::uint32_t kTables = 4;
  constexpr std::size_t kMostNumbers = 127;
  if (counts.size() > kMostNumbers) {
    for (std::uint32_t i = 0; i < count; ++i) counts[numbers[i]] += keep[i];
    return;
  }
  std::array<std::array<std::uint32_t, kMostNumbers + 1>, kTables> tables{};  // what is not kept is counted at 0
  std::uint32_t i = 0;
  for (; i + kTables <= count; i += kTables) {
    for (std::uint32_t k = 0; k < kTables; ++k) ++tables[k][(numbers[i + k] + 1u) & (0u - keep[i + k])];
  }
  for (; i < count; ++i) ++tables[0][(numbers[i] + 1u) & (0u - keep[i])];
  for (std::size_t n = 0; n < counts.size(); ++n) {
    for (const auto& table : tables) counts[n] += table[n + 1];
  }
}

void put_buckets(const std::int64_t* values, std::uint32_t count, std::uint16_t* buckets) {
  for (std::uint32_t i = CT_CHOOSE(put_buckets(values, count, buckets)); i < count; ++i)
    buckets[i] = static_cast<std::uint16_t>(base::log_bucket(static_cast<std::uint64_t>(values[i])));
}

void add_counts(std::uint32_t* to, const std::uint32_t* from, std::size_t count) {
  CT_CHOOSE(add_counts(to, from, count));
}

void subtract_counts(std::uint32_t* from, const std::uint32_t* part, std::size_t count) {
  CT_CHOOSE(subtract_counts(from, part, count));
}

std::uint32_t sum_counts(const std::uint32_t* counts, std::size_t count) {
  return CT_CHOOSE(sum_counts(counts, count));
}

OutcomeSums sum_outcomes(const std::uint16_t* outcomes, const std::uint8_t* keep, std::uint32_t count,
                         const OutcomeRow* table) {
  return CT_CHOOSE(sum_outcomes(outcomes, keep, count, table));
}

}  // namespace comfytrace::history::columns
