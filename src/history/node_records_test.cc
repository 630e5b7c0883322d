#include "history/node_records.h"

#include <gtest/gtest.h>

#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

TEST(NodeRecorder, TellsTheLastAttemptOfEachScene) {
  model::Run run = typical_run(1, 2);
  run.scenes[0].attempts.push_back(run.scenes[0].attempts[0]);
  run.scenes[0].attempts[0].node_times_known = false;
  run.scenes[0].attempts[1].nodes.resize(2);
  run.scenes[1].attempts.clear();
  NodeRecorder recorder;
  recorder.add(run);
  const NodeRecords& records = recorder.records();
  ASSERT_EQ(records.runs.size(), 1u);
  const auto scenes = records.scenes_of(records.runs[0]);
  ASSERT_EQ(scenes.size(), 2u);
  EXPECT_TRUE(scenes[0].times_known);
  EXPECT_FALSE(scenes[1].times_known);
  EXPECT_EQ(records.texts[scenes[1].structure], run.scenes[1].workflow_fingerprint);
  EXPECT_TRUE(records.nodes_of(scenes[1]).empty());
  const auto nodes = records.nodes_of(scenes[0]);
  ASSERT_EQ(nodes.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const model::NodeExecution& node = run.scenes[0].attempts[1].nodes[i];
    const NodeRecords::Identity& identity = records.identities[nodes[i].identity];
    EXPECT_EQ(records.texts[identity.node_id], node.node_id);
    EXPECT_EQ(records.texts[identity.display_node_id], node.display_node_id);
    EXPECT_EQ(records.texts[identity.class_type], node.class_type);
    EXPECT_EQ(records.texts[identity.title], node.title);
    EXPECT_EQ(nodes[i].state, node.state);
    EXPECT_EQ(nodes[i].duration_ms, node.duration_ms);
  }
}

TEST(NodeRecorder, KeepsEachTextOnceAndTheEmptyOneFirst) {
  NodeRecorder recorder;
  recorder.add(typical_run(1, 3));
  const std::size_t texts = recorder.records().texts.size();
  recorder.add(typical_run(1, 3));
  EXPECT_EQ(recorder.records().texts.size(), texts);
  EXPECT_EQ(recorder.records().texts.front(), "");
  EXPECT_EQ(recorder.text(""), 0u);
}

}  // namespace
}  // namespace comfytrace::history
