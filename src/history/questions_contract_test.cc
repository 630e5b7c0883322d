#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "history/memory/memory_history.h"
#include "history/reference_answers.h"
#include "history/run_history_contract.h"
#include "history/sqlite/sqlite_history.h"
#include "history/time_bucket.h"

namespace comfytrace::history {
namespace {

using model::Status;

std::unique_ptr<RunHistory> make_memory(const std::filesystem::path&) {
  return std::make_unique<MemoryHistory>();
}

std::unique_ptr<RunHistory> make_sqlite(const std::filesystem::path& folder) {
  auto history = SqliteHistory::open(folder / "history.db");
  EXPECT_TRUE(history) << (history ? "" : history.error().sentence());
  return history ? std::move(*history) : nullptr;
}

class QuestionsContract : public RunHistoryContract {
 protected:
  [[nodiscard]] Statistics statistics(const StatisticsQuery& query) const {
    const auto answer = history_->statistics(query);
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().sentence());
    return answer ? *answer : Statistics{};
  }
  // A run that took `duration_ms`.
  model::Run run(const std::string& id, std::int64_t created_at_ms, Status status, std::int64_t duration_ms) {
    model::Run made = simple_run(id, created_at_ms, status);
    made.scenes.front().attempts.front().duration_ms = duration_ms;
    model::roll_up(made);
    return made;
  }
};

TEST_P(QuestionsContract, OfNothingThereIsNothingToSay) {
  const Statistics none = statistics({});
  EXPECT_EQ(none.total, GroupStatistics{});
  EXPECT_EQ(none.total.success_rate, std::nullopt);
  EXPECT_EQ(none.total.duration_ms.median, std::nullopt);
  EXPECT_TRUE(statistics({.group_by = GroupBy::day}).groups.empty());
  EXPECT_TRUE(history_->facts({})->empty());
  EXPECT_TRUE(history_->scene_samples({})->empty());
}

TEST_P(QuestionsContract, OneRunHasNoSpread) {
  save(run("a", 10, Status::success, 400));
  const Distribution duration = statistics({}).total.duration_ms;
  EXPECT_EQ(duration.n, 1);
  EXPECT_EQ(duration.min, 400);
  EXPECT_EQ(duration.median, 400);
  EXPECT_EQ(duration.p99, 400);
  EXPECT_EQ(duration.max, 400);
  EXPECT_EQ(duration.mean, 400);
  EXPECT_EQ(duration.standard_deviation, std::nullopt);
}

TEST_P(QuestionsContract, TellsDurationsByLinearPercentiles) {
  for (const std::int64_t ms : {10, 20, 30, 40}) save(run(std::to_string(ms), ms, Status::success, ms));
  save(run("open", 50, Status::executing, 7'000));
  const GroupStatistics total = statistics({}).total;
  EXPECT_EQ(total.runs, 5);
  EXPECT_EQ(total.runs_open, 1);
  EXPECT_EQ(total.duration_ms.n, 4) << "a run that goes on has no duration yet";
  EXPECT_EQ(total.duration_ms.sum, 100);
  EXPECT_EQ(total.duration_ms.median, 25);
  EXPECT_DOUBLE_EQ(*total.duration_ms.p90, 37);
  EXPECT_DOUBLE_EQ(*total.duration_ms.standard_deviation, std::sqrt(500.0 / 3));
  EXPECT_TRUE(total.duration_ms.exact);
}

TEST_P(QuestionsContract, WhatAPersonTookBackIsNoFailure) {
  save(run("a", 1, Status::success, 1));
  save(run("b", 2, Status::failed, 1));
  save(run("c", 3, Status::timeout, 1));
  save(run("d", 4, Status::cancelled, 1));
  save(run("e", 5, Status::queued, 1));
  const GroupStatistics total = statistics({}).total;
  EXPECT_DOUBLE_EQ(*total.success_rate, 1.0 / 3);
  EXPECT_EQ(total.runs_cancelled, 1);
  EXPECT_EQ(total.runs_timed_out, 1);
}

TEST_P(QuestionsContract, GroupsByWhatRunsHave) {
  model::Run both = run("a", 1, Status::success, 5);
  both.tags = {"keep", "draft"};
  save(both);
  model::Run one = run("b", 2, Status::failed, 5);
  one.tags = {"keep"};
  save(one);
  save(run("c", 3, Status::success, 5));
  const Statistics by_tag = statistics({.group_by = GroupBy::tag});
  ASSERT_EQ(by_tag.groups.size(), 3u);
  EXPECT_EQ(by_tag.groups[0].key, "keep");
  EXPECT_EQ(by_tag.groups[0].runs, 2);
  EXPECT_EQ(by_tag.groups[1].key, "") << "of as many runs the key decides";
  EXPECT_EQ(by_tag.groups[2].key, "draft");
  EXPECT_EQ(by_tag.total.runs, 3) << "a run in two groups is one run";
  const Statistics few = statistics({.group_by = GroupBy::status, .max_groups = 1});
  ASSERT_EQ(few.groups.size(), 1u);
  EXPECT_EQ(few.groups[0].key, "success");
  EXPECT_EQ(few.groups_left_out, 1);
}

TEST_P(QuestionsContract, GroupsDaysByTheClockAskedFor) {
  const std::int64_t midnight = 1'764'028'800'000;  // 2025-11-25T00:00:00Z
  save(run("late", midnight - 1, Status::success, 5));
  save(run("early", midnight, Status::success, 5));
  const Statistics utc = statistics({.group_by = GroupBy::day});
  ASSERT_EQ(utc.groups.size(), 2u);
  EXPECT_EQ(utc.groups[0].key, "2025-11-24T00:00:00Z");
  EXPECT_EQ(utc.groups[1].from_ms, midnight);
  const Statistics east = statistics({.group_by = GroupBy::day, .utc_offset_ms = 3'600'000});
  ASSERT_EQ(east.groups.size(), 1u);
  EXPECT_EQ(east.groups[0].key, "2025-11-25T00:00:00+01:00");
  EXPECT_EQ(east.groups[0].from_ms, midnight - 3'600'000);
  const Statistics last = statistics({.group_by = GroupBy::hour, .max_groups = 1});
  EXPECT_EQ(last.groups.at(0).from_ms, midnight) << "of times the latest are kept";
}

TEST_P(QuestionsContract, GroupsNodeClassesByWhatTheyTookInEachRun) {
  save(typical_run(1));
  save(typical_run(2));
  const Statistics by_class = statistics({.group_by = GroupBy::nodeClass});
  const RunFacts facts = facts_of(typical_run(1));
  ASSERT_EQ(by_class.groups.size(), facts.node_classes.size());
  for (const GroupStatistics& group : by_class.groups) {
    EXPECT_EQ(group.runs, 2);
    EXPECT_EQ(group.duration_ms.n, 2);
    EXPECT_EQ(group.executions, group.key == "CLIPTextEncode" ? 16 : 8) << group.key;
  }
}

TEST_P(QuestionsContract, FindsRunsThatAreAlike) {
  for (std::uint64_t i = 0; i < 20; ++i) save(typical_run(i, 1));
  const RunFacts like = facts_of(typical_run(7, 1));
  FactsQuery query{.like = like.key, .level = LikeLevel::executed, .without_run_id = like.run_id};
  const auto found = history_->facts(query);
  ASSERT_TRUE(found);
  for (const RunFacts& facts : *found) {
    EXPECT_NE(facts.run_id, like.run_id);
    EXPECT_EQ(facts.key.structure, like.key.structure);
    EXPECT_EQ(facts, facts_of(*get(facts.run_id)));
  }
  query.level = LikeLevel::structure;
  EXPECT_GE(history_->facts(query)->size(), found->size());
  EXPECT_GT(history_->facts({})->size(), 19u);
  EXPECT_EQ(history_->facts({.limit = 3})->size(), 3u);
  EXPECT_EQ(history_->facts({.limit = 3})->front(), facts_of(typical_run(19, 1)));
  const auto scenes = history_->scene_samples({.like = like.scenes.front().key, .level = LikeLevel::structure});
  ASSERT_TRUE(scenes);
  ASSERT_FALSE(scenes->empty());
  EXPECT_TRUE(history_->scene_samples({.like = like.scenes.front().key, .statuses = {Status::failed}})->empty());
  EXPECT_TRUE(history_->scene_samples({.like = like.scenes.front().key, .before_ms = 0})->empty());
}

TEST_P(QuestionsContract, TellsTheSameRunsInBrief) {
  for (std::uint64_t i = 0; i < 20; ++i) save(typical_run(i, 1));
  const auto whole = history_->facts({.limit = 15});
  const auto brief = history_->brief_runs({.limit = 15});
  ASSERT_TRUE(whole);
  ASSERT_TRUE(brief);
  ASSERT_EQ(brief->runs.size(), 15u);
  for (std::size_t i = 0; i < whole->size(); ++i) {
    const RunFacts& run = whole->at(i);
    EXPECT_EQ(brief->runs[i].created_at_ms, run.created_at_ms);
    EXPECT_EQ(brief->runs[i].duration_ms, run.duration_ms);
    EXPECT_EQ(brief->kind_of(brief->runs[i]).key, run.key);
    EXPECT_EQ(brief->kind_of(brief->runs[i]).status, run.status);
    EXPECT_EQ(*brief->run_ids(std::array{i}), std::vector{run.run_id});
  }
  EXPECT_EQ(history_->brief_runs({.limit = 0}).error().field, "limit");
}

TEST_P(QuestionsContract, TellsWhatTheNodesOfRunsDidThatItToldInBrief) {
  for (std::uint64_t i = 0; i < 6; ++i) save(typical_run(i, 1 + static_cast<int>(i % 3)));
  const auto brief = history_->brief_runs({});
  ASSERT_TRUE(brief);
  NodeRecorder expected;
  for (const std::size_t position : {4u, 0u, 1u}) {
    const auto run_ids = brief->run_ids(std::array<std::size_t, 1>{position});
    expected.add(*get(run_ids->front()));
  }
  NodeRecorder told;
  ASSERT_TRUE(brief->nodes(std::array<std::size_t, 3>{4, 0, 1}, told));
  EXPECT_EQ(told.records(), expected.records());
}

TEST_P(QuestionsContract, TellsTheSameScenesInBrief) {
  for (std::uint64_t i = 0; i < 20; ++i) save(typical_run(i, 1 + static_cast<int>(i % 3)));
  const RunFacts like = facts_of(typical_run(7, 2));
  for (const std::int64_t limit : {1, 4, 5, 50}) {
    for (const LikeLevel level : {LikeLevel::executed, LikeLevel::structure}) {
      const ScenesQuery query{.like = like.scenes.front().key,
                              .level = level,
                              .statuses = {Status::success},
                              .without_run_id = like.run_id,
                              .limit = limit};
      const auto whole = history_->scene_samples(query);
      const auto brief = history_->brief_scenes(query);
      ASSERT_TRUE(whole);
      ASSERT_TRUE(brief);
      ASSERT_TRUE(level == LikeLevel::executed || !whole->empty());
      BriefScenes expected;
      for (const SceneSample& scene : *whole) {
        expected.durations_ms.push_back(scene.scene.duration_ms);
        const BriefScenes::Run run{scene.run_id, scene.created_at_ms};
        if (expected.runs.empty() || !(expected.runs.back() == run)) expected.runs.push_back(run);
      }
      EXPECT_EQ(*brief, expected);
    }
  }
  EXPECT_EQ(history_->brief_scenes({.limit = 0}).error().field, "limit");
}

// Alone, as facts() and scene_samples() have it: the strictest level that has enough.
TEST_P(QuestionsContract, TellsWhatIsLikeManyRunsAtOnce) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    model::Run made = typical_run(i, i % 3 == 0 ? 3 : 1);
    for (model::Scene& scene : made.scenes) {
      // Some levels have few, and some keys do not know a part.
      scene.parameters.checkpoints = {i % 4 == 0 ? "one" : "another"};
      scene.workflow_fingerprint = i % 5 == 0 ? "a" : "b";
      if (i % 6 != 0) scene.attempts.back().environment.emplace().device_name = i % 10 == 1 ? "one" : "another";
      if (i % 7 == 0) scene.attempts.back().status = Status::failed;
    }
    model::roll_up(made);
    save(made);
  }
  const auto runs = history_->facts({.filter = {.statuses = {Status::success}}, .limit = 100});
  ASSERT_TRUE(runs);
  for (const auto& [needs, limit] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {3, 4}, {5, 50}}) {
    LikeQuery query{{}, needs, limit};
    LikeQuery of_scenes{{}, needs, limit};
    for (const RunFacts& run : *runs) {
      query.to.push_back({run.key, run.created_at_ms, run.node_classes});
      of_scenes.to.push_back({run.scenes.front().key, run.created_at_ms, {}});
    }
    const auto like = history_->like_runs(query);
    const auto scenes = history_->like_scenes(of_scenes);
    const auto wanted = history_->RunHistoryReader::like_runs(query);
    const auto wanted_scenes = history_->RunHistoryReader::like_scenes(of_scenes);
    const auto both = history_->like(query, of_scenes);
    ASSERT_TRUE(like && scenes && wanted && wanted_scenes && both);
    ASSERT_EQ(like->series.size(), runs->size());
    ASSERT_EQ(scenes->size(), runs->size());
    std::size_t with_level = 0;
    for (std::size_t i = 0; i < runs->size(); ++i) {
      const auto& one = like->series[i];
      EXPECT_EQ(one.level, wanted->series[i].level);
      EXPECT_EQ(one.class_ms, wanted->series[i].class_ms);
      ASSERT_EQ(one.runs.size(), wanted->series[i].runs.size());
      with_level += one.level.has_value();
      std::vector<std::size_t> positions;
      for (std::size_t k = 0; k < one.runs.size(); ++k) {
        positions.push_back(k);
        EXPECT_EQ(one.runs[k].created_at_ms, wanted->series[i].runs[k].created_at_ms);
        EXPECT_EQ(one.runs[k].duration_ms, wanted->series[i].runs[k].duration_ms);
        EXPECT_EQ(one.runs[k].vram_peak_bytes, wanted->series[i].runs[k].vram_peak_bytes);
      }
      EXPECT_EQ(*like->run_ids(i, positions), *wanted->run_ids(i, positions));
      EXPECT_EQ(scenes->at(i).level, wanted_scenes->at(i).level);
      EXPECT_EQ(scenes->at(i).n, wanted_scenes->at(i).n);
      EXPECT_EQ(scenes->at(i).durations_ms, wanted_scenes->at(i).durations_ms);
      EXPECT_EQ(both->runs.series[i].level, one.level);
      EXPECT_EQ(both->runs.series[i].class_ms, one.class_ms);
      EXPECT_EQ(*both->runs.run_ids(i, positions), *wanted->run_ids(i, positions));
      EXPECT_EQ(both->scenes[i].durations_ms, wanted_scenes->at(i).durations_ms);
    }
    EXPECT_GT(with_level, 0u);
    EXPECT_LT(with_level, runs->size()) << "before the first ones there is nothing";
  }
  EXPECT_TRUE(history_->like_runs({})->series.empty());
  EXPECT_EQ(history_->like_runs({.needs = 6, .limit = 5}).error().field, "needs");
  EXPECT_EQ(history_->like_scenes({.limit = 0}).error().field, "limit");
  EXPECT_EQ(history_->like({.needs = 6, .limit = 5}, {}).error().field, "needs");
  EXPECT_EQ(history_->like({}, {.limit = 0}).error().field, "limit");
}

