#include "history/run_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

using model::NodeExecution;
using model::NodeState;

TEST(RunFacts, TakeFromATypicalRunWhatStatisticsNeed) {
  const model::Run run = typical_run(7);
  const RunFacts facts = facts_of(run);
  EXPECT_EQ(facts.run_id, run.run_id);
  EXPECT_EQ(facts.duration_ms, run.duration_ms);
  EXPECT_EQ(facts.scene_count, 4);
  EXPECT_EQ(facts.attempt_count, 4);
  EXPECT_EQ(facts.frames, 4);
  EXPECT_EQ(facts.devices, std::vector<std::string>{"NVIDIA GeForce RTX 3090"});
  EXPECT_EQ(facts.vram_total_bytes, std::int64_t{24} << 30);
  EXPECT_EQ(facts.comfyui_version, "0.8.0");
  EXPECT_EQ(facts.key.device, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(facts.key.work_size, 4 * 1024 * 1024 * 20);
  EXPECT_EQ(facts.key.is_cold, true);
  std::int64_t of_nodes_ms = 0;
  for (const auto& of_class : facts.node_classes) of_nodes_ms += of_class.duration_ms;
  std::int64_t expected_ms = 0;
  for (const auto& scene : run.scenes) {
    for (const auto& node : scene.attempts.back().nodes) expected_ms += node.duration_ms.value_or(0);
  }
  EXPECT_EQ(of_nodes_ms, expected_ms);
}

TEST(RunFacts, ASumOfNodeTimesThatNoRunHasStaysInItsRange) {
  model::Run run = typical_run(7, 1);
  std::string of_class;
  for (auto& node : run.scenes[0].attempts.back().nodes) {
    if (of_class.empty() && node.duration_ms && node.state != model::NodeState::cached) of_class = node.class_type;
    if (node.class_type == of_class) node.duration_ms = std::numeric_limits<std::int64_t>::max();
  }
  run.scenes.push_back(run.scenes[0]);
  const RunFacts facts = facts_of(run);
  const auto at = std::ranges::find(facts.node_classes, of_class, &NodeClassFacts::class_type);
  ASSERT_NE(at, facts.node_classes.end());
  EXPECT_GE(at->executions, 2);
  EXPECT_EQ(at->duration_ms, std::numeric_limits<std::int64_t>::max());
}

TEST(RunFacts, DoNotInventWhatOneSceneDoesNotTell) {
  model::Run run = typical_run(7);
  run.scenes[2].work_size.reset();
  run.scenes[2].attempts.back().cached_known = false;
  run.scenes[1].attempts.back().environment->device_name = "another card";
  const RunFacts facts = facts_of(run);
  EXPECT_EQ(facts.key.work_size, std::nullopt);
  EXPECT_EQ(facts.key.executed, "");
  EXPECT_EQ(facts.key.device, "");
  EXPECT_EQ(facts.devices.size(), 2u);
}

TEST(RunFacts, TellACachedRunFromAnExecutedOne) {
  model::Run run = typical_run(7, 1);
  const WorkKey executed = facts_of(run).key;
  for (NodeExecution& node : run.scenes[0].attempts[0].nodes) {
    if (node.class_type.find("Loader") == std::string::npos) continue;
    node.state = NodeState::cached;
    run.scenes[0].attempts[0].cached_node_ids.push_back(node.node_id);
  }
  const WorkKey cached = facts_of(run).key;
  EXPECT_EQ(executed.is_cold, true);
  EXPECT_EQ(cached.is_cold, false);
  EXPECT_NE(executed.executed, cached.executed);
  EXPECT_EQ(executed.structure, cached.structure);
}

TEST(RunFacts, KnowNoNodesWhereNobodyToldThem) {
  model::Run run = typical_run(7, 1);
  run.scenes[0].attempts[0].node_times_known = false;
  EXPECT_TRUE(facts_of(run).node_classes.empty());
}

TEST(RunFacts, CountAFilmByItsFramesAndAPictureAsOne) {
  model::Run run = typical_run(7, 1);
  auto& artifacts = run.scenes[0].attempts[0].artifacts;
  artifacts.front().kind = model::MediaKind::video;
  run.scenes[0].parameters.frames = 81;
  EXPECT_EQ(facts_of(run).frames, 81);
  artifacts.front().cached = true;
  EXPECT_EQ(facts_of(run).frames, 0) << "an older file was not made by this run";
  run.scenes[0].status = model::Status::failed;
  EXPECT_EQ(facts_of(run).frames, std::nullopt);
}

TEST(RunFacts, OfAnyRunAreTakenWithoutHarm) {
  RandomRuns random(11);
  for (int i = 0; i < 300; ++i) {
    const model::Run run = random.run("run " + std::to_string(i));
    const RunFacts facts = facts_of(run);
    EXPECT_EQ(facts, facts_of(run));
    EXPECT_EQ(facts.scenes.size(), run.scenes.size());
  }
}

// Runs with more and fewer of everything than the one before, so that what is left over would show.
std::vector<model::Run> mixed_runs(std::uint32_t seed) {
  RandomRuns random(seed);
  std::vector<model::Run> runs;
  for (int i = 0; i < 120; ++i) runs.push_back(random.run("run " + std::to_string(i)));
  for (std::uint64_t i = 0; i < 20; ++i) runs.push_back(typical_run(i, 1 + static_cast<int>(i) * 3));
  for (int i = 0; i < 10; ++i) {
    model::Run bare;
    bare.run_id = "bare " + std::to_string(i);
    runs.push_back(bare);
    runs.push_back(simple_run("simple " + std::to_string(i), i));
  }
  return runs;
}

TEST(RunFacts, PutIntoTheRoomOfAnotherRunAreThoseOfAFreshOne) {
  std::mt19937 order(3);
  for (const std::uint32_t seed : {21u, 22u, 23u}) {
    std::vector<model::Run> runs = mixed_runs(seed);
    RunFacts used;
    for (int round = 0; round < 3; ++round) {
      std::shuffle(runs.begin(), runs.end(), order);
      for (const model::Run& run : runs) {
        put_facts(run, model::summarise(run), used);
        ASSERT_EQ(used, facts_of(run)) << run.run_id;
      }
    }
  }
}

TEST(RunFacts, OfABareRunHaveNothingOfAFullOneBeforeIt) {
  model::Run full = typical_run(7, 40);
  full.story_id = full.story_title = full.workflow_name = "castle";
  full.tags = {"keep", "castle"};
  full.archived = true;
  full.exit_reason = model::ExitReason::outOfMemory;
  for (auto& scene : full.scenes) scene.exit_reason = full.exit_reason;
  RunFacts used;
  put_facts(full, model::summarise(full), used);
  ASSERT_FALSE(used.node_classes.empty() || used.models.empty() || used.key.structure.empty());
  const model::Run bare;
  put_facts(bare, model::summarise(bare), used);
  RunFacts expected;
  expected.key.scene_count = 0;
  EXPECT_EQ(used, expected);
}

TEST(RunFacts, SumUpHoweverManyClassesOfNodeThereAre) {
  std::mt19937 order(5);
  RunFacts used;
  for (const int classes : {1, 31, 32, 33, 34, 64, 200, 2}) {
    model::Run run = typical_run(7, 3);
    std::map<std::string, NodeClassFacts> expected;
    for (auto& scene : run.scenes) {
      auto& nodes = scene.attempts.back().nodes;
      nodes.clear();
      for (int i = 0; i < 2 * classes; ++i) {
        NodeExecution& node = nodes.emplace_back();
        node.class_type = "class " + std::to_string(i % classes);
        node.state = NodeState::finished;
        node.duration_ms = i + 1;
      }
      std::shuffle(nodes.begin(), nodes.end(), order);
      for (const NodeExecution& node : nodes) {
        NodeClassFacts& sum = expected[node.class_type];
        sum.class_type = node.class_type;
        ++sum.executions;
        sum.duration_ms += *node.duration_ms;
      }
    }
    put_facts(run, model::summarise(run), used);
    ASSERT_EQ(used.node_classes.size(), expected.size());
    auto at = used.node_classes.begin();
    for (const auto& [name, sum] : expected) EXPECT_EQ(*at++, sum) << name << " of " << classes;
  }
}

}  // namespace
}  // namespace comfytrace::history
