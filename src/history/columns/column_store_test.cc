#include "history/columns/column_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <span>
#include <thread>

#include "base/codec.h"
#include "history/columns/cube_maker.h"
#include "history/columns/lookups.h"
#include "history/columns/part_answers.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"
#include "history/sample_runs.h"

namespace comfytrace::history::columns {
namespace {

// The columns, and beside them the plain facts that they must agree with.
class Mirrored {
 public:
  void put(std::int64_t rid, RunFacts facts) {
    ASSERT_TRUE(store.append(rid, facts));
    facts_[rid] = std::move(facts);
  }
  void remove(std::int64_t rid) {
    store.remove(rid);
    facts_.erase(rid);
  }

  // Newest first.
  [[nodiscard]] std::vector<RunFacts> matching(const RunFilter& filter, const RidSet* among = nullptr) const {
    std::vector<std::pair<std::int64_t, const RunFacts*>> found;
    for (const auto& [rid, facts] : facts_) {
      if (meets(facts, filter) && (!among || among->has(static_cast<std::uint32_t>(rid))))
        found.emplace_back(rid, &facts);
    }
    std::ranges::sort(found, [](const auto& a, const auto& b) {
      return std::pair(a.second->created_at_ms, a.first) > std::pair(b.second->created_at_ms, b.first);
    });
    std::vector<RunFacts> facts;
    for (const auto& [rid, of] : found) facts.push_back(*of);
    return facts;
  }

  // All pages, in whole.
  [[nodiscard]] std::vector<std::int64_t> listed(const RunFilter& filter, RunSort sort, std::int64_t limit) const {
    std::vector<std::int64_t> rids;
    std::optional<ListPlace> after;
    while (true) {
      const ListPage page = page_of(store.snapshot(), filter, sort, limit, after, 0);
      EXPECT_EQ(page.total, static_cast<std::int64_t>(matching(filter).size()));
      for (const ListedRun& run : page.runs) {
        rids.push_back(run.place.rid);
        EXPECT_EQ(run.devices, facts_.at(run.place.rid).devices);
      }
      if (!page.has_more) return rids;
      after = page.runs.back().place;
    }
  }
  // A page from a position on.
  [[nodiscard]] std::vector<std::int64_t> listed_from(const RunFilter& filter, RunSort sort, std::int64_t offset,
                                                      std::int64_t limit) const {
    std::vector<std::int64_t> rids;
    for (const ListedRun& run : page_of(store.snapshot(), filter, sort, limit, std::nullopt, offset).runs)
      rids.push_back(run.place.rid);
    return rids;
  }
  [[nodiscard]] std::vector<std::int64_t> expected_list(const RunFilter& filter, RunSort sort) const {
    struct Item {
      std::optional<std::int64_t> value;
      std::int64_t rid;
    };
    std::vector<Item> items;
    for (const auto& [rid, facts] : facts_) {
      if (!meets(facts, filter)) continue;
      const bool by_time = sort == RunSort::newest || sort == RunSort::oldest;
      items.push_back({by_time                 ? facts.created_at_ms
                       : sort == RunSort::vram ? facts.vram_peak_bytes
                                               : facts.duration_ms,
                       rid});
    }
    const bool ascending = sort == RunSort::oldest || sort == RunSort::shortest;
    std::ranges::sort(items, [&](const Item& a, const Item& b) {
      if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
      const auto of_a = std::pair(a.value.value_or(0), a.rid);
      const auto of_b = std::pair(b.value.value_or(0), b.rid);
      return ascending ? of_a < of_b : of_a > of_b;
    });
    std::vector<std::int64_t> rids;
    for (const Item& item : items) rids.push_back(item.rid);
    return rids;
  }

  [[nodiscard]] RunIdOf names() const {
    return [this](std::int64_t rid) -> std::optional<std::string> {
      const auto at = facts_.find(rid);
      return at == facts_.end() ? std::nullopt : std::optional(at->second.run_id);
    };
  }

