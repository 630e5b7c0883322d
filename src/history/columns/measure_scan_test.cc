#include "history/columns/measure_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log_bucket.h"

namespace comfytrace::history::columns {
namespace {

// Rows of all three kinds of column, and which of them count; values of every size.
struct Rows {
  explicit Rows(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t bits = random();
      ints.push_back(bits % 7 == 0 ? -1 : static_cast<std::int32_t>((bits >> 8 & 0x7FFF'FFFF) >> (bits >> 40) % 31));
      longs.push_back(static_cast<std::int64_t>(random()) >> (bits >> 46) % 63);
      const std::uint64_t peak = random() % (std::uint64_t{255} << 32) >> (bits >> 52) % 40;
      low.push_back(static_cast<std::uint32_t>(peak));
      high.push_back(bits % 5 == 0 ? 255 : static_cast<std::uint8_t>(peak >> 32));
      keep.push_back((bits >> 60) % 3 != 0);
      outcomes.push_back(static_cast<std::uint16_t>(random() % 9));
    }
  }
  [[nodiscard]] std::vector<std::int64_t> kept_ints() const {
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < ints.size(); ++i) {
      if (keep[i] && ints[i] >= 0) kept.push_back(ints[i]);
    }
    return kept;
  }
  [[nodiscard]] std::vector<std::int64_t> kept_peaks() const {
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < low.size(); ++i) {
      if (keep[i] && high[i] != 255) kept.push_back(static_cast<std::int64_t>(std::uint64_t{high[i]} << 32 | low[i]));
    }
    return kept;
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(ints.size()); }

