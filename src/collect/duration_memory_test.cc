#include "collect/duration_memory.h"

#include <gtest/gtest.h>

#include <string>

namespace comfytrace::collect {
namespace {

model::Run ended_run(const std::string& prompt_id, const std::string& fingerprint, std::int64_t node_ms) {
  model::NodeExecution node;
  node.class_type = "KSampler";
  node.duration_ms = node_ms;
  model::Attempt attempt;
  attempt.prompt_id = prompt_id;
  attempt.status = model::Status::success;
  attempt.duration_ms = node_ms + 10;
  attempt.nodes = {node};
  model::Scene scene;
  scene.workflow_fingerprint = fingerprint;
  scene.attempts = {attempt};
  model::Run run;
  run.scenes = {scene};
  return run;
}

TEST(DurationMemory, KnowsTheLongestOfTheLastFewOfTheSameWork) {
  DurationMemory memory;
  EXPECT_EQ(memory.longest_attempt_ms("f"), std::nullopt);
  memory.learn(ended_run("slow", "f", 900));
  memory.learn(ended_run("fast", "f", 100));
  EXPECT_EQ(memory.longest_node_ms("f", "KSampler"), 900);
  EXPECT_EQ(memory.longest_attempt_ms("f"), 910);
  for (int i = 0; i < 8; ++i) memory.learn(ended_run(std::to_string(i), "f", 100));
  EXPECT_EQ(memory.longest_node_ms("f", "KSampler"), 100) << "what was long ago no longer counts";
}

TEST(DurationMemory, LearnsAnAttemptOnce) {
  DurationMemory memory;
  memory.learn(ended_run("slow", "f", 900));
  for (int i = 0; i < 20; ++i) memory.learn(ended_run("fast", "f", 100));
  EXPECT_EQ(memory.longest_node_ms("f", "KSampler"), 900);
}

TEST(DurationMemory, TakesANodeOfAnotherWorkflowWhereThisOneHasNone) {
  DurationMemory memory;
  memory.learn(ended_run("a", "f", 900));
  EXPECT_EQ(memory.longest_node_ms("other", "KSampler"), 900);
  EXPECT_EQ(memory.longest_node_ms("other", "SaveImage"), std::nullopt);
  EXPECT_EQ(memory.longest_attempt_ms("other"), std::nullopt);
}

TEST(DurationMemory, LearnsNothingFromAttemptsThatGoOn) {
  DurationMemory memory;
  model::Run run = ended_run("a", "f", 900);
  run.scenes[0].attempts[0].status = model::Status::executing;
  memory.learn(run);
  EXPECT_EQ(memory.longest_node_ms("f", "KSampler"), std::nullopt);
}

}  // namespace
}  // namespace comfytrace::collect
