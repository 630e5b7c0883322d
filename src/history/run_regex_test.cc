#include "history/run_regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

using ::testing::HasSubstr;

RunRegex regex(std::string_view pattern) {
  return RunRegex::compile(pattern).value();
}

TEST(RunRegex, FindsWithoutRegardToCase) {
  EXPECT_TRUE(regex("castle").finds("The CASTLE"));
  EXPECT_TRUE(regex("ÄPFEL").finds("zwei äpfel"));
  EXPECT_TRUE(regex("^the \\w+$").finds("The Castle"));
  EXPECT_TRUE(regex("猫.").finds("二匹の猫が"));
  EXPECT_FALSE(regex("^castle").finds("the castle"));
  EXPECT_TRUE(regex("x*").finds(""));
}

TEST(RunRegex, LooksAtTitleErrorPromptsAndNotesEachByItself) {
  model::Run run = simple_run("a", 1, model::Status::failed);
  run.title = "castle";
  run.notes = "looked at";
  run.tags = {"tagged"};
  run.scenes[0].parameters.positive_prompt = "a red fox";
  run.scenes[0].parameters.negative_prompt = "blurry";
  run.scenes[0].attempts[0].failure = model::Failure{"5", "KSampler", "RuntimeError", "shapes differ", {}};
  for (const char* pattern : {"^castle$", "^looked", "red.fox$", "^blurry$", "shapes differ"})
    EXPECT_TRUE(regex(pattern).finds(run)) << pattern;
  for (const char* pattern : {"tagged", "castle.*fox", "worker-a"}) EXPECT_FALSE(regex(pattern).finds(run)) << pattern;
}

TEST(RunRegex, SaysWhatIsWrong) {
  for (const auto& [pattern, says] :
       std::vector<std::pair<std::string, std::string>>{{"(", "missing )"},
                                                        {"a{2,1}", "{2,1}"},
                                                        {"[z-a]", "z-a"},
                                                        {"(?=x)", "(?="},
                                                        {"(a)\\1", "\\1"},
                                                        {"\xff", "UTF-8"},
                                                        {"", "empty"},
                                                        {std::string(RunRegex::kMaxPatternBytes + 1, 'a'), "too long"},
                                                        {"((a{100}){100}){100}", "repetition"},
                                                        {"(\\pL{500}){2}", "too large"}}) {
    const auto refused = RunRegex::compile(pattern);
    ASSERT_FALSE(refused) << pattern;
    EXPECT_EQ(refused.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(refused.error().field, "regex");
    EXPECT_THAT(refused.error().message, HasSubstr(says)) << pattern;
    EXPECT_FALSE(refused.error().mend.empty());
  }
}

// With backtracking each of these takes longer than anybody waits.
TEST(RunRegex, ComesToAnEndWhereBacktrackingDoesNot) {
  const std::string text(100'000, 'a');
  for (const char* pattern :
       {"(a+)+$b", "(a|a)*b", "(a*)*b", "(.*)*(.*)*(.*)*b", "(x?a?){50}b", "^(([a-z])+.)+[A-Z]([a-z])+$1"})
    EXPECT_FALSE(regex(pattern).finds(text)) << pattern;
}

}  // namespace
}  // namespace comfytrace::history
