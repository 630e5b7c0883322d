#include "history/words.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace comfytrace::history
