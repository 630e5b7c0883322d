#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/sqlite/connection.h"
#include "history/sqlite/run_codec.h"
#include "history/sqlite/text_hash.h"

namespace comfytrace::history::sqlite {

// Where a text that was asked for lately is found again without much ado. Holds views: whoever owns the texts forgets
// them here first.
class RecentTexts {
 public:
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view text) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[slot_of(text)];
    return slot.id != 0 && slot.text == text ? std::optional(slot.id) : std::nullopt;
  }
  void put(std::string_view text, std::int64_t id) {
    if (slots_.empty()) slots_.resize(kSlots);
    slots_[slot_of(text)] = {text, id};
  }
  void forget() { slots_.clear(); }

 private:
  struct Slot {
    std::string_view text;
    std::int64_t id = 0;
  };
  static constexpr std::size_t kSlots = 512;
  static std::size_t slot_of(std::string_view text);

  std::vector<Slot> slots_;
};

// The tables `names` and `prompts`. Names are few and stay for good; prompts go with the last run that has them.
class Dictionary final : public SharedTexts {
 public:
  explicit Dictionary(Connection& connection) : connection_(connection) {}

  std::int64_t name_id(std::string_view text) override;
  std::int64_t prompt_id(std::string_view text) override;
  std::optional<std::string> name(std::int64_t id) override;
  std::optional<std::string> prompt(std::int64_t id) override;

  // Without making one.
  [[nodiscard]] std::optional<std::int64_t> find_name(std::string_view text);
  [[nodiscard]] std::optional<std::int64_t> find_prompt(std::string_view text);
  // After a rollback: numbers that were given out meanwhile are void.
  void forget() {
    recent_.forget();
    ids_.clear();
    names_.clear();
    cached_bytes_ = 0;
    forget_prompts();
  }
  // After prompts were deleted.
  void forget_prompts() {
    recent_prompts_.forget();
    prompt_ids_.clear();
    prompt_bytes_ = 0;
  }

 private:
  // The text as it is kept.
  std::string_view remember(std::int64_t id, std::string_view text);
  Connection& connection_;
  using Ids = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;
  Ids ids_;
  std::unordered_map<std::int64_t, std::string> names_;
  std::size_t cached_bytes_ = 0;
  Ids prompt_ids_;  // of the one that writes: another's may have been deleted meanwhile
  std::size_t prompt_bytes_ = 0;
  RecentTexts recent_;
  RecentTexts recent_prompts_;
};

}  // namespace comfytrace::history::sqlite
