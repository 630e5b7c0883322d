#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "history/columns/column_store.h"
#include "history/sqlite/run_rows.h"

// The columns as they are kept in the history's file, so that a start need not read every run: packed chunks, and the
// list of runs that changed since those were written. It is kept in the transaction of the change itself: by the one
// that writes (pending_rows.h), by triggers where somebody else changes the file.
// Whatever is wrong with them is mended by reading the runs. All throw SQLite::Exception.
namespace comfytrace::history::sqlite {

struct LoadedColumns {
  std::shared_ptr<columns::ColumnStore> store;  // published; null: there are more runs than it can name
  std::optional<std::int64_t> covers_from_ms;   // as in columns::Mirror::View
  std::uint32_t kept_rows = 0;                  // rows that stand in the file's chunks
  bool is_older = false;                        // those chunks are of an older form: to be written anew
  std::int64_t read_runs = 0;                   // runs that were read one by one
};

// Called before the columns are made of all runs, one by one, because the file has none that can be used.
using OnColumnsAnew = std::function<void(std::int64_t runs)>;

// In one read transaction: the caller's, or one of its own.
[[nodiscard]] LoadedColumns load_columns_in_transaction(Session& session, std::int64_t max_bytes,
                                                        const OnColumnsAnew& on_anew = {});
[[nodiscard]] LoadedColumns load_columns(Session& session, std::int64_t max_bytes, const OnColumnsAnew& on_anew = {});

// The number of the last commit that changed runs, as far as this connection sees.
[[nodiscard]] std::int64_t commit_seen(Connection& connection);

// Brings the file's chunks up to the store, of which `kept_rows` stand there already. Within a write transaction.
void write_columns(Session& session, const columns::ColumnStore& store, std::optional<std::int64_t> covers_from_ms,
                   std::uint32_t kept_rows);

}  // namespace comfytrace::history::sqlite
