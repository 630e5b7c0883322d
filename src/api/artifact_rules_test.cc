#include "api/artifact_rules.h"

#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

TEST(ArtifactRules, NeverShowMarkupThatCanHoldScript) {
  EXPECT_EQ(media_type_of("a.PNG").content_type, "image/png");
  EXPECT_TRUE(media_type_of("a.mp4").may_show);
  for (const auto* name : {"a.svg", "a.html", "a.htm", "a.xml", "a.xhtml", "a.js", "a.png.svg", "png", "a.", ""}) {
    EXPECT_FALSE(media_type_of(name).may_show) << name;
    EXPECT_EQ(media_type_of(name).content_type, "application/octet-stream") << name;
  }
}

model::Artifact file(std::string filename, std::string subfolder = "", std::string type = "output") {
  model::Artifact artifact;
  artifact.filename = std::move(filename);
  artifact.subfolder = std::move(subfolder);
  artifact.type = std::move(type);
  return artifact;
}

TEST(ArtifactRules, AskTheWorkerForTheFileByItsWholeName) {
  EXPECT_EQ(*view_target(file("fox &1.png", "video/2026", "temp")),
            "/view?filename=fox%20%261.png&subfolder=video%2F2026&type=temp");
}

TEST(ArtifactRules, RefuseNamesThatCouldLeadOut) {
  using namespace std::string_literals;
  for (const auto& artifact :
       {file(""), file(".."), file("../a.png"), file("/etc/passwd"), file("a\\b.png"), file("a\0b.png"s), file("C:a"),
        file("a.png", ".."), file("a.png", "a/../b"), file("a.png", "/tmp"), file("a.png", "a\\..\\b"),
        file("a.png", "C:/x"), file("a.png", "a\nb"), file("a.png", "", "models"), file("a.png", "", "")}) {
    EXPECT_FALSE(view_target(artifact)) << artifact.filename << " in " << artifact.subfolder;
  }
  EXPECT_TRUE(view_target(file("a..b.png", "..a/b..")));
}

TEST(ArtifactRules, QuoteTheNameInTheDisposition) {
  EXPECT_EQ(disposition("a\"; x=\r\n.png", true), "inline; filename*=UTF-8''a%22%3B%20x%3D%0D%0A.png");
  EXPECT_EQ(disposition("a.svg", false), "attachment; filename*=UTF-8''a.svg");
}

}  // namespace
}  // namespace comfytrace::api