  ColumnStore store;
  std::map<std::int64_t, RunFacts> facts_;
};

void expect_same_answers(const Mirrored& mirrored, SampleFacts& sample, std::uint64_t runs) {
  const StatisticsQuery query = sample.statistics_query(runs);
  RidSet some;
  const bool among = sample.chance(10);
  for (const auto& [rid, facts] : mirrored.facts_) {
    if (rid % 3 == 0) some.add(rid);
  }
  const RidSet* set = among ? &some : nullptr;
  const auto snapshot = mirrored.store.snapshot();
  const auto matching = mirrored.matching(query.filter, set);
  ASSERT_EQ(difference(statistics_of(snapshot, query, set), history::statistics_of(matching, query)), "")
      << base::encode_json(query.filter) << " by " << base::enum_name(query.group_by);

  const std::array measures{&GroupStatistics::duration_ms, &GroupStatistics::queue_wait_ms,
                            &GroupStatistics::vram_peak_bytes};
  const auto measure = static_cast<std::size_t>(sample.pick(3));
  StatisticsQuery only = query;
  only.only = std::array{OneMeasure::duration, OneMeasure::queueWait, OneMeasure::vramPeak}[measure];
  ASSERT_NO_FATAL_FAILURE(
      expect_only(statistics_of(snapshot, only, set), history::statistics_of(matching, query), measures[measure]));

  FactsQuery facts;
  facts.filter = query.filter;
  facts.limit = 1 + sample.pick(60);
  const auto any = std::next(mirrored.facts_.begin(), sample.pick(static_cast<std::int64_t>(mirrored.facts_.size())));
  if (sample.chance(70)) facts.like = any->second.key;
  facts.level = static_cast<LikeLevel>(sample.pick(5));
  if (sample.chance(50)) facts.without_run_id = any->second.run_id;
  const auto without = facts.without_run_id ? std::optional(any->first) : std::nullopt;
  const auto found = history::facts_among(matching, facts);
  ASSERT_EQ(facts_among(snapshot, facts, without, mirrored.names(), set), found);
  ASSERT_NO_FATAL_FAILURE(expect_brief(mirrored.names(), brief_among(snapshot, facts, without, set), found));

  ScenesQuery scenes;
  if (!any->second.scenes.empty()) scenes.like = any->second.scenes.back().key;
  scenes.level = facts.level;
  scenes.limit = facts.limit;
  scenes.without_run_id = facts.without_run_id;
  if (sample.chance(40)) scenes.statuses = {model::Status::success};
  if (sample.chance(40)) scenes.before_ms = any->second.created_at_ms;
  ASSERT_EQ(scenes_among(snapshot, scenes, without, mirrored.names()),
            history::scenes_among(mirrored.matching({}), scenes));

  const auto sort = static_cast<RunSort>(sample.pick(5));
  if (sample.chance(20)) {
    ASSERT_EQ(mirrored.listed(query.filter, sort, 1 + sample.pick(400)), mirrored.expected_list(query.filter, sort));
    auto expected = mirrored.expected_list(query.filter, sort);
    const std::int64_t offset = sample.pick(static_cast<std::int64_t>(expected.size()) + 2);
    expected.erase(expected.begin(), expected.begin() + std::min<std::int64_t>(offset, std::ssize(expected)));
    if (expected.size() > 30) expected.resize(30);
    ASSERT_EQ(mirrored.listed_from(query.filter, sort, offset, 30), expected);
  }
}

void change(Mirrored& mirrored, SampleFacts& sample, std::int64_t& next, int changes) {
  for (int i = 0; i < changes; ++i) {
    const std::int64_t old = 1 + sample.pick(next);
    if (sample.chance(60)) {
      mirrored.put(next, sample.run(static_cast<std::uint64_t>(next)));
      ++next;
    } else if (mirrored.facts_.contains(old) && sample.chance(70)) {
      mirrored.put(old, sample.run(static_cast<std::uint64_t>(old)));
    } else {
      mirrored.remove(old);
    }
  }
  mirrored.store.publish();
}

class ColumnAnswers : public ::testing::TestWithParam<int> {};

TEST_P(ColumnAnswers, EqualTheReferenceWhileRunsComeChangeAndGo) {
  const int runs = GetParam();
  SampleFacts sample(static_cast<std::uint64_t>(runs));
  Mirrored mirrored;
  std::int64_t next = 1;
  for (; next <= runs; ++next) mirrored.put(next, sample.run(static_cast<std::uint64_t>(next)));
  mirrored.store.publish();
  const int questions = runs > 5'000 ? 150 : 900;
  for (int i = 0; i < questions; ++i) {
    if (i % 10 == 9) change(mirrored, sample, next, 20);
    ASSERT_NO_FATAL_FAILURE(expect_same_answers(mirrored, sample, static_cast<std::uint64_t>(next)));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ColumnAnswers, ::testing::Values(1'000, 10'000));

TEST(ColumnStore, KeepsOddRunsWhole) {
  RandomRuns random(3);
  SampleFacts sample(3);
  Mirrored mirrored;
  for (std::int64_t rid = 1; rid <= 400; ++rid)
    mirrored.put(rid, facts_of(random.run(rid % 3 ? base::named_uuid(std::to_string(rid)) : std::to_string(rid))));
  mirrored.store.publish();
  for (const auto& [rid, facts] : mirrored.facts_) {
    const auto told =
        ColumnStore::facts_at(mirrored.store.snapshot(), static_cast<std::uint32_t>(rid - 1), facts.run_id);
    ASSERT_TRUE(told);
    ASSERT_EQ(*told, facts) << rid;
  }
  for (int i = 0; i < 200; ++i) ASSERT_NO_FATAL_FAILURE(expect_same_answers(mirrored, sample, 1'000));
}

TEST(ColumnStore, GoesBeyondOneChunk) {
  SampleFacts sample(5);
  Mirrored mirrored;
  constexpr std::int64_t kRuns = 70'000;
  std::vector<RunFacts> kinds;
  for (std::uint64_t i = 0; i < 500; ++i) kinds.push_back(sample.run(i));
  for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
    RunFacts facts = kinds[static_cast<std::size_t>(sample.pick(500))];
    facts.created_at_ms = sample_time_ms(static_cast<std::uint64_t>(rid));
    mirrored.put(rid, std::move(facts));
  }
  mirrored.store.publish();
  for (int round = 0; round < 2; ++round) {
    for (int by = 0; by < 15; by += round == 0 ? 1 : 4) {
      StatisticsQuery query;
      query.group_by = static_cast<GroupBy>(by);
      query.max_groups = 50;
      if (by % 3 == 1) query.filter.from_ms = sample_time_ms(15'000);
      ASSERT_EQ(difference(statistics_of(mirrored.store.snapshot(), query),
                           history::statistics_of(mirrored.matching(query.filter), query)),
                "")
          << base::enum_name(query.group_by);
    }
    // What was summed up once must notice that runs die.
    for (int i = 0; i < 300; ++i) mirrored.remove(1 + sample.pick(kRuns));
    mirrored.store.publish();
  }
}

// A question is answered by rows first, then by what a chunk keeps of the answer, and by its cells where they are made.
TEST(ColumnStore, AnswersAlikeFromRowsFromKeptAnswersAndFromCells) {
  SampleFacts sample(6);
  Mirrored mirrored;
  constexpr std::int64_t kRuns = std::int64_t{kChunkRows} + 3'000;
  std::vector<RunFacts> kinds;
  for (std::uint64_t i = 0; i < 300; ++i) kinds.push_back(sample.run(i));
  for (std::int64_t rid = 1; rid <= kRuns; ++rid) {
    RunFacts facts = kinds[static_cast<std::size_t>(sample.pick(300))];
    facts.created_at_ms = sample_time_ms(static_cast<std::uint64_t>(rid));
    mirrored.put(rid, std::move(facts));
  }
  mirrored.store.publish();
  const auto question = [&](int number) {
    StatisticsQuery query = sample.statistics_query(kRuns);
    query.exact = false;
    // Of every other one only what cells can tell.
    if (number % 2 == 0) {
      RunFilter filter;
      filter.statuses = {number % 4 == 0 ? model::Status::success : model::Status::failed, model::Status::partial};
      if (number % 3 == 0) filter.gpus = {"nvidia l4"};
      if (number % 5 == 0) filter.archived = false;
      if (number % 7 == 0) filter.from_ms = sample_time_ms(static_cast<std::uint64_t>(sample.pick(kRuns)));
      query.filter = filter;
    }
    return query;
  };
  for (int round = 0; round < 2; ++round) {
    const auto snapshot = mirrored.store.snapshot();
    const std::int64_t live = mirrored.store.live();
    if (round > 0) prepare_summaries(snapshot, 0, 0);
    ASSERT_EQ(find_cube(snapshot, 0) != nullptr, round > 0);
    for (int i = 0; i < 16; ++i) {
      const StatisticsQuery query = question(i);
      const Statistics expected = history::statistics_of(mirrored.matching(query.filter), query);
      for (int time = 0; time < 3; ++time) {
        ASSERT_EQ(difference(statistics_of(snapshot, query), expected), "")
            << "round " << round << ", question " << i << ", time " << time;
      }
    }
    for (int i = 0; i < 200; ++i) mirrored.remove(1 + sample.pick(kRuns));
    mirrored.store.publish();
    // Who asked before the runs died still sees them.
    EXPECT_EQ(statistics_of(snapshot, {}).total.runs, live);
    EXPECT_EQ(statistics_of(mirrored.store.snapshot(), {}).total.runs, std::int64_t{mirrored.store.live()});
  }
}

TEST(ColumnStore, ShowsOnlyWhatWasPublished) {
  SampleFacts sample(1);
  ColumnStore store;
  ASSERT_TRUE(store.append(1, sample.run(1)));
  EXPECT_EQ(statistics_of(store.snapshot(), {}).total.runs, 0);
  store.publish();
  const auto before = store.snapshot();
  ASSERT_TRUE(store.append(1, sample.run(1)));
  ASSERT_TRUE(store.append(2, sample.run(2)));
  EXPECT_EQ(statistics_of(store.snapshot(), {}).total.runs, 1);
  store.remove(2);
  store.publish();
  EXPECT_EQ(statistics_of(before, {}).total.runs, 1);
  EXPECT_EQ(statistics_of(store.snapshot(), {}).total.runs, 1);
  EXPECT_FALSE(store.append(-1, sample.run(3)));
  EXPECT_FALSE(store.append(std::int64_t{1} << 33, sample.run(3)));
}

// Every published state has the same number of runs, all of one tag: whoever sees another number saw half a change.
TEST(ColumnStore, ReadersSeeWholeChangesWhileTheWriterGoesOn) {
  SampleFacts sample(9);
  ColumnStore store;
  constexpr std::int64_t kRuns = 3'000;
  std::vector<RunFacts> kinds;
  for (std::uint64_t i = 0; i < 300; ++i) kinds.push_back(sample.run(i));
  for (std::int64_t rid = 1; rid <= kRuns; ++rid)
    ASSERT_TRUE(store.append(rid, kinds[static_cast<std::size_t>(rid % 300)]));
  store.publish();
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> asked = 0;
  std::vector<std::thread> readers;
  for (std::uint64_t seed : {1u, 2u}) {
    readers.emplace_back([&store, &done, &wrong, &asked, seed] {
      SampleFacts own(seed);
      while (!done || asked < 20) {
        StatisticsQuery query;
        query.group_by = static_cast<GroupBy>(own.pick(15));
        const auto snapshot = store.snapshot();
        wrong += statistics_of(snapshot, query).total.runs != kRuns;
        const auto sort = static_cast<RunSort>(own.pick(5));
        const ListPage top = page_of(snapshot, {}, sort, 600, std::nullopt, 0);
        const ListPage far = page_of(snapshot, {}, sort, 100, std::nullopt, 500);
        wrong += top.total != kRuns || far.total != kRuns;
        wrong +=
            !std::ranges::equal(std::span(top.runs).subspan(500), far.runs, {}, &ListedRun::place, &ListedRun::place);
        query.filter = own.filter(300);
        wrong += difference(statistics_of(snapshot, query), statistics_of(snapshot, query)) != "";
        FactsQuery facts;
        facts.limit = 5;
        wrong += facts_among(snapshot, facts, std::nullopt, [](std::int64_t rid) {
                   return std::to_string(rid);
                 }).size() != 5;
        ++asked;
      }
    });
  }
  std::int64_t oldest = 1;
  std::int64_t next = kRuns + 1;
  for (int i = 0; i < 400; ++i) {
    // Updates in place, then as many new ones as old ones go.
    for (int k = 0; k < 60; ++k)
      ASSERT_TRUE(store.append(oldest + sample.pick(next - oldest), kinds[static_cast<std::size_t>(sample.pick(300))]));
    for (int k = 0; k < 120; ++k) {
      ASSERT_TRUE(store.append(next++, kinds[static_cast<std::size_t>(sample.pick(300))]));
      store.remove(oldest++);
    }
    store.publish();
  }
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store.live(), kRuns);
}

}  // namespace
}  // namespace comfytrace::history::columns
