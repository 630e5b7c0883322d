#include "history/words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/text.h"
#include "history/text_lead.h"

namespace comfytrace::history {
namespace {

constexpr std::size_t kMaxWordBytes = 64;  // longer ones are cut: base64 and the like is not searched

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// `text` is valid UTF-8.
CodePoint code_point_at(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
  const unsigned lead = at(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {((lead & 0x1Fu) << 6) | (at(1) & 0x3Fu), 2};
  if (lead < 0xF0) return {((lead & 0x0Fu) << 12) | ((at(1) & 0x3Fu) << 6) | (at(2) & 0x3Fu), 3};
  return {((lead & 0x07u) << 18) | ((at(1) & 0x3Fu) << 12) | ((at(2) & 0x3Fu) << 6) | (at(3) & 0x3Fu), 4};
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

char32_t lower(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
  // Latin Extended-A alternates upper and lower, with three seams.
  if (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) return c | 1;
  if (c >= 0x139 && c <= 0x148) return (c & 1) ? c + 1 : c;
  if (c >= 0x14A && c <= 0x177) return c | 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

bool is_ideograph(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7 || c == 0xFFFD) return false;
  if (c >= 0x2000 && c <= 0x2BFF) return false;  // punctuation, arrows, symbols
  if (c >= 0x3000 && c <= 0x303F) return false;  // CJK punctuation
  if (c >= 0xFF00 && c <= 0xFF0F) return false;  // full-width punctuation
  return true;
}

// The lower letter of each ASCII letter and digit; 0 for any other byte.
constexpr std::array<char, 256> kLowerAscii = [] {
  std::array<char, 256> letters{};
  for (char c = '0'; c <= '9'; ++c) letters[static_cast<unsigned char>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) letters[static_cast<unsigned char>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c) letters[static_cast<unsigned char>(c)] = static_cast<char>(c + ('a' - 'A'));
  return letters;
}();

// Words one behind the other in one text: a run has many, and most come more than once.
class WordList {
 public:
  WordList() {
    bytes_.reserve(1'024);
    ends_.reserve(128);
  }
  void collect(std::string_view raw) {
    if (base::is_valid_utf8(raw)) return collect_valid(raw);
    collect_valid(base::to_valid_utf8(raw));
  }

  // Of all words, with a space behind each.
  [[nodiscard]] std::size_t bytes() const { return bytes_.size() + ends_.size(); }
  // Sorted, each once; valid as long as this.
  [[nodiscard]] std::vector<std::string_view> sorted() const {
    std::vector<Led> led;
    led.reserve(ends_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      const auto word = std::string_view(bytes_).substr(begin, end - begin);
      led.push_back({lead_of(word), word});
      begin = end;
    }
    std::ranges::sort(led,
                      [](const Led& a, const Led& b) { return a.lead != b.lead ? a.lead < b.lead : a.word < b.word; });
    std::vector<std::string_view> words;
    words.reserve(led.size());
    for (const Led& one : led) {
      if (words.empty() || words.back() != one.word) words.push_back(one.word);
    }
    return words;
  }

 private:
  // A word behind its first bytes as a number, by which most of them are told apart at once.
  struct Led {
    std::uint64_t lead;
    std::string_view word;
  };
  void end_word() {
    if (bytes_.size() == begin_) return;
    begin_ = bytes_.size();
    ends_.push_back(begin_);
  }
  // What stands from `i` on up to the end of the word, or what is no letter at `i`. Returns where it ended.
  std::size_t collect_ascii(std::string_view text, std::size_t i) {
    std::size_t end = i;
    while (end < text.size() && kLowerAscii[static_cast<unsigned char>(text[end])] != 0) ++end;
    if (end == i) {
      end_word();
      return i + 1;
    }
    const std::size_t from = bytes_.size();
    bytes_.resize(from + std::min(end - i, kMaxWordBytes - std::min(kMaxWordBytes, from - begin_)));
    for (std::size_t k = from; k < bytes_.size(); ++k)
      bytes_[k] = kLowerAscii[static_cast<unsigned char>(text[i + k - from])];
    return end;
  }
  void collect_valid(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      // Most text is ASCII; it goes a shorter way.
      if (static_cast<unsigned char>(text[i]) < 0x80) {
        i = collect_ascii(text, i);
        continue;
      }
      const CodePoint point = code_point_at(text, i);
      i += point.bytes;
      if (!is_letter(point.value)) {
        end_word();
      } else if (is_ideograph(point.value)) {
        end_word();
        append(bytes_, point.value);
        end_word();
      } else if (bytes_.size() - begin_ < kMaxWordBytes) {
        append(bytes_, lower(point.value));
      }
    }
    end_word();
  }

  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::size_t begin_ = 0;  // of the word that is being read
};

// But for those that are as in the scene before.
std::vector<std::string_view> prompts_in(const model::Run& run) {
  std::vector<std::string_view> prompts;
  const std::string* positive = nullptr;
  const std::string* negative = nullptr;
  const auto put_new = [&](const std::optional<std::string>& prompt, const std::string*& last) {
    if (!prompt || (last && *last == *prompt)) return;
    prompts.push_back(*prompt);
    last = &*prompt;
  };
  for (const auto& scene : run.scenes) {
    put_new(scene.parameters.positive_prompt, positive);
    put_new(scene.parameters.negative_prompt, negative);
  }
  return prompts;
}

// All that is searched but the prompts.
void collect_rest(const model::Run& run, WordList& words) {
  words.collect(run.title);
  if (const auto error = model::error_of(run)) words.collect(*error);
  if (run.notes) words.collect(*run.notes);
  for (const auto& tag : run.tags) words.collect(tag);
}

}  // namespace

std::string folded(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string lowered(text);
    for (char& c : lowered) c = static_cast<char>(lower(static_cast<unsigned char>(c)));
    return lowered;
  }
  const std::string valid = base::to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::size_t i = 0; i < valid.size();) {
    const CodePoint point = code_point_at(valid, i);
    append(out, lower(point.value));
    i += point.bytes;
  }
  return out;
}

bool same_folded(std::string_view a, std::string_view b) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    // Up to here both are the same, byte by byte.
    if (!is_ascii(a[i]) || !is_ascii(b[i])) return folded(a.substr(i)) == folded(b.substr(i));
    if (lower(static_cast<unsigned char>(a[i])) != lower(static_cast<unsigned char>(b[i]))) return false;
  }
  return a.size() == b.size();
}