  static inline std::mt19937_64 random{5};
  std::vector<std::int32_t> ints;
  std::vector<std::int64_t> longs;
  std::vector<std::uint32_t> low;
  std::vector<std::uint8_t> high;
  std::vector<std::uint8_t> keep;
  std::vector<std::uint16_t> outcomes;
};

template <class Column>
void expect_sums(const Column& column, const Rows& rows, const std::vector<std::int64_t>& kept) {
  const std::int64_t pivot = kept.empty() ? 17 : kept[kept.size() / 2];
  std::vector<std::uint16_t> buckets(kBucketRoom);
  const ValueSums sums = sum_values(column, rows.keep.data(), rows.count(), pivot, buckets.data());
  ValueSums plain{static_cast<std::int64_t>(kept.size()), pivot, pivot, 0, 0};
  for (const std::int64_t value : kept) {
    plain.min = std::min(plain.min, value);
    plain.max = std::max(plain.max, value);
    plain.sum += value - pivot;
    plain.squares += static_cast<double>(value - pivot) * static_cast<double>(value - pivot);
  }
  EXPECT_EQ(sums.n, plain.n);
  EXPECT_EQ(sums.min, plain.min);
  EXPECT_EQ(sums.max, plain.max);
  EXPECT_EQ(sums.sum, plain.sum);
  EXPECT_NEAR(sums.squares, plain.squares, plain.squares * 1e-12);
  buckets.resize(static_cast<std::size_t>(sums.n));
  std::vector<std::uint16_t> of_each;
  for (const std::int64_t value : kept)
    of_each.push_back(static_cast<std::uint16_t>(base::log_bucket(static_cast<std::uint64_t>(value))));
  EXPECT_EQ(buckets, of_each);
  const ValueSums alone = sum_values(column, rows.keep.data(), rows.count(), pivot, nullptr);
  EXPECT_EQ(alone.n, sums.n);
  EXPECT_EQ(alone.sum, sums.sum);
}

// Number of rows; with which loops. The inputs are the same for all of them.
class MeasureScan : public ::testing::TestWithParam<std::tuple<std::uint32_t, Loops>> {
 protected:
  void SetUp() override {
    Rows::random.seed(5);
    if (take_loops(loops()) != loops()) GTEST_SKIP() << "this processor, or compiler, has no such wide loops";
  }
  void TearDown() override { take_loops(Loops::widest); }
  [[nodiscard]] static std::uint32_t count() { return std::get<0>(GetParam()); }
  [[nodiscard]] static Loops loops() { return std::get<1>(GetParam()); }
};

TEST_P(MeasureScan, SumsWhatIsKeptAndNotMissingAndTellsItsBuckets) {
  for (int round = 0; round < 20; ++round) {
    const Rows rows(count());
    expect_sums(rows.ints.data(), rows, rows.kept_ints());
    const PeakColumn peaks{rows.low.data(), rows.high.data()};
    expect_sums(peaks, rows, rows.kept_peaks());
  }
}

TEST_P(MeasureScan, TellsTheBucketsOfLongs) {
  Rows rows(count());
  for (std::size_t i = 0; i < rows.longs.size(); ++i) {
    rows.longs[i] &= std::numeric_limits<std::int64_t>::max();
    if (i % 3 == 0) rows.longs[i] %= std::int64_t{1} << (i % 53);
  }
  // Where the ways to tell it change.
  const std::array<std::int64_t, 6> edges{0, 255, 256, (std::int64_t{1} << 52) - 1, std::int64_t{1} << 52, 257};
  for (std::size_t i = 0; i < std::min(edges.size(), rows.longs.size()); ++i) rows.longs[i] = edges[i];
  std::vector<std::uint16_t> buckets(rows.longs.size());
  put_buckets(rows.longs.data(), rows.count(), buckets.data());
  for (std::size_t i = 0; i < buckets.size(); ++i)
    ASSERT_EQ(buckets[i], base::log_bucket(static_cast<std::uint64_t>(rows.longs[i]))) << rows.longs[i];
}

TEST_P(MeasureScan, MasksWhatIsNotWithinTheBounds) {
  const Rows rows(count());
  const std::int64_t bound = std::int64_t{1} << 20;
  std::vector<std::uint8_t> ints = rows.keep;
  std::vector<std::uint8_t> longs = rows.keep;
  std::vector<std::uint8_t> peaks = rows.keep;
  mask_between(rows.ints.data(), rows.count(), 3, 1 << 20, ints.data());
  mask_between(rows.longs.data(), rows.count(), -bound, bound, longs.data());
  mask_between(PeakColumn{rows.low.data(), rows.high.data()}, rows.count(), bound, bound << 16, peaks.data());
  for (std::size_t i = 0; i < rows.ints.size(); ++i) {
    const auto peak = static_cast<std::int64_t>(std::uint64_t{rows.high[i]} << 32 | rows.low[i]);
    EXPECT_EQ(ints[i], rows.keep[i] && rows.ints[i] >= 3 && rows.ints[i] <= bound);
    EXPECT_EQ(longs[i], rows.keep[i] && rows.longs[i] >= -bound && rows.longs[i] <= bound);
    EXPECT_EQ(peaks[i], rows.keep[i] && rows.high[i] != 255 && peak >= bound && peak <= bound << 16);
  }
}

TEST_P(MeasureScan, MasksWhatDoesNotPass) {
  for (const std::uint32_t kinds : {1u, 15u, 16u, 17u, 54u, 64u, 65u, 300u, 1'701u, 2'048u, 2'049u}) {
    const Rows rows(count());
    std::vector<std::uint8_t> passes;
    for (std::uint32_t i = 0; i < kinds; ++i) passes.push_back(Rows::random() % 2);
    std::vector<std::uint16_t> numbers;
    for (std::uint32_t i = 0; i < rows.count(); ++i)
      numbers.push_back(static_cast<std::uint16_t>(Rows::random() % kinds));
    std::vector<std::uint8_t> keep = rows.keep;
    mask_passing(numbers.data(), rows.count(), passes, keep.data());
    for (std::size_t i = 0; i < keep.size(); ++i) ASSERT_EQ(keep[i], rows.keep[i] && passes[numbers[i]]) << kinds;
  }
}

TEST_P(MeasureScan, MasksWhatHasNoBit) {
  std::vector<std::uint64_t> bits(8);
  std::ranges::generate(bits, std::ref(Rows::random));
  // In line from a number within a word, up to beyond the last bit; then with two that stand elsewhere.
  for (const std::uint32_t first : {0u, 5u, 64u, 400u, 4'294'960'000u}) {
    for (const bool are_in_line : {true, false}) {
      const Rows rows(count());
      std::vector<std::uint32_t> numbers(rows.count());
      std::iota(numbers.begin(), numbers.end(), first);
      if (!are_in_line && rows.count() > 1) std::swap(numbers.front(), numbers.back());
      std::vector<std::uint8_t> plain(rows.keep);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t word = numbers[i] / 64;
        plain[i] &= static_cast<std::uint8_t>(word < bits.size() && (bits[word] >> numbers[i] % 64 & 1) != 0);
      }
      std::vector<std::uint8_t> keep(rows.keep);
      mask_bits(numbers.data(), rows.count(), bits, keep.data());
      EXPECT_EQ(keep, plain) << first;
    }
  }
}

TEST_P(MeasureScan, ListsFewThatLieFarApart) {
  for (const std::uint32_t apart : {1u, 40u, 150u, 900u}) {
    std::vector<std::uint8_t> keep(count());
    std::vector<std::uint16_t> plain;
    for (std::size_t i = Rows::random() % apart; i < keep.size(); i += 1 + Rows::random() % apart) {
      keep[i] = 1;
      plain.push_back(static_cast<std::uint16_t>(7 + i));
    }
    std::vector<std::uint16_t> rows(count());
    rows.resize(list_kept(keep.data(), static_cast<std::uint32_t>(keep.size()), 7, rows.data()));
    EXPECT_EQ(rows, plain) << apart;
  }
}

TEST_P(MeasureScan, CountsNumbers) {
  for (const std::uint32_t kinds : {9u, 127u, 128u}) {
    const Rows rows(count());
    std::vector<std::uint32_t> counts(kinds, 1);
    count_numbers(rows.outcomes.data(), rows.keep.data(), rows.count(), counts);
    std::vector<std::uint32_t> plain(kinds, 1);
    for (std::size_t i = 0; i < rows.outcomes.size(); ++i) plain[rows.outcomes[i]] += rows.keep[i];
    EXPECT_EQ(counts, plain);
  }
}

TEST_P(MeasureScan, PutsMeasuresOfRowsSideBySide) {
  const Rows columns(kChunkRows);
  std::vector<std::uint16_t> rows;
  for (std::uint32_t i = 0; i < count(); ++i)
    rows.push_back(static_cast<std::uint16_t>(Rows::random() % (kChunkRows - 4)));
  constexpr std::uint8_t kUntouched = 77;
  Rows to(count() + 1);
  std::ranges::fill(to.high, kUntouched);
  std::vector<std::int32_t> waits(rows.size() + 1, kUntouched);
  gather_measures({columns.ints.data(),
                   columns.ints.data() + 4,
                   {columns.low.data(), columns.high.data()},
                   columns.outcomes.data()},
                  rows, {to.ints.data(), waits.data(), to.low.data(), to.high.data(), to.outcomes.data()});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(waits[i], columns.ints[rows[i] + 4u]);
    ASSERT_EQ(to.ints[i], columns.ints[rows[i]]);
    ASSERT_EQ(to.low[i], columns.low[rows[i]]);
    ASSERT_EQ(to.high[i], columns.high[rows[i]]);
    ASSERT_EQ(to.outcomes[i], columns.outcomes[rows[i]]);
  }
  EXPECT_EQ(to.high.back(), kUntouched);
  EXPECT_EQ(waits.back(), kUntouched);
}

TEST_P(MeasureScan, SortsRowsByWhetherTheyAreWithinBounds) {
  const Rows columns(kChunkRows);
  std::vector<std::uint16_t> rows;
  for (std::uint32_t i = 0; i < count(); ++i) rows.push_back(static_cast<std::uint16_t>(Rows::random()));
  const PeakColumn peaks{columns.low.data(), columns.high.data()};
  constexpr std::int64_t kMostPeak = (std::int64_t{255} << 32) - 1;
  for (const auto& [min, max] : {std::pair<std::int64_t, std::int64_t>{0, kMostPeak},
                                 {1'000'000, std::int64_t{3} << 32},
                                 {std::int64_t{2} << 32, (std::int64_t{9} << 32) + 5},
                                 {kMostPeak + 1, kMostPeak},
                                 {0, -1}}) {
    for (int kind = 1; kind < 4; ++kind) {
      MeasureBounds bounds;
      bounds.vram_peak_min_bytes = min;
      bounds.vram_peak_max_bytes = max;
      bounds.duration_min_ms = 100;
      bounds.duration_max_ms = 1 << 20;
      if (kind & 1) bounds.duration_ms = columns.ints.data();
      if (kind & 2) bounds.vram_peak = peaks;
      std::vector<std::uint16_t> within(rows.size());
      std::vector<std::uint16_t> others(rows.size());
      within.resize(divide_rows(bounds, rows, within.data(), others.data()));
      others.resize(rows.size() - within.size());
      std::vector<std::uint16_t> plain;
      std::vector<std::uint16_t> plain_others;
      for (const std::uint16_t row : rows) {
        const std::int64_t peak = std::int64_t{columns.high[row]} << 32 | columns.low[row];
        const bool is_in = ((kind & 1) == 0 || (columns.ints[row] >= 100 && columns.ints[row] <= 1 << 20)) &&
                           ((kind & 2) == 0 || (columns.high[row] != 255 && peak >= min && peak <= max));
        (is_in ? plain : plain_others).push_back(row);
      }
      ASSERT_EQ(within, plain);
      ASSERT_EQ(others, plain_others);
    }
  }
}

TEST_P(MeasureScan, TellsTheLeastAndTheMost) {
  const Rows rows(count());
  Bounds plain;
  for (const std::int64_t value : rows.kept_ints()) plain.add(value);
  const Bounds told = bounds_of(rows.ints.data(), rows.keep.data(), rows.count());
  EXPECT_EQ(told.min, plain.min);
  EXPECT_EQ(told.max, plain.max);
}

TEST_P(MeasureScan, ListsAndAddsUpWhatIsKept) {
  const Rows rows(count());
  std::vector<OutcomeRow> table(10);
  for (std::size_t i = 1; i < 10; ++i) {
    table[i].counts[0] = OutcomeRow::kMost;
    table[i].counts[1] = static_cast<std::uint16_t>(i);
    table[i].counts[OutcomeRow::kStatus + i % 8] = 1;
  }
  const OutcomeSums sums = sum_outcomes(rows.outcomes.data(), rows.keep.data(), rows.count(), table.data());
  std::vector<std::uint16_t> listed(rows.count());
  listed.resize(list_kept(rows.keep.data(), rows.count(), 100, listed.data()));
  EXPECT_EQ(listed.size(), count_kept(rows.keep.data(), rows.count()));
  OutcomeSums plain{};
  std::vector<std::uint16_t> kept;
  for (std::uint32_t i = 0; i < rows.count(); ++i) {
    if (!rows.keep[i]) continue;
    kept.push_back(static_cast<std::uint16_t>(100 + i));
    for (std::size_t k = 0; k < 16; ++k) plain[k] += table[rows.outcomes[i] + 1u].counts[k];
  }
  EXPECT_EQ(listed, kept);
  EXPECT_EQ(sums, plain);
}

TEST_P(MeasureScan, AddsCounters) {
  const Rows rows(count());
  std::vector<std::uint32_t> sums(rows.low.begin(), rows.low.end());
  add_counts(sums.data(), rows.low.data(), sums.size());
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    ASSERT_EQ(sums[i], rows.low[i] * 2);
    all += sums[i];
  }
  EXPECT_EQ(sum_counts(sums.data(), sums.size()), all);
}

INSTANTIATE_TEST_SUITE_P(Counts, MeasureScan,
                         ::testing::Combine(::testing::Values(0u, 1u, 7u, 8u, 9u, 63u, 100u, 1'000u, 2'047u, 2'048u),
                                            ::testing::Values(Loops::any, Loops::wide, Loops::widest)));

}  // namespace
}  // namespace comfytrace::history::columns
