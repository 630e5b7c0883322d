#include "history/sqlite/column_file.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "history/columns/chunk_codec.h"
#include "history/columns/row_scan.h"
#include "history/run_facts.h"
#include "history/sqlite/chunk_loading.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::ChunkCodec;
using columns::ColumnStore;
using columns::kChunkRows;

// About what a run of four scenes and eight classes of node takes.
constexpr std::int64_t kBytesOfARun = 100;

std::optional<std::int64_t> covers_from(Connection& connection) {
  Query query = connection.query("SELECT covers_from_ms FROM column_chunks WHERE place = ?");
  query.bind(kSharedPlace);
  return query.step() ? query.maybe_integer(0) : std::nullopt;
}

std::vector<std::int64_t> rids(Connection& connection, const char* sql) {
  std::vector<std::int64_t> all;
  Query query = connection.query(sql);
  while (query.step()) all.push_back(query.integer(0));
  return all;
}

// From when on there are no more than `runs` runs; absent: there are no more at all.
std::optional<std::int64_t> newest_that_fit(Connection& connection, std::int64_t runs) {
  Query query = connection.query(
      "SELECT created_at_ms + 1 FROM runs INDEXED BY runs_created ORDER BY created_at_ms DESC LIMIT 1 OFFSET ?");
  query.bind(std::max<std::int64_t>(runs, 0));
  return query.step() ? query.maybe_integer(0) : std::nullopt;
}

// Runs that the columns should have.
std::int64_t runs_since(Connection& connection, const std::optional<std::int64_t>& from_ms) {
  Query query = connection.query(from_ms ? "SELECT COUNT(*) FROM runs WHERE created_at_ms >= ?1"
                                         : "SELECT COALESCE(SUM(runs), 0) FROM run_tally WHERE ?1 IS NULL");
  query.bind(from_ms);
  return query.step() ? query.integer(0) : 0;
}

// Takes out of the store what went, and gives the runs that it lacks.
std::vector<std::int64_t> lacking(Connection& connection, ColumnStore& store, std::int64_t from_ms) {
  columns::RidSet there;
  columns::RidSet held;
  std::vector<std::int64_t> all;
  {
    Query query = connection.query("SELECT rid FROM runs WHERE created_at_ms >= ? ORDER BY rid");
    query.bind(from_ms);
    while (query.step()) all.push_back(query.integer(0));
  }
  for (const std::int64_t rid : all) there.add(rid);
  for (const std::uint32_t rid : store.rids()) {
    held.add(rid);
    if (!there.has(rid)) store.remove(rid);
  }
  std::vector<std::int64_t> lacking;
  for (const std::int64_t rid : all) {
    if (!held.has(static_cast<std::uint32_t>(rid))) lacking.push_back(rid);
  }
  return lacking;
}

// A run that is damaged is told when somebody asks for it; it must not keep the others from being counted.
std::optional<StoredRun> readable_run(Session& session, std::int64_t rid) {
  try {
    return load_run(session, rid);
  } catch (const Damaged&) {
    return std::nullopt;
  }
}

std::int64_t from_of(const LoadedColumns& loaded) {
  return loaded.covers_from_ms.value_or(std::numeric_limits<std::int64_t>::min());
}

// Appends these runs as they are now. False: there is no room for them.
bool read(Session& session, const std::vector<std::int64_t>& rids, LoadedColumns& loaded) {
  const std::int64_t from_ms = from_of(loaded);
  for (const std::int64_t rid : rids) {
    loaded.store->remove(rid);
    const auto stored = readable_run(session, rid);
    if (!stored || stored->run.created_at_ms < from_ms) continue;
    if (!loaded.store->append(rid, facts_of(stored->run))) return false;
    ++loaded.read_runs;
  }
  return true;
}

}  // namespace

LoadedColumns load_columns(Session& session, std::int64_t max_bytes, const OnColumnsAnew& on_anew) {
  Transaction snapshot(session.connection, Transaction::Kind::read);
  return load_columns_in_transaction(session, max_bytes, on_anew);
}

LoadedColumns load_columns_in_transaction(Session& session, std::int64_t max_bytes, const OnColumnsAnew& on_anew) {
  LoadedColumns loaded;
  LoadedChunks chunks = load_chunks(session.connection);
  loaded.store = std::move(chunks.store);
  loaded.is_older = chunks.is_older;
  std::vector<std::int64_t> unread;
  if (loaded.store) {
    loaded.covers_from_ms = covers_from(session.connection);
    loaded.kept_rows = loaded.is_older ? 0 : loaded.store->rows();
    unread = rids(session.connection, "SELECT rid FROM column_changes");
    for (const std::int64_t rid : unread) loaded.store->remove(rid);
    for (const std::int64_t rid : ChunkCodec::odd_rids(*loaded.store)) unread.push_back(rid);
  } else {
    loaded.store = std::make_shared<ColumnStore>();
    loaded.covers_from_ms = newest_that_fit(session.connection, max_bytes / kBytesOfARun);
    unread = rids(session.connection, "SELECT rid FROM runs ORDER BY rid");
    if (on_anew && !unread.empty()) on_anew(static_cast<std::int64_t>(unread.size()));
  }
  if (!read(session, unread, loaded)) return {};
  // What went is in no list; and chunks may be lost.
  if (loaded.store->live() != runs_since(session.connection, loaded.covers_from_ms) &&
      !read(session, lacking(session.connection, *loaded.store, from_of(loaded)), loaded))
    return {};
  loaded.store->publish();
  return loaded;
}

std::int64_t commit_seen(Connection& connection) {
  Query query = connection.query("SELECT number FROM column_commit WHERE place = 1");
  return query.step() ? query.integer(0) : 0;
}

void write_columns(Session& session, const ColumnStore& store, std::optional<std::int64_t> covers_from_ms,
                   std::uint32_t kept_rows) {
  Connection& connection = session.connection;
  if (kept_rows == 0) {
    connection.query("DELETE FROM column_chunks").run();
    connection.query("DELETE FROM column_dead").run();
  }
  const std::string shared = ChunkCodec::pack_shared(store);
  connection.query("INSERT OR REPLACE INTO column_chunks(place, packed, covers_from_ms) VALUES (?, ?, ?)")
      .bind(kSharedPlace)
      .bind_blob(shared)
      .bind(covers_from_ms)
      .run();
  for (std::size_t i = 0; i * kChunkRows < store.rows(); ++i) {
    const std::string dead = ChunkCodec::pack_dead(store, i);
    const auto place = static_cast<std::int64_t>(i);
    connection.query("INSERT OR REPLACE INTO column_dead VALUES (?, ?)").bind(place).bind_blob(dead).run();
    // A full chunk stands there for good.
    if ((i + 1) * kChunkRows <= kept_rows) continue;
    const std::string packed = ChunkCodec::pack_chunk(store, i);
    connection.query("INSERT OR REPLACE INTO column_chunks(place, packed) VALUES (?, ?)")
        .bind(place)
        .bind_blob(packed)
        .run();
  }
  connection.query("DELETE FROM column_changes").run();
}

}  // namespace comfytrace::history::sqlite
