#include "insight/run_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "insight/testing/made_runs.h"

namespace comfytrace::insight {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

RunDifference difference(const std::vector<MadeRun>& made) {
  std::vector<model::Run> runs;
  for (const MadeRun& one : made) runs.push_back(made_run(one));
  return difference_of(runs);
}

MadeRun named(const std::string& id) {
  MadeRun run;
  run.run_id = id;
  return run;
}

TEST(RunDifference, OfEqualRunsShowsNoDifferences) {
  const auto answer = difference({named("a"), named("b")});
  EXPECT_TRUE(answer.like_for_like);
  EXPECT_THAT(answer.environment, IsEmpty());
  EXPECT_THAT(answer.outcome, IsEmpty());
  ASSERT_THAT(answer.scenes, SizeIs(1));
  EXPECT_THAT(answer.scenes[0].parameters, IsEmpty());
  EXPECT_THAT(answer.scenes[0].equal, Contains("sampler"));
  EXPECT_THAT(answer.environment_equal, Contains("ComfyUI version"));
  EXPECT_EQ(answer.numbers[0].delta, 0);
}

TEST(RunDifference, ShowsOnlyWhatDiffersAndWhetherItMayExplain) {
  MadeRun other = named("b");
  other.sampler = "dpmpp_2m";
  other.comfyui = "0.3.64";
  std::vector<model::Run> runs{made_run(named("a")), made_run(other)};
  runs[0].scenes[0].parameters.seed = "1";
  runs[1].scenes[0].parameters.seed = "2";
  const auto answer = difference_of(runs);
  ASSERT_THAT(answer.scenes[0].parameters, SizeIs(2));
  EXPECT_EQ(answer.scenes[0].parameters[0].name, "sampler");
  EXPECT_THAT(answer.scenes[0].parameters[0].values, ElementsAre("euler", "dpmpp_2m"));
  EXPECT_TRUE(answer.scenes[0].parameters[0].may_explain);
  EXPECT_EQ(answer.scenes[0].parameters[1].name, "seed");
  EXPECT_FALSE(answer.scenes[0].parameters[1].may_explain);
  ASSERT_THAT(answer.environment, SizeIs(1));
  EXPECT_EQ(answer.environment[0].name, "ComfyUI version");
  EXPECT_THAT(answer.sentence, HasSubstr("what they ran on differs in ComfyUI version"));
}

TEST(RunDifference, OneAgainstOneMakesNoClaim) {
  MadeRun slower = named("b");
  slower.nodes[1].duration_ms = 33'000;
  const auto answer = difference({named("a"), slower});
  EXPECT_EQ(answer.numbers[0].name, "durationMs");
  EXPECT_THAT(answer.numbers[0].values, ElementsAre(29'000.0, 38'000.0));
  EXPECT_EQ(answer.numbers[0].delta, 9'000);
  EXPECT_EQ(answer.numbers[0].verdict, Verdict::notEnoughData);
  EXPECT_EQ(answer.numbers[0].needed, 3);
  EXPECT_THAT(answer.sentence, StartsWith("B took 31 % longer than A; one against one cannot tell chance from change"));
  EXPECT_EQ(answer.node_classes[0].class_type, "KSampler");
  EXPECT_EQ(answer.node_classes[0].delta_ms, 9'000);
  EXPECT_EQ(answer.node_classes[0].share, 1);
  EXPECT_EQ(answer.nodes[0].node_id, "3");
}

TEST(RunDifference, SeveralScenesBearAVerdictWithItsInterval) {
  Noise noise(5);
  std::vector<model::Run> runs;
  for (int side = 0; side < 2; ++side) {
    MadeRun made = named(side == 0 ? "a" : "b");
    made.scenes = 8;
    model::Run run = made_run(made);
    for (auto& scene : run.scenes) {
      auto& attempt = scene.attempts.back();
      std::int64_t total = 0;
      for (auto& node : attempt.nodes) {
        if (!node.duration_ms) continue;
        const double factor = side == 1 && node.class_type == "VAEDecode" ? 2 : 1;
        node.duration_ms = noise.around(static_cast<double>(*node.duration_ms) * factor, 0.01);
        total += *node.duration_ms;
      }
      attempt.duration_ms = total;
    }
    model::roll_up(run);
    runs.push_back(std::move(run));
  }
  const auto answer = difference_of(runs);
  EXPECT_EQ(answer.numbers[0].verdict, Verdict::worse);
  EXPECT_THAT(answer.numbers[0].n, ElementsAre(8, 8));
  ASSERT_TRUE(answer.numbers[0].delta_ratio_interval);
  EXPECT_TRUE(answer.numbers[0].delta_ratio_interval->contains(4.0 / 29));
  EXPECT_EQ(answer.node_classes[0].class_type, "VAEDecode");
  EXPECT_LT(*answer.node_classes[0].p_value, 0.05);
  EXPECT_TRUE(answer.node_classes[0].delta_ms_interval->contains(4'000));
  EXPECT_NEAR(*answer.node_classes[0].share, 1, 0.1);
  for (const auto& node : answer.node_classes) {
    if (node.class_type == "SaveImage" && node.p_value) {
      EXPECT_GT(*node.p_value, 0.05);
    }
  }
}

TEST(RunDifference, DifferentWorkIsNotLikeForLike) {
  MadeRun larger = named("b");
  larger.steps = 40;
  const auto answer = difference({named("a"), larger});
  EXPECT_FALSE(answer.like_for_like);
  EXPECT_THAT(answer.not_like, ElementsAre("size of work differs"));
  EXPECT_THAT(answer.sentence, HasSubstr("not like for like: size of work differs"));
  EXPECT_EQ(answer.numbers[0].verdict, Verdict::notEnoughData);
}

TEST(RunDifference, MatchesScenesByIdElseByOrder) {
  MadeRun two = named("a");
  two.scenes = 2;
  MadeRun three = named("b");
  three.scenes = 3;
  auto answer = difference({two, three});
  ASSERT_THAT(answer.scenes, SizeIs(3));
  EXPECT_THAT(answer.scenes[2].scene_ids, ElementsAre(std::nullopt, "scene-3"));
  std::vector<model::Run> runs{made_run(two), made_run(three)};
  std::swap(runs[1].scenes[0], runs[1].scenes[1]);
  EXPECT_THAT(difference_of(runs).scenes[0].scene_ids, ElementsAre("scene-1", "scene-1"));
  for (auto& scene : runs[1].scenes) scene.scene_id += "-of-another-numbering";
  EXPECT_THAT(difference_of(runs).scenes[0].scene_ids, ElementsAre("scene-1", "scene-2-of-another-numbering"));
}

TEST(RunDifference, PutsArtifactsOfTheSameNodeBesideEachOther) {
  std::vector<model::Run> runs{made_run(named("a")), made_run(named("b"))};
  const auto picture = [](const std::string& node, const std::string& file) {
    model::Artifact artifact;
    artifact.node_id = node;
    artifact.filename = file;
    artifact.kind = model::MediaKind::image;
    return artifact;
  };
  runs[0].scenes[0].attempts[0].artifacts = {picture("5", "a1"), picture("5", "a2"), picture("9", "a3")};
  runs[1].scenes[0].attempts[0].artifacts = {picture("9", "b1"), picture("5", "b2")};
  const auto rows = difference_of(runs).artifacts;
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].indexes, ElementsAre(0, 1));
  EXPECT_THAT(rows[1].indexes, ElementsAre(1, std::nullopt));
  EXPECT_THAT(rows[2].indexes, ElementsAre(2, 0));
}

TEST(RunDifference, OfThreeRunsGivesEachItsColumnAndNoDelta) {
  MadeRun failed = named("c");
  failed.status = model::Status::failed;
  const auto answer = difference({named("a"), named("b"), failed});
  EXPECT_EQ(answer.sentence, "3 runs side by side");
  EXPECT_THAT(answer.numbers[0].values, ElementsAre(29'000.0, 29'000.0, std::nullopt));
  EXPECT_FALSE(answer.numbers[0].delta);
  ASSERT_FALSE(answer.outcome.empty());
  EXPECT_THAT(answer.outcome[0].values, ElementsAre("success", "success", "failed"));
}

TEST(RunDifference, SaysWhoseNodeTimesAreNotKnown) {
  MadeRun stock = named("b");
  stock.node_times_known = false;
  EXPECT_EQ(difference({named("a"), stock}).nodes_missing, "node times are not known of every scene of run b");
}

TEST(RunDifference, RefusesFewerThanTwoTheSameTwiceAndTheUnknown) {
  history::MemoryHistory history;
  keep(history, named("a"));
  const auto ask = [&](const std::vector<std::string>& ids) { return difference_of(history, ids); };
  EXPECT_EQ(ask({"a"}).error().code, base::ErrorCode::invalid);
  EXPECT_EQ(ask({"a", "a"}).error().message, "run a is named twice");
  EXPECT_EQ(ask({"a", "b"}).error().code, base::ErrorCode::not_found);
  EXPECT_EQ(ask(std::vector<std::string>(9, "a")).error().code, base::ErrorCode::invalid);
  keep(history, named("b"));
  const auto answer = ask({"a", "b"});
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(base::encode_json(*answer), HasSubstr("\"likeForLike\":true"));
}

}  // namespace
}  // namespace comfytrace::insight
