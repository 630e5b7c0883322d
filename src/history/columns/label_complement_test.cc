#include "history/columns/label_complement.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/enum_names.h"
#include "history/columns/cube_maker.h"
#include "history/columns/cube_total.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// A full chunk of a few kinds of run, most without a story and without a tag, and a few rows more. In two blocks of it
// all runs took half a day.
class LabelComplementTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kRuns = std::int64_t{kChunkRows} + 100;
  static constexpr std::int64_t kHalfDay_ms = 43'200'000;
  // `has_gone`: some runs are odd or gone.
  void fill(bool has_gone) {
    SampleFacts sample(8);
    std::vector<RunFacts> kinds;
    for (std::uint64_t i = 0; i < 30; ++i) kinds.push_back(sample.run(i));
    for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
      const auto row = static_cast<std::uint32_t>(rid - 1);
      RunFacts facts = kinds[static_cast<std::size_t>(sample.pick(30))];
      facts.created_at_ms = sample_time_ms(static_cast<std::uint64_t>(rid));
      facts.duration_ms = 1'000 + sample.pick(60'000);
      if (row / kBlockRows == 3 || row / kBlockRows == 31) facts.duration_ms = kHalfDay_ms;
      if (rid == 777 && has_gone) facts.duration_ms = std::int64_t{1} << 40;
      facts.story_title = "";
      facts.story_id = sample.pick(3) == 0 ? "story " + std::to_string(sample.pick(500)) : "";
      facts.tags.clear();
      if (sample.pick(4) == 0) facts.tags = {"keep", sample.pick(2) == 0 ? "draft" : "mara"};
      if (rid % 50 == nameless_beside_) facts.tags = {"keep", ""};
      ASSERT_TRUE(store_.append(rid, facts));
      facts_[rid] = std::move(facts);
    }
    for (int i = 0; i < 100 && has_gone; ++i) {
      const std::int64_t rid = 1 + sample.pick(kRuns);
      store_.remove(rid);
      facts_.erase(rid);
    }
    store_.publish();
  }
  [[nodiscard]] CubeTotal::By told_by(const RunFilter& filter, bool takes_more_by_cells) const {
    const auto snapshot = store_.snapshot();
    const RowScan scan(snapshot, filter);
    return CubeTotal(snapshot, filter, scan, {kValuesOfAGroup}).add(0, takes_more_by_cells);
  }
  void expect_same(const RunFilter& filter) const {
    std::vector<RunFacts> matching;
    for (const auto& [rid, facts] : facts_) {
      if (meets(facts, filter)) matching.push_back(facts);
    }
    ASSERT_GT(matching.size(), ExactBudget().values);
    StatisticsQuery query;
    query.filter = filter;
    for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) {
      query.group_by = group_by;
      EXPECT_EQ(difference(statistics_of(store_.snapshot(), query), history::statistics_of(matching, query)), "")
          << base::enum_name(group_by) << ' ' << base::encode_json(filter);
    }
  }

  std::int64_t nameless_beside_ = -1;  // at this of 50 runs a tag without a name stands beside another
  ColumnStore store_;
  std::map<std::int64_t, RunFacts> facts_;
};

// Filters that leave out few runs.
std::vector<RunFilter> wide_filters() {
  std::vector<RunFilter> filters(3);
  filters[0].duration_max_ms = 55'000;
  filters[1].duration_min_ms = 4'000;
  filters[2].duration_min_ms = 2'000;
  filters[2].duration_max_ms = 60'000;
  return filters;
}

TEST_F(LabelComplementTest, TellsTheSameAsTheRowsThatMatch) {
  fill(false);
  prepare_summaries(store_.snapshot(), 0, 0);
  for (const RunFilter& filter : wide_filters()) {
    EXPECT_EQ(told_by(filter, true), CubeTotal::By::others) << base::encode_json(filter);
    expect_same(filter);
  }
}

