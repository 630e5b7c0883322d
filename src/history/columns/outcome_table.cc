#include "history/columns/outcome_table.h"

#include <algorithm>
#include <array>

#include "history/columns/chunk.h"
#include "history/columns/run_details.h"

namespace comfytrace::history::columns {

std::shared_ptr<const OutcomeTable> outcomes_of(const Chunk& chunk, const SharedFacts& shared) {
  if (auto kept = chunk.outcome_table.get()) return kept;
  // Only a full one has a cube. Looked at first: a chunk that fills meanwhile may get more outcomes than are told here.
  const bool is_full = chunk.cube.get() != nullptr;
  auto table = std::make_shared<OutcomeTable>();
  table->take(chunk.outcome.locals(), shared.outcomes);
  if (is_full) chunk.outcome_table.put(table);
  return table;
}

void OutcomeTable::take(const StableVector<std::uint32_t>& locals, const Interner<Outcome>& outcomes) {
  clear();
  for (std::size_t i = 0, count = locals.size(); i < count; ++i) add(outcomes[locals[i]]);
}

void OutcomeTable::add(const Outcome& outcome) {
  outcomes_.push_back(&outcome);
  if (rows_.size() <= outcomes_.size()) rows_.emplace_back();
  OutcomeRow& row = rows_[outcomes_.size()];
  const std::int64_t frames = outcome.frames.value_or(0);
  const std::array<std::int64_t, 8> all{
      outcome.scene_count,        outcome.scenes_succeeded, outcome.attempt_count,  outcome.attempts_out_of_memory,
      outcome.attempts_timed_out, outcome.fallback_count,   frames % kFramesAtOnce, frames / kFramesAtOnce};
  const bool fits = std::ranges::all_of(all, [](std::int64_t n) { return n >= 0 && n <= OutcomeRow::kMost; });
  for (std::size_t i = 0; i < all.size() && fits; ++i) row.counts[i] = static_cast<std::uint16_t>(all[i]);
  row.counts[OutcomeRow::kStatus + static_cast<std::size_t>(outcome.status)] = 1;
  fits_ &= fits;
  ended_.push_back(!model::is_open(outcome.status));
  all_ended_ &= !model::is_open(outcome.status);
}

}  // namespace comfytrace::history::columns
