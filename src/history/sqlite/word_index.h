#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "history/columns/rid_set.h"
#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// The runs with a word that begins with `word` and a number up to `max_rid`, read from the pages in which FTS5 keeps
// the table run_words. A MATCH tells the same, but spends nine tenths of its time on bringing the runs of all those
// words into one order, which a set has no use for. Within a transaction. Absent: the pages are not of the one form
// that is known here (version 4, which FTS5 writes for every table without `secure-delete` and `contentless_delete`),
// or tell of more than `most_gone` deleted words of runs, which would take much memory; then FTS5 must be asked. Throws
// SQLite::Exception.
[[nodiscard]] std::optional<columns::RidSet> rids_in_index(Connection& connection, const std::string& word,
                                                           std::int64_t max_rid, std::size_t most_gone = 1u << 18);

}  // namespace comfytrace::history::sqlite
