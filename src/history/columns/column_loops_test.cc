#include "history/columns/column_loops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {
namespace {

// Number of values; with which loops.
class ColumnLoops : public ::testing::TestWithParam<std::tuple<std::uint32_t, Loops>> {
 protected:
  void SetUp() override {
    if (take_loops(loops()) != loops()) GTEST_SKIP() << "this processor, or compiler, has no such wide loops";
  }
  void TearDown() override { take_loops(Loops::widest); }
  [[nodiscard]] static std::uint32_t count() { return std::get<0>(GetParam()); }
  [[nodiscard]] static Loops loops() { return std::get<1>(GetParam()); }
  // One of `many` is kept.
  [[nodiscard]] std::vector<std::uint8_t> keep_one_of(std::uint64_t many) {
    std::vector<std::uint8_t> keep;
    for (std::uint32_t i = 0; i < count(); ++i) keep.push_back(random_() % many == 0);
    return keep;
  }

  std::mt19937_64 random_{5};
};

// Values as a column of so many bytes each, which begins at an odd place.
struct Narrow {
  Narrow(std::uint8_t bytes_of_each, std::vector<std::int32_t> of_rows)
      : width(bytes_of_each), values(std::move(of_rows)) {
    for (const std::int32_t value : values) {
      bytes.push_back(static_cast<unsigned char>(value));
      if (width > 1) bytes.push_back(static_cast<unsigned char>(value >> 8));
      if (width > 2) thirds.push_back(static_cast<unsigned char>(value >> 16));
    }
  }
  [[nodiscard]] NarrowColumn column() const { return {width, bytes.data() + 1, thirds.data()}; }

  std::uint8_t width;
  std::vector<std::int32_t> values;
  std::vector<unsigned char> bytes{0};
  std::vector<unsigned char> thirds;
};

TEST_P(ColumnLoops, WidenAndBoundTimesOfFewBytes) {
  for (const std::uint8_t width : {1, 2, 3}) {
    const std::int32_t largest = (1 << 8 * width) - 1;
    for (int kind = 0; kind < 3; ++kind) {
      std::vector<std::int32_t> values;
      for (std::uint32_t i = 0; i < count(); ++i) {
        const auto any = static_cast<std::int32_t>(random_() % static_cast<std::uint64_t>(largest + 1));
        values.push_back(kind == 0 ? any : kind == 1 ? largest : 0);
      }
      const Narrow narrow(width, values);
      std::vector<std::int32_t> wide(count());
      widen(narrow.column(), count(), wide.data());
      ASSERT_EQ(wide, values) << int{width};
      for (const std::uint64_t many : {1, 3, 90, 100'000}) {
        const auto keep = keep_one_of(many);
        Bounds plain;
        for (std::uint32_t i = 0; i < count(); ++i) {
          if (keep[i] != 0) plain.add(values[i]);
        }
        const Bounds bounds = bounds_of(narrow.column(), keep.data(), count());
        ASSERT_EQ(bounds.min, plain.min) << int{width} << " bytes, one of " << many;
        ASSERT_EQ(bounds.max, plain.max) << int{width} << " bytes, one of " << many;
      }
    }
  }
}

TEST_P(ColumnLoops, BoundPeaksThatAreNotMissing) {
  for (const std::uint64_t many : {1, 3, 90, 100'000}) {
    const auto keep = keep_one_of(many);
    std::vector<std::uint32_t> low;
    std::vector<std::uint8_t> high;
    Bounds plain;
    for (std::uint32_t i = 0; i < count(); ++i) {
      low.push_back(static_cast<std::uint32_t>(random_()));
      high.push_back(random_() % 4 == 0 ? 255 : static_cast<std::uint8_t>(random_() % 250));
      if (keep[i] != 0 && high[i] != 255) plain.add(std::int64_t{high[i]} << 32 | std::int64_t{low[i]});
    }
    const Bounds bounds = bounds_of(PeakColumn{low.data(), high.data()}, keep.data(), count());
    ASSERT_EQ(bounds.min, plain.min) << "one of " << many;
    ASSERT_EQ(bounds.max, plain.max) << "one of " << many;
  }
}

TEST_P(ColumnLoops, PutMeasuresOfKeptRowsSideBySide) {
  const std::uint32_t rows = std::min(count(), kBlockRows);
  std::vector<std::int32_t> durations_ms;
  std::vector<std::int32_t> queue_waits_ms;
  std::vector<std::uint32_t> low;
  std::vector<std::uint8_t> high;
  std::vector<std::uint16_t> outcomes;
  for (std::uint32_t i = 0; i < rows; ++i) {
    durations_ms.push_back(static_cast<std::int32_t>(random_()));
    queue_waits_ms.push_back(static_cast<std::int32_t>(random_()));
    low.push_back(static_cast<std::uint32_t>(random_()));
    high.push_back(static_cast<std::uint8_t>(random_()));
    outcomes.push_back(static_cast<std::uint16_t>(random_()));
  }
  for (const std::uint64_t many : {1, 3, 90, 100'000}) {
    const auto keep = keep_one_of(many);
    std::vector<std::int32_t> kept_durations_ms(kMeasureRoom);
    std::vector<std::int32_t> kept_queue_waits_ms(kMeasureRoom);
    std::vector<std::uint32_t> kept_low(kMeasureRoom);
    std::vector<std::uint8_t> kept_high(kMeasureRoom);
    std::vector<std::uint16_t> kept_outcomes(kMeasureRoom);
    const std::uint32_t kept = keep_measures(
        {durations_ms.data(), queue_waits_ms.data(), {low.data(), high.data()}, outcomes.data()}, keep.data(), rows,
        {kept_durations_ms.data(), kept_queue_waits_ms.data(), kept_low.data(), kept_high.data(),
         kept_outcomes.data()});
    ASSERT_EQ(kept, count_kept(keep.data(), rows));
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; i < rows; ++i) {
      if (keep[i] == 0) continue;
      ASSERT_EQ(kept_durations_ms[at], durations_ms[i]);
      ASSERT_EQ(kept_queue_waits_ms[at], queue_waits_ms[i]);
      ASSERT_EQ(kept_low[at], low[i]);
      ASSERT_EQ(kept_high[at], high[i]);
      ASSERT_EQ(kept_outcomes[at], outcomes[i]);
      ++at;
    }
  }
}

TEST_P(ColumnLoops, SubtractCounters) {
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> part;
  std::vector<std::uint32_t> rest;
  for (std::uint32_t i = 0; i < count(); ++i) {
    part.push_back(static_cast<std::uint32_t>(random_() % 1'000));
    rest.push_back(static_cast<std::uint32_t>(random_() % 1'000));
    all.push_back(part.back() + rest.back());
  }
  subtract_counts(all.data(), part.data(), all.size());
  EXPECT_EQ(all, rest);
}

INSTANTIATE_TEST_SUITE_P(Counts, ColumnLoops,
                         ::testing::Combine(::testing::Values(0u, 1u, 7u, 8u, 16u, 31u, 63u, 64u, 65u, 1'999u, 9'000u),
                                            ::testing::Values(Loops::any, Loops::wide, Loops::widest)));

}  // namespace
}  // namespace comfytrace::history::columns
