#include "history/columns/like_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "history/columns/scene_learner.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// A full chunk and a little more.
class LikeRowsTest : public ::testing::Test {
 protected:
  LikeRowsTest() {
    SampleFacts sample(5);
    for (std::uint32_t rid = 1; rid <= kChunkRows + 3'000; ++rid) {
      RunFacts facts = sample.run(rid);
      EXPECT_TRUE(store_.append(rid, facts));
      if (rid % 16 == 0 && facts.status == model::Status::success) asked_.push_back(facts);
    }
    store_.publish();
    // Some newest, and some in the chunk that is full.
    std::ranges::reverse(asked_);
    for (std::size_t i = 0; i < asked_.size(); i += i < 40 ? 1 : 97) {
      runs_.to.push_back({asked_[i].key, asked_[i].created_at_ms, asked_[i].node_classes});
      if (!asked_[i].scenes.empty()) scenes_.to.push_back({asked_[i].scenes.back().key, asked_[i].created_at_ms, {}});
    }
  }

  ColumnStore store_;
  std::vector<RunFacts> asked_;
  LikeQuery runs_;
  LikeQuery scenes_;
};

TEST_F(LikeRowsTest, TellsOfScenesTheSameOnceItIsLearnedWhichRunsMayHaveThem) {
  const auto snapshot = store_.snapshot();
  const auto before = scenes_like(snapshot, scenes_);
  EXPECT_FALSE(snapshot.shared().scene_works.get());
  for (std::size_t chunk = 0; chunk < snapshot.chunks(); ++chunk) learn_scene_works(snapshot, chunk);
  const auto known = snapshot.shared().scene_works.get();
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->knows(0));
  EXPECT_FALSE(known->knows(1)) << "it still grows";
  const auto after = scenes_like(snapshot, scenes_);
  ASSERT_EQ(after.size(), before.size());
  std::size_t with_level = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].level, before[i].level);
    EXPECT_EQ(after[i].n, before[i].n);
    EXPECT_EQ(after[i].durations_ms, before[i].durations_ms);
    with_level += after[i].level.has_value();
  }
  EXPECT_GT(with_level, after.size() / 2);
}

TEST_F(LikeRowsTest, LearnsTheWorkOfEverySceneThatSucceeded) {
  const auto snapshot = store_.snapshot();
  learn_scene_works(snapshot, 0);
  const auto known = snapshot.shared().scene_works.get();
  ASSERT_TRUE(known);
  const Chunk& chunk = snapshot.chunk(0);
  for (std::uint32_t row = 0; row < kChunkRows; row += 13) {
    const std::uint32_t work = chunk.work.at(row);
    PackedScenes scenes(chunk.details_of(row));
    while (scenes.next()) {
      if (scenes.status() != model::Status::success || snapshot.shared().works[work].scene_count == 1) continue;
      ASSERT_TRUE(std::ranges::binary_search(known->pairs, std::pair(work, scenes.work()))) << row;
    }
  }
  learn_scene_works(snapshot, 0);
  EXPECT_EQ(snapshot.shared().scene_works.get(), known) << "there is nothing to learn";
}

TEST_F(LikeRowsTest, TellsOfRunsWhatTheirFactsAre) {
  const auto snapshot = store_.snapshot();
  std::map<std::uint32_t, std::uint32_t> row_of;
  for (std::uint32_t row = 0; row < snapshot.rows; ++row)
    row_of[snapshot.chunk(row / kChunkRows).rid[row % kChunkRows]] = row;
  const LikeRows like = runs_like(snapshot, runs_);
  std::size_t told = 0;
  for (std::size_t i = 0; i < runs_.to.size(); ++i) {
    const LikeRuns::Series& series = like.told.series[i];
    ASSERT_EQ(series.runs.size(), like.numbers[i].size());
    for (std::size_t k = 0; k < series.runs.size(); ++k) {
      const auto facts = ColumnStore::facts_at(snapshot, row_of.at(like.numbers[i][k].rid), "");
      ASSERT_TRUE(facts);
      EXPECT_EQ(facts->status, model::Status::success);
      EXPECT_LT(facts->created_at_ms, runs_.to[i].before_ms);
      EXPECT_TRUE(is_like(runs_.to[i].key, facts->key, *series.level));
      EXPECT_EQ(series.runs[k].created_at_ms, facts->created_at_ms);
      EXPECT_EQ(series.runs[k].duration_ms, facts->duration_ms);
      EXPECT_EQ(series.runs[k].vram_peak_bytes, facts->vram_peak_bytes);
      for (std::size_t c = 0; c < runs_.to[i].classes.size(); ++c) {
        const NodeClassFacts& wanted = runs_.to[i].classes[c];
        const auto same = std::ranges::find(facts->node_classes, wanted.class_type, &NodeClassFacts::class_type);
        const bool is_like = same != facts->node_classes.end() && same->executions == wanted.executions;
        EXPECT_EQ(series.class_ms[c][k], is_like ? std::optional(same->duration_ms) : std::nullopt);
      }
      ++told;
    }
  }
  EXPECT_GT(told, 1'000u);
}

TEST(SceneWorks, LearnsNoMoreWhereWorksHardlyRepeat) {
  SceneWorks none;
  const SceneWorks some = none.with(2, {{7, 1}, {3, 9}, {7, 1}});
  EXPECT_EQ(some.pairs, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{3, 9}, {7, 1}}));
  EXPECT_TRUE(some.knows(2));
  EXPECT_FALSE(some.knows(0));
  EXPECT_FALSE(some.knows(3));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> many;
  for (std::uint32_t i = 0; i < SceneWorks::kMost; ++i) many.emplace_back(i, i);
  const SceneWorks full = some.with(0, many);
  EXPECT_TRUE(full.is_full);
  EXPECT_EQ(full.pairs, some.pairs);
  EXPECT_FALSE(full.knows(0));
}

}  // namespace
}  // namespace comfytrace::history::columns
