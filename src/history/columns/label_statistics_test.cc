#include "history/columns/label_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/enum_names.h"
#include "base/parallel.h"
#include "history/columns/label_count.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// So many in ten of the runs are of no story and have no tag but `tag`, if that is given; some runs are odd.
void expect_as_the_reference(std::int64_t unlabelled, const std::string& tag = "") {
  SampleFacts sample(11);
  ColumnStore store;
  std::vector<RunFacts> all;
  for (std::int64_t rid = 1; rid <= 5'000; ++rid) {
    RunFacts facts = sample.run(static_cast<std::uint64_t>(rid));
    if (rid % 10 < unlabelled) {
      facts.story_id = facts.story_title = "";
      facts.tags.clear();
    }
    if (!tag.empty() && rid % 10 < 9) facts.tags.push_back(tag);
    if (rid % 250 < 2) facts.duration_ms = 5'000'000'000;
    if (rid % 500 == 1) facts.story_id = "of odd runs alone";
    ASSERT_TRUE(store.append(rid, facts));
    all.push_back(std::move(facts));
  }
  store.publish();
  for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) {
    for (const std::int64_t max_groups : {1, 3, 20, 5'000}) {
      StatisticsQuery query;
      query.group_by = group_by;
      query.max_groups = max_groups;
      EXPECT_EQ(difference(statistics_of(store.snapshot(), query), history::statistics_of(all, query)), "")
          << base::enum_name(group_by) << ' ' << max_groups;
    }
  }
}

TEST(LabelStatistics, TellsAGroupThatMostRunsAreIn) {
  expect_as_the_reference(8);
}

TEST(LabelStatistics, TellsGroupsOfWhichNoneHasMost) {
  expect_as_the_reference(0);
}

TEST(LabelStatistics, TellsATagThatMostRunsHaveBesideOthers) {
  expect_as_the_reference(4, "common");
}

// Two full chunks. What is asked is known from the newest rows: all of those match, but of the others so few that each
// value is kept.
TEST(LabelStatistics, KeepsEachValueOfFewRunsThatLookedLikeMany) {
  constexpr std::int64_t kRuns = 2 * kChunkRows;
  constexpr std::int64_t kMatching = 20'000;
  constexpr std::int64_t kWaiting = 5'000;
  ColumnStore store;
  std::vector<RunFacts> all;
  RunFacts facts;
  facts.status = model::Status::success;
  for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
    facts.created_at_ms = rid;
    facts.duration_ms = rid + (rid > kRuns - kMatching ? kRuns : 0);
    if (rid > kRuns - kWaiting) facts.queue_wait_ms = rid;
    facts.story_id = rid % 4 == 0 ? "story " + std::to_string(rid % 9) : "";
    facts.tags = {rid % 5 == 0 ? "rare" : "often"};
    ASSERT_TRUE(store.append(rid, facts));
    if (rid > kRuns - kMatching) all.push_back(facts);
  }
  store.publish();
  for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) {
    StatisticsQuery query;
    query.group_by = group_by;
    query.filter.duration_min_ms = 2 * kRuns - kMatching + 1;
    const Statistics told = statistics_of(store.snapshot(), query);
    EXPECT_EQ(difference(told, history::statistics_of(all, query)), "") << base::enum_name(group_by);
    EXPECT_TRUE(told.total.duration_ms.exact);
    EXPECT_TRUE(told.groups.front().duration_ms.exact);
    query.filter = {};
    const Statistics of_all = statistics_of(store.snapshot(), query);
    EXPECT_FALSE(of_all.total.duration_ms.exact);
    EXPECT_TRUE(of_all.total.queue_wait_ms.exact) << "few have waited";
    EXPECT_TRUE(of_all.groups.front().queue_wait_ms.exact);
  }
}

