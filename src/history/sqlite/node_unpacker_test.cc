#include "history/sqlite/node_unpacker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/codec.h"
#include "history/sample_runs.h"

namespace comfytrace::history::sqlite {
namespace {

class Texts final : public SharedTexts {
 public:
  std::int64_t name_id(std::string_view text) override { return prompt_id(text); }
  std::int64_t prompt_id(std::string_view text) override {
    const auto at = std::ranges::find(texts_, text);
    if (at != texts_.end()) return at - texts_.begin() + 1;
    texts_.emplace_back(text);
    return static_cast<std::int64_t>(texts_.size());
  }
  std::optional<std::string> name(std::int64_t id) override {
    ++looked_up;
    if (id < 1 || id > static_cast<std::int64_t>(texts_.size())) return std::nullopt;
    return texts_[static_cast<std::size_t>(id - 1)];
  }
  std::optional<std::string> prompt(std::int64_t id) override { return name(id); }
  int looked_up = 0;

 private:
  std::vector<std::string> texts_;
};

void expect_same(const model::Run& run, const NodeRecords& told, std::size_t position) {
  NodeRecorder of_run;
  of_run.add(run);
  const NodeRecords& expected = of_run.records();
  const auto scenes = told.scenes_of(told.runs.at(position));
  ASSERT_EQ(scenes.size(), expected.scenes.size());
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    EXPECT_EQ(told.texts[scenes[i].structure], expected.texts[expected.scenes[i].structure]);
    EXPECT_EQ(scenes[i].times_known, expected.scenes[i].times_known);
    const auto nodes = told.nodes_of(scenes[i]);
    const auto wanted = expected.nodes_of(expected.scenes[i]);
    ASSERT_EQ(nodes.size(), wanted.size());
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      EXPECT_EQ(nodes[j].state, wanted[j].state);
      EXPECT_EQ(nodes[j].duration_ms, wanted[j].duration_ms);
      const NodeRecords::Identity& identity = told.identities[nodes[j].identity];
      const NodeRecords::Identity& as = expected.identities[wanted[j].identity];
      EXPECT_EQ(told.texts[identity.node_id], expected.texts[as.node_id]);
      EXPECT_EQ(told.texts[identity.display_node_id], expected.texts[as.display_node_id]);
      EXPECT_EQ(told.texts[identity.class_type], expected.texts[as.class_type]);
      EXPECT_EQ(told.texts[identity.title], expected.texts[as.title]);
    }
  }
}

TEST(NodeUnpacker, TellsWhatTheNodesOfAnyRunDid) {
  RandomRuns random(7);
  Texts texts;
  NodeRecorder recorder;
  NodeUnpacker unpacker(texts, recorder);
  for (std::size_t i = 0; i < 300; ++i) {
    model::Run run = random.run("run " + std::to_string(i));
    run.scenes.push_back(run.scenes.back());
    recorder.begin_run();
    ASSERT_TRUE(unpacker.unpack(pack_details(run, texts))) << base::encode_json(run);
    expect_same(run, recorder.records(), i);
  }
}

TEST(NodeUnpacker, LooksUpEachTextOnce) {
  Texts texts;
  NodeRecorder recorder;
  NodeUnpacker unpacker(texts, recorder);
  const std::string details = pack_details(typical_run(1), texts);
  recorder.begin_run();
  ASSERT_TRUE(unpacker.unpack(details));
  const int once = std::exchange(texts.looked_up, 0);
  EXPECT_GT(once, 0);
  recorder.begin_run();
  ASSERT_TRUE(unpacker.unpack(details));
  EXPECT_EQ(texts.looked_up, 0);
}

TEST(NodeUnpacker, RefusesWhatIsCutOffOrNamesNoText) {
  Texts texts;
  const std::string details = pack_details(typical_run(1), texts);
  for (std::size_t size = 0; size < details.size(); ++size) {
    NodeRecorder recorder;
    recorder.begin_run();
    EXPECT_FALSE(NodeUnpacker(texts, recorder).unpack(std::string_view(details).substr(0, size))) << size;
  }
  Texts none;
  NodeRecorder recorder;
  recorder.begin_run();
  EXPECT_FALSE(NodeUnpacker(none, recorder).unpack(details));
}

}  // namespace
}  // namespace comfytrace::history::sqlite