std::vector<std::string> words_of(std::string_view text) {
  WordList words;
  words.collect(text);
  const auto sorted = words.sorted();
  return {sorted.begin(), sorted.end()};
}

std::vector<std::string> search_words(const model::Run& run) {
  WordList words;
  for (const std::string_view prompt : prompts_in(run)) words.collect(prompt);
  collect_rest(run, words);
  const auto sorted = words.sorted();
  return {sorted.begin(), sorted.end()};
}

const SearchTexts::Known& SearchTexts::words_of(const std::vector<std::string_view>& prompts) {
  for (const Known& known : known_) {
    if (std::ranges::equal(known.prompts, prompts)) return known;
  }
  WordList words;
  for (const std::string_view prompt : prompts) words.collect(prompt);
  Known& known = known_[std::exchange(next_, (next_ + 1) % known_.size())];
  known.prompts.assign(prompts.begin(), prompts.end());
  known.text.clear();
  known.words.clear();
  for (const std::string_view word : words.sorted()) {
    known.words.push_back({static_cast<std::uint32_t>(known.text.size()), static_cast<std::uint32_t>(word.size())});
    (known.text += word) += ' ';
  }
  return known;
}

std::string SearchTexts::of(const model::Run& run) {
  const Known& known = words_of(prompts_in(run));
  WordList rest;
  collect_rest(run, rest);
  std::string text;
  text.reserve(known.text.size() + rest.bytes());
  auto next = known.words.cbegin();
  std::size_t taken = 0;  // of the known text: all words before `next`
  const auto take_until = [&](std::vector<Known::Word>::const_iterator end) {
    const std::size_t until = end == known.words.end() ? known.text.size() : end->begin;
    text.append(known.text, taken, until - taken);
    next = end;
    taken = until;
  };
  for (const std::string_view word : rest.sorted()) {
    take_until(
        std::partition_point(next, known.words.end(), [&](const Known::Word& of) { return known.at(of) < word; }));
    if (next == known.words.end() || known.at(*next) != word) (text += word) += ' ';
  }
  take_until(known.words.end());
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace comfytrace::history
