#include "history/sqlite/column_keeper.h"

#include <algorithm>
#include <limits>

#include "base/memory.h"
#include "history/sqlite/tables.h"

namespace comfytrace::history::sqlite {
namespace {

// After a crash at most so many runs are read one by one, which takes about a second.
constexpr std::int64_t kUnwritten = 16'384;

}  // namespace

ColumnKeeper::ColumnKeeper(std::shared_ptr<Session> session, std::shared_ptr<columns::Mirror> mirror,
                           std::int64_t max_bytes, const OnColumnsAnew& on_anew)
    : session_(std::move(session)), mirror_(std::move(mirror)), max_bytes_(max_bytes) {
  session_->connection.exec(kTableOfCommits);
  commit_ = commit_seen(session_->connection);
  LoadedColumns loaded = load_columns(*session_, max_bytes_, on_anew);
  store_ = std::move(loaded.store);
  covers_from_ms_ = loaded.covers_from_ms;
  kept_rows_ = loaded.kept_rows;
  unwritten_ = loaded.read_runs + (loaded.is_older ? store_->rows() : 0);
  show();
  fit();
  if (unwritten_ < kUnwritten && !loaded.is_older) return;
  write_back();
  // Packing all of it takes as much again.
  base::return_freed_memory();
}

void ColumnKeeper::show() {
  mirror_->show({store_, covers_from_ms_, store_ ? store_->snapshot() : columns::ColumnStore::Snapshot{}, commit_});
}

void ColumnKeeper::came(std::int64_t rid, const model::Run& run, const model::RunSummary& line) {
  // After one that went this may have its number.
  if (has_removed_) return changed(rid, run, line);
  came_.push_back(rid);
  if (!store_ || !has_room_ || run.created_at_ms < from_ms()) return;
  put_facts(run, line, facts_);
  has_room_ = store_->append(rid, facts_);
}

void ColumnKeeper::number_commit() {
  if (!has_changes()) return;
  session_->connection.query("UPDATE column_commit SET number = ? WHERE place = 1").bind(commit_ + 1).run();
}

void ColumnKeeper::committed() {
  if (!has_changes()) return;
  ++commit_;
  unwritten_ += static_cast<std::int64_t>(came_.size() + pending_.size());
  if (store_ && !has_room_) replace(nullptr);
  for (const auto& [rid, facts] : pending_) {
    if (!store_) break;
    if (!facts || facts->created_at_ms < from_ms()) {
      store_->remove(rid);
    } else if (!store_->append(rid, *facts)) {
      replace(nullptr);
    }
  }
  forget_changes();
  if (store_) store_->publish();
  show();
  fit();
  if (unwritten_ >= kUnwritten) write_back();
}

void ColumnKeeper::rolled_back() {
  if (store_) {
    for (const std::int64_t rid : came_) store_->remove(rid);
  }
  // On a full disk the same may come again and again. No run has to go for what is dead, and nothing is written there.
  if (store_ && !came_.empty() && has_too_many_dead()) compact();
  forget_changes();
}

void ColumnKeeper::forget_changes() {
  came_.clear();
  pending_.clear();
  has_room_ = true;
  has_removed_ = false;
}

std::int64_t ColumnKeeper::from_ms() const {
  return covers_from_ms_.value_or(std::numeric_limits<std::int64_t>::min());
}

void ColumnKeeper::replace(std::shared_ptr<columns::ColumnStore> store) {
  store_ = std::move(store);
  kept_rows_ = 0;
  show();
}

// When the newest runs that may stay were created, so that the columns take well less than their bound.
std::int64_t ColumnKeeper::oldest_to_keep() const {
  const auto snapshot = store_->snapshot();
  std::vector<std::int64_t> created;
  for (std::size_t i = 0; i < snapshot.chunks(); ++i) {
    for (std::uint32_t row = 0; row < snapshot.rows_of(i); ++row) {
      if (snapshot.chunk(i).is_live(row, snapshot.version)) created.push_back(snapshot.chunk(i).created_at_ms[row]);
    }
  }
  const double share = 0.8 * static_cast<double>(max_bytes_) / static_cast<double>(store_->bytes());
  const auto keep = static_cast<std::size_t>(share * static_cast<double>(created.size()));
  if (keep == 0) return std::numeric_limits<std::int64_t>::max();
  const auto oldest = created.end() - static_cast<std::ptrdiff_t>(std::min(keep, created.size()));
  std::nth_element(created.begin(), oldest, created.end());
  return *oldest;
}

bool ColumnKeeper::is_too_large() const {
  return static_cast<std::int64_t>(store_->bytes()) > max_bytes_;
}

bool ColumnKeeper::has_too_many_dead() const {
  const std::uint32_t dead = store_->rows() - store_->live();
  return dead > std::max(columns::kChunkRows, store_->live() / 4) || (dead > 0 && is_too_large());
}

void ColumnKeeper::compact() {
  auto fresh = store_->compacted(from_ms());
  fresh->publish();
  replace(std::move(fresh));
}

// Drops dead rows when they are many, and the oldest runs when all take too much memory.
void ColumnKeeper::fit() {
  if (!store_) return;
  const bool drops_runs = store_->rows() - store_->live() <= store_->live() && is_too_large();
  if (!drops_runs && !has_too_many_dead()) return;
  if (drops_runs) covers_from_ms_ = std::max(from_ms(), oldest_to_keep());
  compact();
  write_back();
}

void ColumnKeeper::write_back() {
  if (!store_ || unwritten_ == 0) return;
  unwritten_ = 0;  // also if it cannot be written: not every commit shall try
  try {
    Transaction transaction(session_->connection, Transaction::Kind::write);
    write_columns(*session_, *store_, covers_from_ms_, kept_rows_);
    transaction.commit();
    kept_rows_ = store_->rows();
    session_->connection.checkpoint();
  } catch (const SQLite::Exception&) {
    // What changed stays in the list of changes.
  }
}

}  // namespace comfytrace::history::sqlite
