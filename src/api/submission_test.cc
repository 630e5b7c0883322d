#include "api/submission.h"

#include <gtest/gtest.h>

#include "api/server_fixture.h"

namespace comfytrace::api {
namespace {

TEST(Submission, NamesWhatIsWrong) {
  EXPECT_EQ(parse_submission("{").error().field, "$");
  EXPECT_EQ(parse_submission(R"({"title":"x"})").error().field, "$.workflow");
  EXPECT_EQ(parse_submission(R"({"workflow":[]})").error().field, "$.workflow");
  EXPECT_EQ(parse_submission(R"({"workflow":{"1":{}},"title":"a\nb"})").error().field, "$.title");
  EXPECT_EQ(parse_submission(R"({"workflow":{"1":{}},"tags":"x"})").error().field, "$.tags");
  const auto unknown = parse_submission(R"({"workflow":{"1":{}},"workr":"x"})");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("workr"), std::string::npos);
}

TEST_F(ServerTest, HandsASubmissionOnAndAnswersWithItsIds) {
  std::optional<Submission> seen;
  services.submit = [&](Submission submission, const Services::Submitted& done) {
    seen = std::move(submission);
    done(SubmissionAnswer{"run-1", "prompt-1", "worker-1", true, std::nullopt});
  };
  start();
  const auto answer = ask("POST", "/api/v1/runs:submit",
                          R"({"workflow":{"1":{"class_type":"A","inputs":{}}},"title":"T","tags":["a"]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(base::find_string(json_of(answer), "promptId"), "prompt-1");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->title, "T");
  EXPECT_EQ(seen->tags, std::vector<std::string>{"a"});
}

TEST_F(ServerTest, RefusesASubmissionFromAForeignPage) {
  services.submit = [&](const Submission&, const Services::Submitted&) { FAIL() << "handed on"; };
  start();
  expect_problem(ask("POST", "/api/v1/runs:submit", R"({"workflow":{"1":{}}})", {{"Origin", "http://evil.example"}}),
                 403);
}

TEST_F(ServerTest, SaysWhyASubmissionFailed) {
  services.submit = [&](const Submission&, const Services::Submitted& done) {
    done(base::Error{base::ErrorCode::unavailable, "the worker is not reached"});
  };
  start();
  expect_problem(ask("POST", "/api/v1/runs:submit", R"({"workflow":{"1":{"class_type":"A"}}})"), 503);
}

}  // namespace
}  // namespace comfytrace::api
