#include "live/update.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace comfytrace::live {
namespace {

base::json::value encoded(const model::LiveScene& scene, std::int64_t now_ms = 0) {
  return base::parse_json(scene_json(scene, now_ms)).value();
}

TEST(SceneUpdate, TellsWhatIsNotKnownAsNull) {
  const auto update = encoded({});
  for (const auto* key : {"exitReason", "duration", "elapsedMs", "startedAtMs", "node", "progress", "gpuVramFree",
                          "gpuUtilization", "eta"}) {
    ASSERT_NE(base::find(update, key), nullptr) << key;
    EXPECT_TRUE(base::find(update, key)->is_null()) << key;
  }
}

TEST(SceneUpdate, CountsTheRunningNodesOwnProgressIn) {
  model::LiveScene scene;
  scene.status = model::Status::executing;
  scene.node_count = 8;
  scene.nodes_done = 3;
  scene.node = model::LiveNode{};
  scene.node->progress_value = 10;
  scene.node->progress_max = 20;
  EXPECT_TRUE(base::find(encoded(scene), "progress")->is_null());
  scene.node_times_known = true;
  EXPECT_EQ(base::find_number(encoded(scene), "progress"), 3.5 / 8);
  scene.node->progress_value = 1e9;
  EXPECT_EQ(base::find_number(encoded(scene), "progress"), 0.5);
  scene.node->progress_max = 0;
  EXPECT_EQ(base::find_number(encoded(scene), "progress"), 3.0 / 8);
}

TEST(SceneUpdate, CountsTimeUntilNowOrUntilTheEnd) {
  model::LiveScene scene;
  scene.status = model::Status::executing;
  scene.started_at_ms = 1'000;
  EXPECT_EQ(base::find_integer(encoded(scene, 3'500), "elapsedMs"), 2'500);
  EXPECT_EQ(base::find_number(encoded(scene, 3'500), "duration"), 2.5);
  EXPECT_EQ(base::find_integer(encoded(scene, 500), "elapsedMs"), 0);
  scene.status = model::Status::success;
  scene.finished_at_ms = 2'000;
  EXPECT_EQ(base::find_integer(encoded(scene, 99'000), "elapsedMs"), 1'000);
}

TEST(SceneUpdate, GivesUtilizationInPercentAndMemoryInBytes) {
  model::LiveScene scene;
  scene.gpu_utilization_ratio = 0.5;
  scene.vram_free_bytes = 1'234;
  EXPECT_EQ(base::find_number(encoded(scene), "gpuUtilization"), 50);
  EXPECT_EQ(base::find_integer(encoded(scene), "gpuVramFree"), 1'234);
}

UpdatePtr deleted(std::uint64_t seq, std::string id) {
  return std::make_shared<const Update>(seq, 0, DeletedRun{std::move(id)});
}

TEST(Backlog, DoesNotLetARunPassOverItsDeletion) {
  Backlog backlog;
  model::RunSummary run;
  run.run_id = "a";
  EXPECT_FALSE(backlog.add(std::make_shared<const Update>(1, 0, run)));
  EXPECT_FALSE(backlog.add(deleted(2, "a")));
  EXPECT_FALSE(backlog.add(std::make_shared<const Update>(3, 0, run)));
  EXPECT_TRUE(backlog.add(std::make_shared<const Update>(4, 0, run)));
  EXPECT_EQ(backlog.size(), 3u);
  EXPECT_EQ(backlog.updates().back()->seq(), 4u);
}

TEST(UpdateFrames, NumberEachFrameSoThatResumingBehindItLeavesNoGap) {
  std::vector<UpdatePtr> updates;
  // The first stands in for an older update of its subject.
  updates.push_back(deleted(900, std::string(40'000, 'x')));
  updates.push_back(deleted(10, std::string(40'000, 'y')));
  updates.push_back(deleted(20, std::string(40'000, 'z')));
  const auto frames = make_update_frames(updates, 901, 0);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_NE(frames[0].frame->find("\"seq\":9,"), std::string::npos);
  EXPECT_NE(frames[1].frame->find("\"seq\":19,"), std::string::npos);
  EXPECT_NE(frames[2].frame->find("\"seq\":901,"), std::string::npos);
}

}  // namespace
}  // namespace comfytrace::live
