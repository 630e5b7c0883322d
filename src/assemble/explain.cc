#include "assemble/explain.h"

#include <algorithm>

namespace comfytrace::assemble {

bool explain(model::Attempt& attempt, std::int64_t at_ms, std::string_view what, std::string_view because) {
  for (const model::Explanation& known : attempt.explanations) {
    if (known.what == what && known.because == because) return false;
  }
  // The two that a later life reads back always find room.
  const std::size_t reserved = what == kFromHistory || what == kContactLost ? 0 : 2;
  if (attempt.explanations.size() + reserved >= kMaxExplanations) return false;
  attempt.explanations.push_back({at_ms, std::string(what), std::string(because)});
  return true;
}

bool add_note(model::Attempt& attempt, std::string_view sentence) {
  if (attempt.fallback_notes.size() >= kMaxNotes) return false;
  if (std::ranges::find(attempt.fallback_notes, sentence) != attempt.fallback_notes.end()) return false;
  attempt.fallback_notes.emplace_back(sentence);
  return true;
}

bool has_explanation(const model::Attempt& attempt, std::string_view what) {
  return std::ranges::find(attempt.explanations, what, &model::Explanation::what) != attempt.explanations.end();
}

bool remove_explanation(model::Attempt& attempt, std::string_view what) {
  return std::erase_if(attempt.explanations, [&](const model::Explanation& known) { return known.what == what; }) > 0;
}

}  // namespace comfytrace::assemble
