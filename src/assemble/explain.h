#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/run.h"

// Why an attempt is recorded as it is. Explanations are kept with the attempt, so a few of them also tell a later
// life of the assembler what it cannot read from the other members.
namespace comfytrace::assemble {

inline constexpr std::size_t kMaxExplanations = 32;
inline constexpr std::size_t kMaxNotes = 16;

inline constexpr std::string_view kFromHistory = "taken from the worker's history";
inline constexpr std::string_view kContactLost = "lost sight of it";
inline constexpr std::string_view kEndNotSeen = " was not seen: how long it took is not known.";

// Adds the explanation unless the attempt already has one with the same words, or has its fill of them.
// Returns whether it was added.
bool explain(model::Attempt& attempt, std::int64_t at_ms, std::string_view what, std::string_view because);

// Adds a fallback note once. Returns whether it was added.
bool add_note(model::Attempt& attempt, std::string_view sentence);

[[nodiscard]] bool has_explanation(const model::Attempt& attempt, std::string_view what);
bool remove_explanation(model::Attempt& attempt, std::string_view what);

}  // namespace comfytrace::assemble
