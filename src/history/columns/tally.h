#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/bounds.h"
#include "history/columns/exact_budget.h"
#include "history/columns/log_histogram.h"
#include "history/columns/measure_scan.h"
#include "history/columns/moments.h"
#include "history/columns/outcome_table.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// A tally of rows of one chunk in little room.
struct PackedDistribution {
  // Of more values than are kept as they were.
  struct Counted {
    Moments moments;
    std::vector<BucketStep> buckets;
    std::vector<std::int64_t> negative;
  };
  std::vector<std::int64_t> values;        // each as it was, while they are few
  std::unique_ptr<const Counted> counted;  // all others; null: there are none

  // Times so far from the others that, once they are taken out, too little is left of what the squares of those sum up
  // to.
  [[nodiscard]] bool has_far() const;
  [[nodiscard]] std::size_t bytes() const {
    const std::size_t plain = values.size() * sizeof(std::int64_t);
    return counted ? plain + sizeof(Counted) + counted->negative.size() * sizeof(std::int64_t) +
                         counted->buckets.size() * sizeof(BucketStep)
                   : plain;
  }
};

// One measure over many runs.
class DistributionTally {
 public:
  void add(std::int64_t value, const ExactBudget& budget) { add(std::span(&value, 1), budget); }
  void add(std::span<const std::int64_t> values, const ExactBudget& budget);
  // Those rows of a column that are kept and not missing: at most a block, and at most `kept`.
  template <class Column>
  void add(const Column& column, const std::uint8_t* keep, std::uint32_t count, std::uint32_t kept,
           const ExactBudget& budget);
  void merge(const DistributionTally& other, const ExactBudget& budget);
  void merge(const PackedDistribution& other, const ExactBudget& budget);
  // Takes out values that are here; bound() must tell then what the least and the most of the others are.
  void subtract(DistributionTally&& part);
  void bound(const Bounds& bounds);
  // Of all values.
  [[nodiscard]] Bounds bounds() const;
  // Hands over what it has and is as new. Of more than `most_values` only the buckets are kept.
  [[nodiscard]] PackedDistribution take(std::size_t most_values);
  // Uses up the values: after it only clear() may follow. `median_alone`: only n and median are wanted.
  [[nodiscard]] Distribution finish(bool median_alone);
  // Is then as new, but for its room.
  void clear();

 private:
  static constexpr std::size_t kGathered = 256;
  // Fewer are gathered rather than counted at once.
  static constexpr std::size_t kAtOnce = 48;
  void absorb();
  void count(std::span<const std::int64_t> values);
  template <std::size_t kCount>
  [[nodiscard]] std::array<double, kCount> values_at(const std::array<std::int64_t, kCount>& places);
  template <std::size_t kCount>
  [[nodiscard]] std::array<double, kCount> percentiles(std::int64_t n, const std::array<double, kCount>& shares);
  // What bounds the values of the histogram.
  [[nodiscard]] std::int64_t least_counted() const { return std::max<std::int64_t>(moments_.min, 0); }
  [[nodiscard]] std::int64_t most_counted() const { return std::max<std::int64_t>(moments_.max, 0); }

  // All values while they are few; then those that wait to be counted.
  std::vector<std::int64_t> values_;
  // Of the values that were counted.
  Moments moments_;
  bool is_counting_ = false;
  std::unique_ptr<LogHistogram> histogram_;  // kept from one chunk to the next
  std::vector<std::int64_t> negative_;
};

// Rows of columns, at most a block, all of one chunk.
struct MeasuredRows {
  const std::int32_t* duration_ms = nullptr;
  const std::int32_t* queue_wait_ms = nullptr;
  PeakColumn vram_peak;
  const std::uint16_t* outcomes = nullptr;
  const std::uint8_t* keep = nullptr;
  std::uint32_t count = 0;
  std::uint32_t kept = 0;  // how many of them count
};

struct PackedTally {
  static constexpr std::array kCounts{&GroupStatistics::runs,
                                      &GroupStatistics::runs_open,
                                      &GroupStatistics::runs_succeeded,
                                      &GroupStatistics::runs_partial,
                                      &GroupStatistics::runs_failed,
                                      &GroupStatistics::runs_timed_out,
                                      &GroupStatistics::runs_cancelled,
                                      &GroupStatistics::scenes,
                                      &GroupStatistics::scenes_succeeded,
                                      &GroupStatistics::attempts,
                                      &GroupStatistics::attempts_out_of_memory,
                                      &GroupStatistics::attempts_timed_out,
                                      &GroupStatistics::fallbacks,
                                      &GroupStatistics::frames,
                                      &GroupStatistics::executions};
  std::array<std::int64_t, kCounts.size()> counts{};  // runs first
  PackedDistribution duration_ms;
  PackedDistribution queue_wait_ms;
  PackedDistribution vram_peak_bytes;

  [[nodiscard]] std::size_t bytes() const {
    return sizeof *this + duration_ms.bytes() + queue_wait_ms.bytes() + vram_peak_bytes.bytes();
  }
};

class TallyBounds;

// Everything that is told of one group of runs.
class GroupTally {
 public:
  // Counts `runs` runs with this outcome.
  void count(const Outcome& outcome, std::int64_t runs);
  // Of a class of node.
  void count_class(const Outcome& outcome, std::int64_t executions);
  void add(const MeasuredRows& rows, const OutcomeTable& outcomes, const ExactBudget& budget);
  // One run that is not in columns.
  void add(const Outcome& outcome, const RunFacts& facts, const ExactBudget& budget);
  void merge(const GroupTally& other, const ExactBudget& budget);
  void merge(const PackedTally& other, const ExactBudget& budget);
  // As those of a distribution.
  void subtract(GroupTally&& part);
  void bound(const TallyBounds& bounds);
  // Hands over what it has and is as new. Of a measure with more than `most_values` only the buckets are kept.
  [[nodiscard]] PackedTally take(std::size_t most_values);
  // Measures of one run; negative kMissing values are left out by the caller.
  DistributionTally duration_ms;
  DistributionTally queue_wait_ms;
  DistributionTally vram_peak_bytes;
  GroupStatistics counts;  // the counts alone

  // Uses up the values: after it only clear() may follow.
  [[nodiscard]] GroupStatistics finish(bool median_alone = false);
  // Is then as new, but for its room.
  void clear();

 private:
  template <class Other>
  void merge_measures(const Other& other, const ExactBudget& budget);
  void count(const OutcomeSums& sums);
  // Counts the outcomes of the kept rows. Returns which of them have ended: `ended`, filled, or `rows.keep`.
  const std::uint8_t* count(const MeasuredRows& rows, const OutcomeTable& outcomes, std::uint8_t* ended);
};

}  // namespace comfytrace::history::columns
