#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/shared_facts.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// Values counted in buckets no wider than 1/256 of them; up to 511 each has its own. Memory only where values are.
class LogHistogram {
 public:
  template <class T>
  void add(std::span<const T> values);  // each >= 0
  void merge(const LogHistogram& other);
  [[nodiscard]] bool empty() const { return total_ == 0; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  // How many values each octave has.
  using PageTotals = std::array<std::int64_t, 57>;
  [[nodiscard]] PageTotals page_totals() const;
  // The middle of the bucket of the value at this place among all, counted from 0.
  [[nodiscard]] double at(std::int64_t place, const PageTotals& totals) const;

 private:
  using Page = std::array<std::uint32_t, 256>;
  std::array<std::unique_ptr<Page>, 57> pages_;  // one an octave
  std::int64_t total_ = 0;
};

// How many values the percentiles of a question keep exactly. Shared by all tallies of the question.
struct ExactBudget {
  std::size_t values = 32'768;
};

// Sums over values, without losing what matters to rounding.
struct Moments {
  __extension__ using Wide = __int128;
  std::int64_t n = 0;
  Wide sum = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t pivot = 0;  // the first value
  double squares = 0;      // of the distances from the pivot

  template <class T>
  void add(std::span<const T> values);
  void merge(const Moments& other);
};

// One measure over many runs.
class DistributionTally {
 public:
  void add(std::int64_t value, const ExactBudget& budget) {
    values_.push_back(value);
    if (values_.size() > (histogram_ ? kGathered : budget.values)) absorb();
  }
  template <class T>  // int32 or int64
  void add(std::span<const T> values, const ExactBudget& budget);
  void merge(const DistributionTally& other, const ExactBudget& budget);
  // Uses up the values.
  [[nodiscard]] Distribution finish();

 private:
  static constexpr std::size_t kGathered = 256;
  // Fewer are gathered rather than counted at once.
  static constexpr std::size_t kAtOnce = 48;
  void absorb();
  template <class T>
  void count(std::span<const T> values);
  [[nodiscard]] double at(std::int64_t place, const LogHistogram::PageTotals& totals) const;

  // All values while they are few; then those that wait to be counted.
  std::vector<std::int64_t> values_;
  // Of the values that were counted.
  Moments moments_;
  std::unique_ptr<LogHistogram> histogram_;
  std::vector<std::int64_t> negative_;
};

// What an outcome counts, side by side so that a row costs two additions of four.
struct OutcomeCounts {
  // Values below this can be added up over a block of rows.
  static constexpr std::int64_t kMost = std::int64_t{1} << 20;
  explicit OutcomeCounts(const Outcome& outcome);

  alignas(16) std::array<std::uint32_t, 8> counts{};
  std::uint8_t status = 0;
  bool has_ended = false;
  bool fits = false;  // else the counts are not here
};

// Everything that is told of one group of runs.
class GroupTally {
 public:
  // Counts `runs` runs with this outcome.
  void count(const Outcome& outcome, std::int64_t runs);
  // Adds sums over OutcomeCounts, and how many runs had each status.
  void count(const std::array<std::uint32_t, 8>& sums, const std::array<std::uint32_t, 8>& runs_of_status);
  // Of a class of node.
  void count_class(const Outcome& outcome, std::int64_t executions);
  void merge(const GroupTally& other, const ExactBudget& budget);
  // Measures of one run; negative kMissing values are left out by the caller.
  DistributionTally duration_ms;
  DistributionTally queue_wait_ms;
  DistributionTally vram_peak_bytes;
  GroupStatistics counts;  // the counts alone

  [[nodiscard]] GroupStatistics finish();
};

}  // namespace comfytrace::history::columns
