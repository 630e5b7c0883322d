#include "history/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

}  // namespace
}  // namespace comfytrace::history
