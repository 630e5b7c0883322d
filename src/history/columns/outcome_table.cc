#include "history/columns/outcome_table.h"

#include <algorithm>
#include <array>

namespace comfytrace::history::columns {

void OutcomeTable::take(const StableVector<std::uint32_t>& locals, const Interner<Outcome>& outcomes) {
  clear();
  for (std::size_t i = 0, count = locals.size(); i < count; ++i) add(outcomes[locals[i]]);
}

void OutcomeTable::add(const Outcome& outcome) {
  // Values below this can be added up over a block of rows.
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  OutcomeRow& row = rows_.emplace_back();
  outcomes_.push_back(&outcome);
  const std::array<std::int64_t, 7> all{
      outcome.scene_count,        outcome.scenes_succeeded, outcome.attempt_count,     outcome.attempts_out_of_memory,
      outcome.attempts_timed_out, outcome.fallback_count,   outcome.frames.value_or(0)};
  const bool fits = std::ranges::all_of(all, [](std::int64_t count) { return count >= 0 && count < kMost; });
  for (std::size_t i = 0; i < all.size() && fits; ++i) row.counts[i] = static_cast<std::uint32_t>(all[i]);
  row.counts[OutcomeRow::kEnded] = !model::is_open(outcome.status);
  row.counts[OutcomeRow::kStatus + static_cast<std::size_t>(outcome.status)] = 1;
  fits_ &= fits;
  ended_.push_back(!model::is_open(outcome.status));
  all_ended_ &= !model::is_open(outcome.status);
}

}  // namespace comfytrace::history::columns
