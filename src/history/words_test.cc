#include "history/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

TEST(Words, TwoTextsAreTheSameFoldedJustWhenTheirFoldedTextsAre) {
  const std::string texts[] = {
      "",   "a",  "A",      "Portraits 11", "portraits 11", "portraits 1", "Ärger",      "ärger",
      "xÄ", "xä", "xÄy",    "xäz",          "x\xC3",        "x\xC3y",      "x\xFF",      "x\xFE",
      "ΩΔ", "ωδ", "Привет", "ПРИВЕТ мир",   "привет МИР",   "東京 Night",  "東京 night", "東京",
      "x@", "x`", "x[",     "x{",           "Zürich!",      "zÜRICH!",     "\x80",       "x\xEF\xBF\xBD"};
  int same = 0;
  for (const std::string& a : texts) {
    for (const std::string& b : texts) {
      EXPECT_EQ(same_folded(a, b), folded(a) == folded(b)) << a << " and " << b;
      if (&a != &b && same_folded(a, b)) ++same;
    }
  }
  EXPECT_GE(same, 16);
}

TEST(Words, AreCutAfterSixtyFourBytesWhateverTheyAreMadeOf) {
  const std::string letters(70, 'A');
  EXPECT_EQ(words_of(letters + " b"), (std::vector<std::string>{std::string(64, 'a'), "b"}));
  EXPECT_EQ(words_of(std::string(60, 'a') + "Ä" + letters), (std::vector<std::string>{std::string(60, 'a') + "äaa"}));
  EXPECT_EQ(words_of(std::string(63, 'a') + "Ä" + letters), (std::vector<std::string>{std::string(63, 'a') + "ä"}));
}

// The first eight bytes alone do not tell these apart.
TEST(Words, AreSortedAndComeOnce) {
  EXPECT_EQ(words_of("photographs photograph Photography photo photograph photograp photogra"),
            (std::vector<std::string>{"photo", "photogra", "photograp", "photograph", "photographs", "photography"}));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST(SearchTexts, HoldTheWordsOfEachRunWhateverCameBefore) {
  SearchTexts texts;
  RandomRuns random(11);
  std::vector<model::Run> runs;
  for (int i = 0; i < 300; ++i) runs.push_back(random.run("run " + std::to_string(i)));
  for (std::uint64_t i = 0; i < 100; ++i) runs.push_back(typical_run(i));
  for (int i = 0; i < 5'000; ++i) {
    // One that was there lately, or long ago; or its prompts under another title.
    const std::int64_t back = random.pick(random.chance(50) ? 3 : i + 1);
    model::Run run = runs[static_cast<std::size_t>(i - back) % runs.size()];
    if (random.chance(30)) run.title = random.one_of(runs).title + " zz 0";
    if (random.chance(10)) run.notes = "cinematic a castle";
    if (random.chance(10)) run.title.clear();
    ASSERT_EQ(texts.of(run), joined(search_words(run))) << i;
  }
}

TEST(SearchTexts, AreEmptyWithoutWords) {
  SearchTexts texts;
  model::Run run;
  EXPECT_EQ(texts.of(run), "");
  run.title = "One";
  EXPECT_EQ(texts.of(run), "one");
  run.scenes.emplace_back().parameters.positive_prompt = "!";
  EXPECT_EQ(texts.of(run), "one");
  run.title = "";
  run.scenes.front().parameters.positive_prompt = "a one z";
  EXPECT_EQ(texts.of(run), "a one z");
  run.title = "ZZ z 0";
  EXPECT_EQ(texts.of(run), "0 a one z zz");
}

}  // namespace
}  // namespace comfytrace::history
