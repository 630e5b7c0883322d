#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "history/sqlite/connection.h"
#include "history/sqlite/run_codec.h"
#include "history/sqlite/text_hash.h"

namespace comfytrace::history::sqlite {

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
    ids_.clear();
    names_.clear();
    prompt_ids_.clear();
    cached_bytes_ = 0;
    prompt_bytes_ = 0;
  }
  // After prompts were deleted.
  void forget_prompts() {
    prompt_ids_.clear();
    prompt_bytes_ = 0;
  }

 private:
  void remember(std::int64_t id, std::string_view text);
  Connection& connection_;
  using Ids = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;
  Ids ids_;
  std::unordered_map<std::int64_t, std::string> names_;
  std::size_t cached_bytes_ = 0;
  Ids prompt_ids_;  // of the one that writes: another's may have been deleted meanwhile
  std::size_t prompt_bytes_ = 0;
};

}  // namespace comfytrace::history::sqlite
