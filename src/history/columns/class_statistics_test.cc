#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "history/columns/cube_total.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// Two full chunks, and one with so many rows that several threads share it.
class ClassStatistics : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kRuns = 2 * kChunkRows + 20'000;

  ClassStatistics() {
    SampleFacts sample(12);
    for (std::uint64_t i = 0; i < 300; ++i) kinds_.push_back(sample.run(i));
    for (std::uint32_t rid = 1; rid <= kRuns; ++rid) {
      kind_of_.push_back(static_cast<std::size_t>(sample.pick(300)));
      EXPECT_TRUE(store_.append(rid, run(rid)));
    }
    store_.publish();
    for (const std::size_t chunk : {0, 1}) prepare_summaries(store_.snapshot(), chunk, 0);
  }
  [[nodiscard]] RunFacts run(std::uint32_t rid) const {
    RunFacts facts = kinds_[kind_of_[rid - 1]];
    facts.created_at_ms = sample_time_ms(rid);
    return facts;
  }
  [[nodiscard]] std::vector<RunFacts> matching(const RunFilter& filter) const {
    std::vector<RunFacts> found;
    for (std::uint32_t rid = kRuns; rid > 0; --rid) {
      if (RunFacts facts = run(rid); meets(facts, filter)) found.push_back(std::move(facts));
    }
    return found;
  }
  void expect_same(const RunFilter& filter) const {
    StatisticsQuery query;
    query.group_by = GroupBy::nodeClass;
    query.filter = filter;
    const auto runs = matching(filter);
    EXPECT_EQ(difference(statistics_of(store_.snapshot(), query), history::statistics_of(runs, query)), "")
        << base::encode_json(filter) << ", " << runs.size() << " runs";
  }

  ColumnStore store_;
  std::vector<RunFacts> kinds_;
  std::vector<std::size_t> kind_of_;
};

TEST_F(ClassStatistics, TellTheSameAsTheRowsWhicheverChunksTheDatesLeave) {
  for (const std::uint32_t first : {1u, 900u, kChunkRows + 1, kChunkRows + 900, 2 * kChunkRows + 1, kRuns - 3'000}) {
    for (const std::uint32_t last : {kChunkRows / 2, 2 * kChunkRows, kRuns - 9'000, kRuns}) {
      if (first > last) continue;
      RunFilter filter;
      filter.from_ms = sample_time_ms(first);
      filter.to_ms = sample_time_ms(last) + 1;
      if (first == 900) filter.statuses = {model::Status::success};
      expect_same(filter);
    }
  }
}

TEST_F(ClassStatistics, TellTheSameAsTheRowsWhateverShareMatches) {
  for (const std::int64_t share : {2, 10, 30, 45, 55, 70, 95}) {
    std::vector<std::int64_t> durations;
    for (const RunFacts& facts : kinds_) {
      if (facts.duration_ms) durations.push_back(*facts.duration_ms);
    }
    std::ranges::sort(durations);
    RunFilter filter;
    filter.duration_min_ms = durations[durations.size() * static_cast<std::size_t>(100 - share) / 100];
    expect_same(filter);
    filter.vram_peak_min_bytes = std::int64_t{1} << 30;
    expect_same(filter);
  }
}

TEST_F(ClassStatistics, TellTheSameAsTheRowsWhereNoneIsInAChunkThatIsFull) {
  RunFilter filter;
  filter.from_ms = sample_time_ms(kRuns + 1);
  expect_same(filter);
}

TEST_F(ClassStatistics, LeaveTheTotalToRowsThatAreLookedAtAnywayWhereTheseAreFew) {
  const auto snapshot = store_.snapshot();
  RunFilter filter;
  filter.statuses = {model::Status::success};
  const RowScan scan(snapshot, filter);
  CubeTotal total(snapshot, filter, scan, {kValuesOfAGroup});
  EXPECT_EQ(total.add(0, false, nullptr, 10), CubeTotal::By::nothing);
  EXPECT_LT(total.reach().duration_ms.min, total.reach().duration_ms.max);
  EXPECT_NE(total.add(0), CubeTotal::By::nothing);
}

}  // namespace
}  // namespace comfytrace::history::columns