// Most runs have no label, but of those that match nearly all have one: the others are so few that each value is kept.
TEST(LabelStatistics, TellsThoseWithoutANameWhereAFilterFavoursTheOthers) {
  constexpr std::int64_t kRuns = 2 * std::int64_t{kChunkRows};
  constexpr std::int64_t kLong_ms = 100'000;
  ColumnStore store;
  std::vector<RunFacts> all;
  RunFacts facts;
  facts.status = model::Status::success;
  for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
    facts.created_at_ms = rid;
    const bool has_label = rid % 10 < 4;
    facts.duration_ms = rid * 7 % 90'000 + (has_label || rid % 1'000 == 5 ? kLong_ms : 0);
    facts.queue_wait_ms = rid % 4'000;
    facts.story_id = has_label ? "story " + std::to_string(rid % 97) : "";
    facts.tags.clear();
    if (has_label) facts.tags = {rid % 3 == 0 ? "rare" : "often"};
    ASSERT_TRUE(store.append(rid, facts));
    if (*facts.duration_ms >= kLong_ms) all.push_back(facts);
  }
  store.publish();
  ASSERT_GT(all.size(), ExactBudget().values);
  for (const bool is_prepared : {false, true}) {
    for (std::size_t i = 0; is_prepared && i < 2; ++i) prepare_summaries(store.snapshot(), i, 0);
    for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) {
      StatisticsQuery query;
      query.group_by = group_by;
      query.filter.duration_min_ms = kLong_ms;
      const Statistics told = statistics_of(store.snapshot(), query);
      EXPECT_EQ(difference(told, history::statistics_of(all, query)), "") << base::enum_name(group_by);
      const auto nameless = std::ranges::find(told.groups, "", &GroupStatistics::key);
      ASSERT_NE(nameless, told.groups.end());
      EXPECT_EQ(nameless->runs, kRuns / 1'000 + 1);
      EXPECT_TRUE(nameless->duration_ms.exact);
      EXPECT_TRUE(nameless->queue_wait_ms.exact);
      EXPECT_FALSE(told.groups.front().duration_ms.exact);
    }
  }
}

// Each thread makes the lists of a few chunks, and does without those of the others.
TEST(LabelStatistics, TellsTheSameWhileChunksHaveNoListYet) {
  const std::size_t at_once = LabelCount::kListsAtOnce * base::parallel_threads();
  const std::size_t chunks = at_once + base::parallel_threads();
  const auto runs = static_cast<std::int64_t>(chunks * kChunkRows);
  ColumnStore store;
  std::vector<RunFacts> all;
  RunFacts facts;
  facts.status = model::Status::success;
  for (std::int64_t rid = 1; rid <= runs; ++rid) {
    facts.created_at_ms = rid;
    facts.duration_ms = rid * 7 % 90'000;
    facts.story_id = rid % 5 == 0 ? "story " + std::to_string(rid / 1'000) : "";
    ASSERT_TRUE(store.append(rid, facts));
    if (rid % 3 == 0) {
      all.push_back(facts);
    } else {
      store.remove(rid);
    }
  }
  store.publish();
  const auto snapshot = store.snapshot();
  const auto lists = [&] {
    std::size_t made = 0;
    for (std::size_t i = 0; i < chunks; ++i) made += snapshot.chunk(i).story_rows.get() != nullptr;
    return made;
  };
  StatisticsQuery query;
  query.group_by = GroupBy::story;
  const Statistics wanted = history::statistics_of(all, query);
  for (const std::size_t made : {1u, 2u}) {
    EXPECT_EQ(difference(statistics_of(snapshot, query), wanted), "") << made;
    EXPECT_EQ(lists(), std::min(made * at_once, chunks));
  }
}

TEST(LabelStatistics, TellsAGroupOfOddRunsAlone) {
  SampleFacts sample(13);
  ColumnStore store;
  std::vector<RunFacts> all;
  for (std::int64_t rid = 1; rid <= 10; ++rid) {
    RunFacts facts = sample.run(static_cast<std::uint64_t>(rid));
    facts.duration_ms = 5'000'000'000;
    facts.story_id = "odd";
    facts.tags = {"odd"};
    ASSERT_TRUE(store.append(rid, facts));
    all.push_back(std::move(facts));
  }
  store.publish();
  for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) {
    StatisticsQuery query;
    query.group_by = group_by;
    EXPECT_EQ(difference(statistics_of(store.snapshot(), query), history::statistics_of(all, query)), "");
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
