#include "api/run_json.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace comfytrace::api {
namespace {

TEST(RunJson, LeavesTheNodesOutAndListsTheArtifacts) {
  model::Run run;
  run.run_id = "a/b";
  auto& scene = run.scenes.emplace_back();
  scene.scene_id = "scene-001";
  auto& attempt = scene.attempts.emplace_back();
  attempt.prompt_id = "p";
  attempt.nodes.resize(3);
  attempt.artifacts.resize(2);
  attempt.artifacts[1].filename = "x.png";
  const auto json = base::parse_json(run_json(run)).value();
  const auto& shown = base::find_array(*base::find_array(json, "scenes")->begin(), "attempts")->at(0);
  EXPECT_EQ(base::find(shown, "nodes"), nullptr);
  EXPECT_EQ(base::find_string(shown, "promptId"), "p");
  const auto* artifacts = base::find_array(json, "artifacts");
  ASSERT_EQ(artifacts->size(), 2u);
  EXPECT_TRUE(base::find((*artifacts)[0], "url")->is_null());
  EXPECT_EQ(base::find_string((*artifacts)[1], "url"), "/api/v1/runs/a%2Fb/artifacts/1");
  EXPECT_EQ(base::find_string((*artifacts)[1], "sceneId"), "scene-001");
}

}  // namespace
}  // namespace comfytrace::api
