#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/run_facts.h"
#include "history/run_questions.h"

// The things in which runs can be alike or not, as answers name them: one list for cohorts, causes and trends.
namespace comfytrace::insight {

enum class TraitKind {
  work,         // what was asked for: workflow, models, size
  environment,  // what it ran on
  circumstance  // how it went: cold or warm, what was cached
};

struct Trait {
  std::string_view what;  // "GPU", "ComfyUI version", …
  TraitKind kind;
  // The loosest level that holds it equal; absent: no level does.
  std::optional<history::LikeLevel> held_from;
  // Equal text is equal; empty is "not known".
  std::string (*value)(const history::RunFacts&);
  // The value for people; two different values may have the same words.
  std::string (*words)(const history::RunFacts&);
};

[[nodiscard]] const std::vector<Trait>& run_traits();

// Whether `level` holds what is held from `from` on.
[[nodiscard]] constexpr bool holds(history::LikeLevel level, history::LikeLevel from) {
  return level <= from;
}

}  // namespace comfytrace::insight
