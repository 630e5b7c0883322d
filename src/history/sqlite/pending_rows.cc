#include "history/sqlite/pending_rows.h"

#include <algorithm>
#include <span>

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

}  // namespace

void PendingRows::write_facets(Connection& connection) {
  std::vector<std::pair<std::int64_t, std::int64_t>> keys;
  std::size_t count = 0;
  for (const auto& [key, rids] : facets_) {
    keys.push_back(key);
    count += rids.size();
  }
  std::ranges::sort(keys);
  std::vector<std::array<std::int64_t, 3>> rows;
  rows.reserve(count);
  for (const auto& key : keys) {
    auto& rids = facets_[key];
    if (!std::ranges::is_sorted(rids)) std::ranges::sort(rids);
    for (const std::int64_t rid : rids) rows.push_back({key.first, key.second, rid});
  }
  insert_all<3>(connection, "INSERT OR FAIL INTO run_facets", "(?,?,?)", rows);
}

void PendingRows::write_indexes(Connection& connection) {
  write_facets(connection);
  facets_.clear();
  std::ranges::sort(places_);
  insert_all<2>(connection, "INSERT OR FAIL INTO prompt_places", "(?,?)", places_);
  places_.clear();
  // Last: a statement that can be undone by itself makes FTS5 write out what it has gathered.
  for (const auto& [rid, words] : words_)
    connection.query("INSERT INTO run_words(rowid, words) VALUES (?, ?)").bind(rid).bind_kept(words).run();
  words_.clear();
}

void PendingRows::write(Connection& connection) {
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
  write_indexes(connection);
  forget();
}

void PendingRows::forget() {
  facets_.clear();
  places_.clear();
  words_.clear();
  tally_.clear();
  changed_.clear();
}

}  // namespace comfytrace::history::sqlite
