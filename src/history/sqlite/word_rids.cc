#include "history/sqlite/word_rids.h"

#include <algorithm>
#include <utility>

#include "history/sqlite/filter_sql.h"
#include "history/sqlite/word_index.h"
#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::KnownRids;
using columns::RidSet;

// To look into more runs than so many takes longer than to ask the index of words.
constexpr std::uint32_t kMostRead = 50;

bool has_word(const model::Run& run, const std::string& word) {
  const auto words = search_words(run);
  const auto first = std::ranges::lower_bound(words, word);
  return first != words.end() && first->starts_with(word);
}

// Every change of a run puts a row behind the others; what was removed has no living row, and does not matter.
RidSet brought_up(Session& session, const columns::Mirror::View& view, const KnownRids::Known& last,
                  const std::string& word) {
  RidSet rids = *last.rids;
  for (std::uint32_t row = last.rows; row < view.snapshot.rows; ++row) {
    const std::int64_t rid = view.snapshot.chunk(row / columns::kChunkRows).rid[row % columns::kChunkRows];
    const auto stored = load_run(session, rid);
    stored&& has_word(stored->run, word) ? rids.add(rid) : rids.remove(rid);
  }
  return rids;
}

}  // namespace

RidSet rids_of_index(Session& session, const std::string& word) {
  std::int64_t max_rid = 0;
  {
    Query query = session.connection.query("SELECT COALESCE(MAX(rid), 0) FROM runs");
    if (query.step()) max_rid = query.integer(0);
  }
  if (auto rids = rids_in_index(session.connection, word, max_rid)) return std::move(*rids);
  RidSet rids;
  Query query = session.connection.query("SELECT rowid FROM run_words WHERE run_words MATCH ?");
  const std::string match = match_of(word);
  query.bind(match);
  while (query.step()) rids.add(query.integer(0));
  return rids;
}

std::shared_ptr<const RidSet> rids_with(Session& session, const columns::Mirror::View& view, KnownRids& known,
                                        const std::string& word) {
  const std::uint32_t rows = view.snapshot.rows;
  const auto last = known.find(word);
  const bool is_of_store = last && view.store && last->store.lock() == view.store;
  if (is_of_store && last->rows == rows) return last->rids;
  const bool is_near = is_of_store && last->rows < rows && rows - last->rows <= kMostRead;
  RidSet found = is_near ? brought_up(session, view, *last, word) : rids_of_index(session, word);
  found.shrink();
  auto rids = std::make_shared<const RidSet>(std::move(found));
  // Somebody may have looked at later rows meanwhile: those serve longer.
  if (!is_of_store || last->rows < rows) known.put(word, {rids, view.store, rows});
  return rids;
}

}  // namespace comfytrace::history::sqlite
