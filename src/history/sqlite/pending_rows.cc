#include "history/sqlite/pending_rows.h"

#include <algorithm>
#include <optional>
#include <span>

#include "history/sqlite/rid_blocks.h"
#include "history/sqlite/run_index.h"

namespace comfytrace::history::sqlite {
namespace {

// How many rows one statement inserts: what a statement costs by itself is then little beside its rows.
constexpr std::size_t kRowsTogether = 32;

std::string rows_sql(std::string_view insert, std::string_view row, std::size_t rows) {
  std::string sql(insert);
  sql += " VALUES ";
  for (std::size_t i = 0; i < rows; ++i) (sql += i > 0 ? "," : "") += row;
  return sql;
}

// `insert` must end without undoing its other rows when one fails, the transaction is undone then: to be able to,
// SQLite would copy every page that the statement touches.
template <std::size_t kWidth>
void insert_all(Connection& connection, std::string_view insert, std::string_view row,
                std::span<const std::array<std::int64_t, kWidth>> rows) {
  const auto some = [&](Query query, std::span<const std::array<std::int64_t, kWidth>> together) {
    for (const auto& values : together) {
      for (const std::int64_t value : values) query.bind(value);
    }
    query.run();
  };
  if (rows.size() >= kRowsTogether) {
    const std::string sql = rows_sql(insert, row, kRowsTogether);
    for (; rows.size() >= kRowsTogether; rows = rows.subspan(kRowsTogether))
      some(connection.query(sql), rows.first(kRowsTogether));
  }
  if (rows.empty()) return;
  const std::string sql = rows_sql(insert, row, 1);
  for (; !rows.empty(); rows = rows.subspan(1)) some(connection.query(sql), rows.first(1));
}

using FacetKey = std::pair<std::int64_t, std::int64_t>;

void write_blocks(Connection& connection, const FacetKey& facet, std::span<const std::int64_t> rids) {
  // Of the same length: others may come between.
  for (std::size_t left = (rids.size() + kMostInBlock - 1) / kMostInBlock; left > 0; --left) {
    const auto block = rids.first(rids.size() / left);
    const std::string others = others_of_block(block);
    connection.query("INSERT OR FAIL INTO facet_blocks VALUES (?, ?, ?, ?)")
        .bind(facet.first)
        .bind(facet.second)
        .bind(block.front())
        .bind_blob(others)
        .run();
    rids = rids.subspan(block.size());
  }
}

// Fewer runs than this go into the last block: one for each commit of a run would be a row a run.
constexpr std::size_t kWorthABlock = 32;
// As long as it is no longer than this: it is written anew each time.
constexpr std::size_t kJoinedBytes = 480;

// Puts runs that come after all others into the last block. False: it has no room for them, or there is none.
bool join_last_block(Connection& connection, const FacetKey& facet, std::span<const std::int64_t> rids) {
  std::int64_t first = 0;
  std::string others;
  {
    Query query =
        connection.query("SELECT rid, others FROM facet_blocks WHERE kind = ? AND value = ? ORDER BY rid DESC LIMIT 1");
    query.bind(facet.first).bind(facet.second);
    if (!query.step() || query.bytes(1).size() > kJoinedBytes) return false;
    first = query.integer(0);
    others = query.bytes(1);
  }
  std::vector<std::int64_t> joined{last_of_block(first, others)};
  if (joined.front() >= rids.front()) return false;
  joined.insert(joined.end(), rids.begin(), rids.end());
  others += others_of_block(joined);
  connection.query("UPDATE OR FAIL facet_blocks SET others = ? WHERE kind = ? AND value = ? AND rid = ?")
      .bind_blob(others)
      .bind(facet.first)
      .bind(facet.second)
      .bind(first)
      .run();
  return true;
}

// Takes out the last block that begins at or before `rid`; empty: there is none.
std::vector<std::int64_t> taken_block(Connection& connection, const FacetKey& facet, std::int64_t rid) {
  std::vector<std::int64_t> rids;
  {
    Query query = connection.query(
        "SELECT rid, others FROM facet_blocks WHERE kind = ? AND value = ? AND rid <= ? ORDER BY rid DESC LIMIT 1");
    query.bind(facet.first).bind(facet.second).bind(rid);
    if (query.step()) rids = rids_of_block(query.integer(0), query.bytes(1));
  }
  if (!rids.empty())
    connection.query("DELETE FROM facet_blocks WHERE kind = ? AND value = ? AND rid = ?")
        .bind(facet.first)
        .bind(facet.second)
        .bind(rids.front())
        .run();
  return rids;
}

// Where the next block begins.
std::optional<std::int64_t> next_block(Connection& connection, const FacetKey& facet, std::int64_t rid) {
  Query query = connection.query("SELECT MIN(rid) FROM facet_blocks WHERE kind = ? AND value = ? AND rid > ?");
  query.bind(facet.first).bind(facet.second).bind(rid);
  return query.step() ? query.maybe_integer(0) : std::nullopt;
}

void set(std::vector<std::int64_t>& rids, std::int64_t rid, bool has) {
  const auto at = std::ranges::lower_bound(rids, rid);
  const bool had = at != rids.end() && *at == rid;
  if (has && !had) rids.insert(at, rid);
  if (!has && had) rids.erase(at);
}

}  // namespace

void PendingRows::write_facets(Connection& connection) {
  std::vector<FacetKey> keys;
  for (const auto& [key, rids] : facets_) keys.push_back(key);
  std::ranges::sort(keys);
  for (const FacetKey& key : keys) {
    const auto& rids = facets_[key];
    if (rids.size() >= kWorthABlock || !join_last_block(connection, key, rids)) write_blocks(connection, key, rids);
  }
  facets_.clear();
}

bool PendingRows::write_facet_changes(Connection& connection) {
  bool prompts_went = false;
  for (const auto& [key, changes] : facet_changes_) {
    bool some_lost_it = false;
    for (auto at = changes.begin(); at != changes.end();) {
      const auto next = next_block(connection, key, at->first);
      auto rids = taken_block(connection, key, at->first);
      for (; at != changes.end() && (!next || at->first < *next); ++at) {
        set(rids, at->first, at->second);
        some_lost_it = some_lost_it || !at->second;
      }
      write_blocks(connection, key, rids);
    }
    if (!some_lost_it || key.first != static_cast<std::int64_t>(Facet::prompt)) continue;
    prompts_went = connection
                           .query(
                               "DELETE FROM prompts WHERE prompt_id = ?1 AND NOT EXISTS "
                               "(SELECT 1 FROM facet_blocks WHERE kind = ?2 AND value = ?1)")
                           .bind(key.second)
                           .bind(key.first)
                           .run() > 0 ||
                   prompts_went;
  }
  facet_changes_.clear();
  return prompts_went;
}

void PendingRows::write_places(Connection& connection) {
  std::ranges::sort(places_);
  insert_all<2>(connection, "INSERT OR FAIL INTO prompt_places", "(?,?)", places_);
  places_.clear();
}

void PendingRows::write_words(Connection& connection) {
  for (const auto& [rid, words] : words_)
    connection.query("INSERT INTO run_words(rowid, words) VALUES (?, ?)").bind(rid).bind_kept(words).run();
  words_.clear();
}

bool PendingRows::write(Connection& connection) {
  std::vector<std::array<std::int64_t, 1>> changes;
  for (const std::int64_t rid : changed_) changes.push_back({rid});
  insert_all<1>(connection, "INSERT OR IGNORE INTO column_changes", "(?)", changes);
  for (const auto& [kind, runs] : tally_) {
    if (runs == 0) continue;
    connection.query("INSERT INTO run_tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET runs = runs + excluded.runs")
        .bind(std::string_view(kind.first))
        .bind(std::int64_t{kind.second})
        .bind(runs)
        .run();
  }
  write_facets(connection);
  const bool prompts_went = write_facet_changes(connection);
  write_places(connection);
  // Last: a statement that can be undone by itself makes FTS5 write out what it has gathered.
  write_words(connection);
  forget();
  return prompts_went;
}

void PendingRows::forget() {
  facets_.clear();
  facet_changes_.clear();
  places_.clear();
  words_.clear();
  tally_.clear();
  changed_.clear();
}

}  // namespace comfytrace::history::sqlite