TEST_F(LabelComplementTest, TellsTheSameWhereSomeRunsAreOddOrGone) {
  fill(true);
  prepare_summaries(store_.snapshot(), 0, 0);
  for (const RunFilter& filter : wide_filters()) {
    EXPECT_EQ(told_by(filter, true), CubeTotal::By::others) << base::encode_json(filter);
    expect_same(filter);
  }
}

TEST_F(LabelComplementTest, TellsTheSameWhereATagWithoutANameIsBesideAnother) {
  nameless_beside_ = 7;
  fill(true);
  prepare_summaries(store_.snapshot(), 0, 0);
  for (const RunFilter& filter : wide_filters()) expect_same(filter);
}

// By how many match it is decided whether the total is told by cells, by what does not match or by rows.
TEST_F(LabelComplementTest, TellsTheSameWhateverShareMatches) {
  fill(true);
  for (const bool is_prepared : {false, true}) {
    if (is_prepared) prepare_summaries(store_.snapshot(), 0, 0);
    for (const std::int64_t most_ms : {35'000, 45'000, 50'000, 58'000}) {
      RunFilter filter;
      filter.duration_max_ms = most_ms;
      expect_same(filter);
    }
  }
}

TEST_F(LabelComplementTest, LeavesAChunkToItsRowsWhereFewMatch) {
  fill(false);
  prepare_summaries(store_.snapshot(), 0, 0);
  RunFilter filter;
  filter.duration_max_ms = 35'000;
  EXPECT_NE(told_by(filter, true), CubeTotal::By::others);
  expect_same(filter);
}

TEST_F(LabelComplementTest, LeavesAChunkThatKeepsNothingToItsRows) {
  fill(false);
  const auto snapshot = store_.snapshot();
  make_cube(snapshot, 0);
  const auto cube = find_cube(snapshot, 0);
  const auto outcomes = outcomes_of(snapshot.chunk(0), snapshot.shared());
  const LabelRows labelled;
  EXPECT_FALSE(LabelComplement(snapshot, GroupBy::story, {}).enter(0, *cube, *outcomes, &labelled, {}));
  prepare_unlabelled(snapshot, 0, GroupBy::story);
  EXPECT_FALSE(LabelComplement(snapshot, GroupBy::story, {}).enter(0, *cube, *outcomes, &labelled, {}))
      << "what it tells of all its runs is wanted, too";
  for (const RunFilter& filter : wide_filters()) expect_same(filter);
}

TEST_F(LabelComplementTest, LeavesAChunkToItsRowsWhereCellsWouldTakeMore) {
  fill(false);
  prepare_summaries(store_.snapshot(), 0, 0);
  RunFilter filter;
  filter.duration_min_ms = 56'000;
  EXPECT_EQ(told_by(filter, false), CubeTotal::By::cells);
  EXPECT_EQ(told_by(filter, true), CubeTotal::By::nothing);
}

TEST_F(LabelComplementTest, NumbersStoriesBeforeTheyAreAskedFor) {
  fill(true);
  const auto snapshot = store_.snapshot();
  ASSERT_EQ(snapshot.shared().stories.bytes(), 0u);
  prepare_summaries(snapshot, 0, 0);
  const std::size_t bytes = snapshot.shared().stories.bytes();
  EXPECT_GT(bytes, 0u);
  for (const RunFilter& filter : wide_filters()) expect_same(filter);
  EXPECT_EQ(snapshot.shared().stories.bytes(), bytes);
}

TEST_F(LabelComplementTest, LeavesAChunkToItsRowsWhereRunsDiedSince) {
  fill(false);
  prepare_summaries(store_.snapshot(), 0, 0);
  store_.remove(5'000);
  facts_.erase(5'000);
  store_.publish();
  EXPECT_EQ(told_by(wide_filters().front(), true), CubeTotal::By::nothing);
  for (const RunFilter& filter : wide_filters()) expect_same(filter);
}

}  // namespace
}  // namespace comfytrace::history::columns
