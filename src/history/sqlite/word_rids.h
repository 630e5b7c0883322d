#pragma once

#include <memory>
#include <string>

#include "history/columns/mirror.h"
#include "history/columns/rid_set.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// The runs with a word (words_of()) that begins with `word`, in the rows of the open transaction, which are those of
// `view`. `known` keeps them: asked again, at most the few runs that were saved since are looked at. Throws
// SQLite::Exception, Damaged.
[[nodiscard]] std::shared_ptr<const columns::RidSet> rids_with(Session& session, const columns::Mirror::View& view,
                                                               columns::KnownRids& known, const std::string& word);

// The same of all runs, asked of the index of words. Within a transaction. Throws SQLite::Exception.
[[nodiscard]] columns::RidSet rids_of_index(Session& session, const std::string& word);

}  // namespace comfytrace::history::sqlite
