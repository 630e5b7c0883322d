#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "history/sqlite/run_codec.h"
#include "history/sqlite/same_text.h"

namespace comfytrace::history::sqlite {

// The shared texts of one run and their numbers: its scenes have mostly the same ones, and to look at one shortly
// before takes less than to ask for it. Texts are not empty, and must stay as they are as long as this.
class KnownTexts {
 public:
  [[nodiscard]] bool has(const std::string& text) const {
    const Known& known = slots_[slot_of(text)];
    return known.text && same_text(*known.text, text);
  }
  [[nodiscard]] std::uint64_t number_of(const std::string& text, SharedTexts& texts) {
    Known& known = slots_[slot_of(text)];
    if (!known.text || !same_text(*known.text, text)) known = {&text, static_cast<std::uint64_t>(texts.name_id(text))};
    return known.number;
  }

 private:
  struct Known {
    const std::string* text = nullptr;
    std::uint64_t number = 0;
  };
  static constexpr std::size_t kSlots = 32;
  static std::size_t slot_of(const std::string& text) {
    const auto byte = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c)); };
    return (text.size() + 5 * byte(text.front()) + 3 * byte(text.back()) + byte(text[text.size() / 2])) % kSlots;
  }

  std::array<Known, kSlots> slots_;
};

}  // namespace comfytrace::history::sqlite
