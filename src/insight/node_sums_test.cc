#include "insight/node_sums.h"

#include <gtest/gtest.h>

#include <string>

namespace comfytrace::insight {
namespace {

using history::NodeRecorder;
using model::NodeState;

model::NodeExecution node(const std::string& id, const std::string& class_type, std::int64_t duration_ms,
                          const std::string& shown_as = "") {
  model::NodeExecution made;
  made.node_id = id;
  made.display_node_id = shown_as.empty() ? id : shown_as;
  made.class_type = class_type;
  made.title = class_type + "!";
  made.state = NodeState::finished;
  made.duration_ms = duration_ms;
  return made;
}

model::Run run_of(std::vector<model::NodeExecution> nodes, const std::string& structure = "a") {
  model::Run run;
  model::Scene& scene = run.scenes.emplace_back();
  scene.workflow_fingerprint = structure;
  model::Attempt& attempt = scene.attempts.emplace_back();
  attempt.node_times_known = true;
  attempt.nodes = std::move(nodes);
  return run;
}

struct Told {
  explicit Told(const std::vector<model::Run>& runs) {
    for (const model::Run& run : runs) recorder.add(run);
  }
  std::vector<NodeSum> of(std::size_t run) { return sums().of(recorder.records().runs[run]); }
  NodeSums& sums() {
    if (!made) made.emplace(recorder.records());
    return *made;
  }
  const std::string& text(std::uint32_t position) { return recorder.records().texts[position]; }
  NodeRecorder recorder;
  std::optional<NodeSums> made;
};

TEST(NodeSums, CountAnExpansionOnceForTheNodeThatPeopleSee) {
  Told told({run_of({node("1", "Loop", 10), node("1.0", "KSampler", 30, "1"), node("1.1", "KSampler", 40, "1")})});
  const auto sums = told.of(0);
  ASSERT_EQ(sums.size(), 1u);
  EXPECT_EQ(told.text(sums[0].class_type), "Loop");
  EXPECT_EQ(told.text(sums[0].title), "Loop!");
  EXPECT_EQ(sums[0].executions, 1);
  EXPECT_EQ(sums[0].duration_ms, 80);
}

TEST(NodeSums, TellChildrenOfANodeThatIsNotThereByThemselves) {
  Told told({run_of({node("1.0", "KSampler", 30, "1"), node("1.1", "VAEDecode", 40, "1")})});
  const auto sums = told.of(0);
  ASSERT_EQ(sums.size(), 2u);
  EXPECT_EQ(told.text(sums[1].node_id), "1");
  EXPECT_EQ(told.text(sums[1].class_type), "VAEDecode");
  EXPECT_EQ(sums[1].executions, 1);
}

TEST(NodeSums, CountWhatWasCachedApartAndLeaveOutWhatHasNoTime) {
  auto cached = node("1", "Loader", 0);
  cached.state = NodeState::cached;
  cached.duration_ms.reset();
  auto running = node("2", "KSampler", 0);
  running.state = NodeState::running;
  running.duration_ms.reset();
  Told told({run_of({cached, running})});
  const auto sums = told.of(0);
  ASSERT_EQ(sums.size(), 1u);
  EXPECT_EQ(sums[0].cached, 1);
  EXPECT_EQ(sums[0].executions, 0);
}

TEST(NodeSums, GiveTheSameKeyToTheSameNodeOfOtherRuns) {
  Told told({run_of({node("1", "A", 1), node("2", "B", 2)}), run_of({node("2", "B", 5), node("1", "C", 6)}),
             run_of({node("1", "A", 7)}, "b")});
  const auto first = told.of(0);
  const auto second = told.of(1);
  const auto other = told.of(2);
  EXPECT_EQ(first[1].key, second[0].key);
  EXPECT_NE(first[0].key, second[1].key) << "a node of another class is another one";
  EXPECT_NE(first[0].key, other[0].key) << "node ids mean something within one structure";
}

TEST(NodeSums, AddUpScenesAndClassesOverStructures) {
  model::Run run = run_of({node("1", "A", 1), node("2", "", 2)});
  run.scenes.push_back(run.scenes.front());
  run.scenes.push_back(run_of({node("9", "A", 5)}, "b").scenes.front());
  Told told({run});
  const auto sums = told.of(0);
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_EQ(sums[0].executions, 2);
  EXPECT_EQ(sums[0].duration_ms, 2);
  const auto classes = told.sums().by_class(sums);
  ASSERT_EQ(classes.size(), 1u) << "what has no class is of none";
  EXPECT_EQ(told.text(classes[0].class_type), "A");
  EXPECT_EQ(classes[0].executions, 3);
  EXPECT_EQ(classes[0].duration_ms, 7);
  EXPECT_EQ(told.sums().by_class(sums).front().duration_ms, 7) << "asked again, the same";
}

TEST(NodeSums, OfARunAreOnlyToldIfEverySceneIsKnown) {
  model::Run run = run_of({node("1", "A", 1)});
  run.scenes.push_back(run.scenes.front());
  run.scenes.back().attempts.back().node_times_known = false;
  Told told({run, model::Run{}});
  EXPECT_TRUE(told.of(0).empty());
  EXPECT_TRUE(told.of(1).empty());
  EXPECT_EQ(told.sums().of(told.recorder.records().scenes[0]).size(), 1u);
}

}  // namespace
}  // namespace comfytrace::insight
