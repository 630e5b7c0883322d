#pragma once

#include <array>
#include <cstdint>
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
// The same in one text with spaces between, of one run after another. Runs mostly have the prompts of one shortly
// before, and prompts are most of what is read: their words are kept. One thread.
class SearchTexts {
 public:
  [[nodiscard]] std::string of(const model::Run& run);

 private:
  // The words of some prompts.
  struct Known {
    struct Word {
      std::uint32_t begin = 0;
      std::uint32_t size = 0;
    };
    std::vector<std::string> prompts;
    std::string text;  // each word with a space behind it
    std::vector<Word> words;
    [[nodiscard]] std::string_view at(const Word& word) const {
      return std::string_view(text).substr(word.begin, word.size);
    }
  };
  [[nodiscard]] const Known& words_of(const std::vector<std::string_view>& prompts);

  std::array<Known, 4> known_;
  std::size_t next_ = 0;  // which gives way to others
};

}  // namespace comfytrace::history
