#include "history/columns/complement.h"

#include <gtest/gtest.h>

#include <map>

#include "base/codec.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// One full chunk, some of whose runs are odd or gone, and a few rows more.
class ComplementTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kRuns = std::int64_t{kChunkRows} + 100;
  // `has_gone`: some runs are odd or gone.
  void fill(std::int64_t longest_ms, bool has_gone = true) {
    SampleFacts sample(8);
    std::vector<RunFacts> kinds;
    for (std::uint64_t i = 0; i < 400; ++i) kinds.push_back(sample.run(i));
    if (has_gone) kinds[7].duration_ms = std::int64_t{1} << 40;
    for (std::size_t i = 0; i < 3; ++i) kinds[i].node_classes.push_back({"Rare", 1, 5});
    for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
      RunFacts facts = kinds[static_cast<std::size_t>(sample.pick(400))];
      facts.created_at_ms = sample_time_ms(static_cast<std::uint64_t>(rid));
      if (rid == 9'000) facts.node_classes.push_back({"Slow", 2, longest_ms});
      ASSERT_TRUE(store_.append(rid, facts));
      facts_[rid] = std::move(facts);
    }
    for (int i = 0; i < 100 && has_gone; ++i) remove(1 + sample.pick(kRuns));
    store_.publish();
    prepare_summaries(store_.snapshot(), 0, 0);
    all_.group_by = GroupBy::nodeClass;
  }
  void remove(std::int64_t rid) {
    store_.remove(rid);
    facts_.erase(rid);
  }
  [[nodiscard]] std::vector<RunFilter> wide_filters() const;
  [[nodiscard]] bool takes(const RunFilter& filter) const {
    const auto snapshot = store_.snapshot();
    RowScan scan(snapshot, filter);
    Complement complement(snapshot, all_, {});
    return complement.enter(scan, 0);
  }
  void expect_same(const RunFilter& filter) const {
    std::vector<RunFacts> matching;
    for (const auto& [rid, facts] : facts_) {
      if (meets(facts, filter)) matching.push_back(facts);
    }
    StatisticsQuery query = all_;
    query.filter = filter;
    EXPECT_EQ(difference(statistics_of(store_.snapshot(), query), history::statistics_of(matching, query)), "")
        << base::encode_json(filter);
  }

  ColumnStore store_;
  std::map<std::int64_t, RunFacts> facts_;
  StatisticsQuery all_;
};

// Those that most runs meet.
std::vector<RunFilter> ComplementTest::wide_filters() const {
  std::int64_t longest_ms = 0;
  for (const auto& [rid, facts] : facts_) {
    if (facts.duration_ms.value_or(0) < std::int64_t{1} << 30)
      longest_ms = std::max(longest_ms, facts.duration_ms.value_or(0));
  }
  std::vector<RunFilter> filters(5);
  filters[0].duration_max_ms = longest_ms;
  filters[1].duration_max_ms = longest_ms * 9 / 10;
  filters[2].duration_min_ms = 1'000;
  filters[3].statuses = {model::Status::success, model::Status::failed, model::Status::timeout};
  filters[4].archived = false;
  return filters;
}

TEST_F(ComplementTest, TellsTheSameAsTheRowsThatMatch) {
  fill(9'000'000);
  for (const RunFilter& filter : wide_filters()) {
    EXPECT_TRUE(takes(filter)) << base::encode_json(filter);
    expect_same(filter);
  }
}

TEST_F(ComplementTest, TellsTheSameWhereNoRunIsOddOrGone) {
  fill(9'000'000, false);
  ASSERT_EQ(store_.snapshot().chunk(0).odd.size(), 0u);
  for (const RunFilter& filter : wide_filters()) {
    EXPECT_TRUE(takes(filter)) << base::encode_json(filter);
    expect_same(filter);
  }
}

TEST_F(ComplementTest, TellsTheSameWhereEveryRunMatches) {
  fill(9'000'000, false);
  RunFilter filter;
  filter.attempts_min = 0;
  EXPECT_TRUE(takes(filter));
  expect_same(filter);
}

TEST_F(ComplementTest, LeavesAChunkToItsRowsWhereFewMatch) {
  fill(10);
  RunFilter filter;
  filter.statuses = {model::Status::failed};
  EXPECT_FALSE(takes(filter));
  expect_same(filter);
}

TEST_F(ComplementTest, LeavesAChunkToItsRowsWhereATimeLiesFarFromTheOthers) {
  fill(std::int64_t{1} << 33);
  RunFilter filter;
  filter.archived = false;
  EXPECT_FALSE(takes(filter));
  expect_same(filter);
}

TEST_F(ComplementTest, LeavesAChunkToItsRowsWhereRunsDiedSince) {
  fill(10);
  remove(5'000);
  store_.publish();
  RunFilter filter;
  filter.archived = false;
  EXPECT_FALSE(takes(filter));
  expect_same(filter);
}

}  // namespace
}  // namespace comfytrace::history::columns