TEST_P(QuestionsContract, RefusesBoundsThatAreNone) {
  EXPECT_EQ(history_->statistics({.max_groups = 0}).error().field, "maxGroups");
  EXPECT_EQ(history_->statistics({.utc_offset_ms = 1'000'000'000}).error().field, "utcOffsetMs");
  EXPECT_EQ(history_->facts({.limit = 0}).error().field, "limit");
  EXPECT_EQ(history_->scene_samples({.limit = 100'001}).error().code, base::ErrorCode::invalid);
}

INSTANTIATE_TEST_SUITE_P(Memory, QuestionsContract, ::testing::Values(&make_memory));
INSTANTIATE_TEST_SUITE_P(Sqlite, QuestionsContract, ::testing::Values(&make_sqlite));

TEST(WorkKeys, AreAlikeOnlyWhereBothKnow) {
  WorkKey key{"graph", "models", 100, 1, "card", "nodes", true};
  for (const auto level :
       {LikeLevel::executed, LikeLevel::warmth, LikeLevel::device, LikeLevel::models, LikeLevel::structure})
    EXPECT_TRUE(is_like(key, key, level));
  WorkKey other = key;
  other.executed = "others";
  EXPECT_FALSE(is_like(key, other, LikeLevel::executed));
  EXPECT_TRUE(is_like(key, other, LikeLevel::warmth));
  other.is_cold.reset();
  EXPECT_FALSE(is_like(key, other, LikeLevel::warmth));
  EXPECT_TRUE(is_like(key, other, LikeLevel::device));
  other.device = key.device = "";
  EXPECT_FALSE(is_like(key, other, LikeLevel::device)) << "two unknown devices are not the same device";
  EXPECT_TRUE(is_like(key, other, LikeLevel::models));
  other.work_size.reset();
  EXPECT_FALSE(is_like(key, other, LikeLevel::structure));
}

TEST(TimeBuckets, BeginWhereTheCalendarSays) {
  const std::int64_t at = 1'709'210'096'789;  // 2024-02-29T12:34:56.789Z, a Thursday
  EXPECT_EQ(iso_time(bucket_start(GroupBy::hour, at, 0), 0), "2024-02-29T12:00:00Z");
  EXPECT_EQ(iso_time(bucket_start(GroupBy::week, at, 0), 0), "2024-02-26T00:00:00Z");
  EXPECT_EQ(iso_time(bucket_start(GroupBy::month, at, 0), 0), "2024-02-01T00:00:00Z");
  EXPECT_EQ(iso_time(bucket_start(GroupBy::day, at, -12'600'000), -12'600'000), "2024-02-29T00:00:00-03:30");
  EXPECT_EQ(iso_time(bucket_start(GroupBy::month, -1, 0), 0), "1969-12-01T00:00:00Z");
  for (const std::int64_t odd : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    for (const auto by : {GroupBy::hour, GroupBy::day, GroupBy::week, GroupBy::month})
      EXPECT_GT(iso_time(bucket_start(by, odd, 3'600'000), 3'600'000).size(), 20u);
  }
}

}  // namespace
}  // namespace comfytrace::history
