#include "history/columns/label_statistics.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/enum_names.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// So many in ten of the runs are of no story and have no tag; some runs are odd.
void expect_as_the_reference(std::int64_t unlabelled) {
  SampleFacts sample(11);
  ColumnStore store;
  std::vector<RunFacts> all;
  for (std::int64_t rid = 1; rid <= 5'000; ++rid) {
    RunFacts facts = sample.run(static_cast<std::uint64_t>(rid));
    if (rid % 10 < unlabelled) {
      facts.story_id = facts.story_title = "";
      facts.tags.clear();
    }
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
