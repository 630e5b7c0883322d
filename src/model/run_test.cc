#include "model/run.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/worker.h"

namespace comfytrace::model {
namespace {

Scene scene(std::string id, Status status, ExitReason reason, std::int64_t start_ms, std::int64_t end_ms) {
  Attempt attempt;
  attempt.prompt_id = id + "-prompt";
  attempt.worker_id = "w";
  attempt.status = status;
  if (!is_open(status)) attempt.exit_reason = reason;
  attempt.started_at_ms = start_ms;
  if (!is_open(status)) attempt.finished_at_ms = end_ms;
  if (!is_open(status)) attempt.duration_ms = end_ms - start_ms;
  Scene scene;
  scene.scene_id = std::move(id);
  scene.attempts.push_back(attempt);
  return scene;
}

TEST(RollUp, ARunIsPartialWhenScenesDisagreeAndNamesTheFirstThatDidNotSucceed) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 100, 200),
                scene("scene-002", Status::failed, ExitReason::outOfMemory, 210, 260),
                scene("scene-003", Status::cancelled, ExitReason::interrupted, 270, 280)};
  roll_up(run);
  EXPECT_EQ(run.status, Status::partial);
  EXPECT_EQ(run.exit_reason, ExitReason::outOfMemory);
  EXPECT_EQ(run.started_at_ms, 100);
  EXPECT_EQ(run.finished_at_ms, 280);
  EXPECT_EQ(run.duration_ms, 160);
}

TEST(RollUp, ASumOfDurationsThatNoRunHasStaysInItsRange) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 100, 200),
                scene("scene-002", Status::success, ExitReason::success, 210, 260)};
  run.scenes[0].attempts[0].duration_ms = std::numeric_limits<std::int64_t>::max();
  roll_up(run);
  EXPECT_EQ(run.duration_ms, std::numeric_limits<std::int64_t>::max());
}

TEST(RollUp, ARunStaysOpenWhileASceneIs) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 100, 200),
                scene("scene-002", Status::queued, ExitReason::unknown, 0, 0)};
  roll_up(run);
  EXPECT_EQ(run.status, Status::executing);
  EXPECT_EQ(run.finished_at_ms, std::nullopt);
  EXPECT_EQ(run.exit_reason, std::nullopt);
}

TEST(RollUp, ALaterAttemptDecidesAndReopens) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::failed, ExitReason::executionError, 100, 200)};
  roll_up(run);
  EXPECT_EQ(run.status, Status::failed);
  Attempt second = run.scenes[0].attempts[0];
  second.status = Status::executing;
  second.exit_reason.reset();
  run.scenes[0].attempts.push_back(second);
  roll_up(run);
  EXPECT_EQ(run.status, Status::executing);
  EXPECT_EQ(run.finished_at_ms, std::nullopt);
}

TEST(Summary, FindsTheFirstPictureAndTheErrorSentence) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 1, 2),
                scene("scene-002", Status::failed, ExitReason::executionError, 3, 4)};
  run.scenes[0].attempts[0].artifacts = {{"3", "", "", "", MediaKind::text, "hello", false},
                                         {"4", "a.png", "", "output", MediaKind::image, std::nullopt, false}};
  run.scenes[1].attempts[0].failure = Failure{"7", "KSampler", "ValueError", "bad seed\nmore", {}};
  roll_up(run);
  const RunSummary line = summarise(run);
  EXPECT_EQ(line.thumbnail, 1);
  EXPECT_EQ(line.artifact_count, 2);
  EXPECT_EQ(line.error, "KSampler: bad seed");
  EXPECT_EQ(line.scenes_succeeded, 1);
}

TEST(Summary, NamesEachDeviceOnceAndNoneThatNobodyTold) {
  model::Run run;
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 1, 2),
                scene("scene-002", Status::success, ExitReason::success, 3, 4)};
  EXPECT_TRUE(summarise(run).device_names.empty());
  auto& attempts = run.scenes[1].attempts;
  attempts.resize(4, attempts[0]);
  for (Attempt& attempt : attempts) attempt.environment.emplace();
  attempts[0].environment->device_name = "cuda:0 NVIDIA GeForce RTX 4090 : native";
  attempts[1].environment->device_name = "cuda:0 NVIDIA GeForce RTX 3090 : native";
  attempts[3].environment->device_name = attempts[0].environment->device_name;
  EXPECT_EQ(summarise(run).device_names, (std::vector<std::string>{"cuda:0 NVIDIA GeForce RTX 3090 : native",
                                                                   "cuda:0 NVIDIA GeForce RTX 4090 : native"}));
}

TEST(Run, SurvivesJson) {
  model::Run run;
  run.run_id = "r";
  run.scenes = {scene("scene-001", Status::success, ExitReason::success, 1, 2)};
  run.scenes[0].parameters.seed = "18446744073709551615";
  run.scenes[0].parameters.loras = {{"x.safetensors", 0.8, std::nullopt}};
  run.scenes[0].attempts[0].nodes = {{"5.0.0.1", "5", "5", "", "", NodeState::finished, 3, 4, 1.0, 1.0}};
  run.policy = QueuePolicy{};
  roll_up(run);
  const auto again = base::decode_json<model::Run>(base::encode_json(run));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, run);
}

TEST(WorkerState, SurvivesJson) {
  WorkerState state;
  state.worker.worker_id = "w";
  state.worker.devices = {{0, "cuda:0 NVIDIA", "cuda", 24, 12, std::nullopt, std::nullopt}};
  state.connection.state = ConnectionState::stalled;
  const auto again = base::decode_json<WorkerState>(base::encode_json(state));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, state);
}

}  // namespace
}  // namespace comfytrace::model
