#include "api/run_patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;

TEST(RunPatchBody, ReadsWhatAPersonChanges) {
  const auto patch = parse_run_patch(R"({"title":"Fox","tags":["a","b","a"],"notes":"","archived":true})");
  ASSERT_TRUE(patch) << patch.error().sentence();
  EXPECT_EQ(patch->title, "Fox");
  EXPECT_THAT(*patch->tags, ElementsAre("a", "b"));
  EXPECT_EQ(patch->notes, "");
  EXPECT_EQ(patch->archived, true);
  EXPECT_FALSE(parse_run_patch(R"({"archived":false})")->title);
}

TEST(RunPatchBody, RefusesByNameWhatItDoesNotTake) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "$"},
      {"[]", "$"},
      {"{}", "$"},
      {"{\"notes\":\"\xff\"}", "$"},
      {R"({"status":"success"})", "$.status"},
      {R"({"title":""})", "$.title"},
      {R"({"title":"a\nb"})", "$.title"},
      {R"({"title":null})", "$.title"},
      {R"({"title":5})", "$.title"},
      {R"({"title":")" + std::string(501, 'x') + R"("})", "$.title"},
      {R"({"notes":")" + std::string(65'537, 'x') + R"("})", "$.notes"},
      {R"({"tags":"a"})", "$.tags"},
      {R"({"tags":["a",""]})", "$.tags[1]"},
      {R"({"tags":["a,b"]})", "$.tags[0]"},
      {R"({"tags":[1]})", "$.tags[0]"},
      {R"({"archived":"true"})", "$.archived"},
  };
  for (const auto& [body, field] : cases) {
    const auto patch = parse_run_patch(body);
    ASSERT_FALSE(patch) << body.substr(0, 60);
    EXPECT_EQ(patch.error().field, field) << body.substr(0, 60);
  }
}

}  // namespace
}  // namespace comfytrace::api
