#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "history/run_history.h"

// The rules that every implementation of the history keeps in the same words.
namespace comfytrace::history {

// Whether `run` meets every criterion of `filter`.
[[nodiscard]] bool matches(const RunFilter& filter, const model::Run& run);

// Which of a run's fields a person changed: a set of these bits.
enum Amended : std::uint32_t { kTitle = 1, kTags = 2, kNotes = 4, kArchived = 8 };

// Applies `patch` and returns the fields it changed by hand.
std::uint32_t apply_patch(model::Run& run, const RunPatch& patch);

// Carries over from `stored` the fields that a person changed.
void keep_amended(model::Run& run, const model::Run& stored, std::uint32_t amended);

// Archived and tagged runs, and open ones, are never pruned.
[[nodiscard]] bool may_be_pruned(const model::Run& run);

// Whether a run that was pruned comes back when it is saved: not if all of it was found in a worker's history.
[[nodiscard]] bool returns_after_pruning(const model::Run& run);

// Errors: invalid.
[[nodiscard]] base::Result<void> check_rule(const PruneRule& rule);
[[nodiscard]] base::Result<void> check_limit(std::int64_t limit);

// A place in the order of a list: newest first by creation, then by order of first save.
struct Place {
  std::int64_t created_at_ms;
  std::int64_t order;
};
[[nodiscard]] std::string to_cursor(const Place& place);
[[nodiscard]] base::Result<Place> from_cursor(std::string_view cursor);

}  // namespace comfytrace::history
