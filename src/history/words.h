#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/run.h"

// What a text filter looks at. Every implementation of the history uses these, so that all find the same.
namespace comfytrace::history {

// `text` without the difference of upper and lower case (Latin, Greek, Cyrillic).
[[nodiscard]] std::string folded(std::string_view text);
// folded(a) == folded(b), mostly without making them.
[[nodiscard]] bool same_folded(std::string_view a, std::string_view b);

// The folded words of `text`, sorted, each once: runs of letters and digits; a character of Chinese, Japanese or
// Korean is a word by itself, because those are written without spaces. Never contains a quote or a control character.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// The words of a run's title, prompts, error, notes and tags. Sorted, each once.
[[nodiscard]] std::vector<std::string> search_words(const model::Run& run);
// The same in one text, with spaces between.
[[nodiscard]] std::string search_text(const model::Run& run);

}  // namespace comfytrace::history
