#include "history/columns/time_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "history/columns/shared_facts.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// More than have exact percentiles.
constexpr std::int64_t kRuns = 34'000;

// Runs a minute apart, about a month of them, some of them open, odd or gone again.
class TimedRuns {
 public:
  explicit TimedRuns(const std::function<std::uint64_t(std::int64_t rid)>& minute_of) : sample_(7) {
    std::vector<RunFacts> kinds;
    for (std::uint64_t i = 0; i < 400; ++i) kinds.push_back(sample_.run(i));
    for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
      RunFacts facts = kinds[static_cast<std::size_t>(sample_.pick(400))];
      facts.created_at_ms = sample_time_ms(minute_of(rid));
      if (rid % 5'000 == 0) facts.duration_ms = std::int64_t{1} << 40;  // does not fit the columns
      EXPECT_TRUE(store_.append(rid, facts));
      if (rid % 1'000 == 1) {
        store_.remove(rid);
      } else {
        facts_.push_back(std::move(facts));
      }
    }
    store_.publish();
    std::ranges::stable_sort(facts_, std::greater(), &RunFacts::created_at_ms);
  }

  // "", or how the answer differs from the plain one.
  [[nodiscard]] std::string difference_of(const StatisticsQuery& query) const {
    std::vector<RunFacts> matching;
    for (const RunFacts& facts : facts_) {
      if (meets(facts, query.filter)) matching.push_back(facts);
    }
    return difference(statistics_of(store_.snapshot(), query), history::statistics_of(matching, query));
  }
  [[nodiscard]] const std::vector<RunFacts>& facts() const { return facts_; }

 private:
  SampleFacts sample_;
  ColumnStore store_;
  std::vector<RunFacts> facts_;
};

// What leaves all runs, most, some, few and none.
std::vector<RunFilter> filters_of(const TimedRuns& runs) {
  std::vector<std::int64_t> durations;
  for (const RunFacts& facts : runs.facts()) {
    if (facts.duration_ms) durations.push_back(*facts.duration_ms);
  }
  std::ranges::sort(durations);
  std::vector<RunFilter> filters(5);
  filters[1].duration_min_ms = durations[durations.size() / 20];
  filters[2].duration_max_ms = durations[durations.size() / 2];
  filters[3].duration_min_ms = durations[durations.size() / 50 * 49];
  filters[4].duration_max_ms = -1;
  return filters;
}

void expect_plain_answers(const TimedRuns& runs) {
  for (const RunFilter& filter : filters_of(runs)) {
    for (const GroupBy group_by : {GroupBy::hour, GroupBy::day, GroupBy::week, GroupBy::month}) {
      StatisticsQuery query;
      query.filter = filter;
      query.group_by = group_by;
      query.max_groups = group_by == GroupBy::week ? 3 : 10'000;
      query.utc_offset_ms = 5'400'000;
      ASSERT_EQ(runs.difference_of(query), "") << static_cast<int>(group_by);
    }
  }
}

TEST(TimeStatistics, AreThePlainOnesWhereRunsComeInOrder) {
  expect_plain_answers(TimedRuns([](std::int64_t rid) { return static_cast<std::uint64_t>(rid); }));
}

TEST(TimeStatistics, AreThePlainOnesWhereEachBlockHasRunsOfEveryDay) {
  expect_plain_answers(TimedRuns([](std::int64_t rid) { return static_cast<std::uint64_t>(rid * 7'919 % kRuns); }));
}

// A full chunk keeps what all its days tell; of a filter that most runs meet, what does not is taken out.
class TimesOfFullChunks : public ::testing::Test {
 protected:
  void fill(std::int64_t longest_ms) {
    SampleFacts sample(12);
    std::vector<RunFacts> kinds;
    for (std::uint64_t i = 0; i < 300; ++i) kinds.push_back(sample.run(i));
    for (std::uint32_t rid = 1; rid <= 2 * kChunkRows + 500; ++rid) {
      RunFacts facts = kinds[static_cast<std::size_t>(sample.pick(300))];
      facts.created_at_ms = sample_time_ms(rid);
      // Whole days of nothing else.
      if (rid % 9'000 < 3'000) facts.status = model::Status::failed;
      if (rid == 70'000) facts.duration_ms = longest_ms;
      ASSERT_TRUE(store_.append(rid, facts));
      if (rid % 500 == 1) {
        store_.remove(rid);
      } else {
        facts_.push_back(std::move(facts));
      }
    }
    store_.publish();
    for (const std::size_t chunk : {0, 1}) prepare_summaries(store_.snapshot(), chunk, 0);
    std::ranges::reverse(facts_);
  }
  [[nodiscard]] std::string difference_of(const RunFilter& filter, GroupBy group_by) const {
    std::vector<RunFacts> matching;
    for (const RunFacts& facts : facts_) {
      if (meets(facts, filter)) matching.push_back(facts);
    }
    StatisticsQuery query;
    query.filter = filter;
    query.group_by = group_by;
    query.max_groups = 10'000;
    return difference(statistics_of(store_.snapshot(), query), history::statistics_of(matching, query));
  }
  [[nodiscard]] std::vector<RunFilter> filters() const {
    std::vector<std::int64_t> durations;
    for (const RunFacts& facts : facts_) durations.push_back(facts.duration_ms.value_or(0));
    std::ranges::sort(durations);
    std::vector<RunFilter> filters(6);
    filters[0].duration_max_ms = durations[durations.size() / 100 * 99];
    filters[1].duration_max_ms = durations[durations.size() / 4 * 3];
    filters[2].duration_min_ms = durations[durations.size() / 20];
    filters[3].statuses = {model::Status::success, model::Status::partial, model::Status::timeout};
    filters[4].archived = false;
    filters[5].vram_peak_min_bytes = 1;
    return filters;
  }
  ColumnStore store_;
  std::vector<RunFacts> facts_;
};

TEST_F(TimesOfFullChunks, AreThePlainOnes) {
  fill(9'000'000);
  for (const RunFilter& filter : filters()) {
    for (const GroupBy group_by : {GroupBy::day, GroupBy::week})
      ASSERT_EQ(difference_of(filter, group_by), "") << base::encode_json(filter);
  }
}

TEST_F(TimesOfFullChunks, AreThePlainOnesBesideATimeThatIsFarFromTheOthers) {
  fill(std::int64_t{1} << 30);
  for (const RunFilter& filter : filters()) ASSERT_EQ(difference_of(filter, GroupBy::day), "");
}

TEST(TimeStatistics, AreTheSameToTheLastDigitWhenAskedAgain) {
  const TimedRuns runs([](std::int64_t rid) { return static_cast<std::uint64_t>(rid); });
  ColumnStore store;
  std::int64_t rid = 0;
  for (const RunFacts& facts : runs.facts()) ASSERT_TRUE(store.append(++rid, facts));
  store.publish();
  StatisticsQuery query;
  query.group_by = GroupBy::day;
  const Statistics first = statistics_of(store.snapshot(), query);
  for (int i = 0; i < 5; ++i) {
    const Statistics again = statistics_of(store.snapshot(), query);
    ASSERT_EQ(again.groups, first.groups);
    ASSERT_EQ(again.total, first.total);
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
