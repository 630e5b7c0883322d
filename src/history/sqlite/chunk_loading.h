#pragma once

#include <memory>

#include "history/columns/column_store.h"
#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// The rows of `column_chunks` with this place: what all chunks share, and where the columns begin in time.
inline constexpr std::int64_t kSharedPlace = -1;

struct LoadedChunks {
  std::shared_ptr<columns::ColumnStore> store;  // null: there are none, or something of them cannot be used
  bool is_older = false;                        // some stand in the file in an older form
};

// Reads the chunks of the file one after another and unpacks them on several threads, of which the caller's is one: the
// others use the connection too, one at a time, and are gone when this returns. Throws SQLite::Exception.
[[nodiscard]] LoadedChunks load_chunks(Connection& connection);

}  // namespace comfytrace::history::sqlite
