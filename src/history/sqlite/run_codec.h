#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/run.h"

// The part of a run that no list and no filter looks at, packed: scenes, attempts, nodes, artifacts, failures.
// What stands in columns of its own (title, status, times, story, tags, …) is not in it.
namespace comfytrace::history::sqlite {

// Texts that many runs share, kept once and named by a number above 0.
class SharedTexts {
 public:
  virtual ~SharedTexts() = default;
  virtual std::int64_t name_id(std::string_view text) = 0;
  virtual std::int64_t prompt_id(std::string_view text) = 0;
  // Absent: there is no such number.
  virtual std::optional<std::string> name(std::int64_t id) = 0;
  virtual std::optional<std::string> prompt(std::int64_t id) = 0;
};

// Prompts at least this long are shared; a shorter one stands in the run itself.
inline constexpr std::size_t kSharedPromptBytes = 24;

[[nodiscard]] std::string pack_details(const model::Run& run, SharedTexts& texts);

// Fills in what `pack_details` packed; run_id and created_at_ms of `run` must be set as they were then. False: the
// bytes are damaged or of a later version; `run` is then partly filled.
[[nodiscard]] bool unpack_details(std::string_view bytes, SharedTexts& texts, model::Run& run);

}  // namespace comfytrace::history::sqlite
