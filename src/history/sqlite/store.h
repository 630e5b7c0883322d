#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "history/run_history.h"
#include "history/sqlite/column_keeper.h"
#include "history/sqlite/pending_rows.h"
#include "history/sqlite/prune_walk.h"
#include "history/sqlite/run_index.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// All changes of the file. One thread; throws SQLite::Exception, Damaged or Refused, and then nothing has changed.
class Store {
 public:
  // `columns` follows the changes; it must outlive this.
  Store(std::shared_ptr<Session> session, ColumnKeeper& columns) : session_(std::move(session)), columns_(columns) {}

  void save(std::span<const model::Run> runs);
  bool remove(std::string_view run_id);
  bool amend(std::string_view run_id, const RunPatch& patch);
  // The next batch of a prune. False: there is nothing more to do.
  bool prune_step(PruneWalk& walk, const PruneRule& rule, PruneReport& report);
  [[nodiscard]] Session& session() { return *session_; }
  void save_samples(std::span<const SampleSeries> series);
  void save_worker(const model::Worker& worker);
  void save_preset(const FilterPreset& preset);
  bool remove_preset(std::string_view name);
  void save_recommendation(const Recommendation& recommendation);
  void save_alert(const Alert& alert);
  void backup(const std::filesystem::path& path);
  // Takes back what was given up on a full disk, if there is room again.
  void restore_ballast();

 private:
  template <class Work>
  auto in_transaction(Work&& work) -> decltype(work());
  // The same for what makes room: on a full disk it goes on with what the ballast took.
  template <class Work>
  auto in_deletion(Work&& work) -> decltype(work());
  void save_one(const model::Run& run);
  [[nodiscard]] bool may_come(const model::Run& run);
  // `stored`: what the run was, null if it is new. Returns its rid; absent: it was there, and nothing is written.
  std::optional<std::int64_t> write_row(const model::Run& run, std::uint32_t amended, const StoredRun* stored);
  [[nodiscard]] RunIndex index_of(const model::Run& run) { return sqlite::index_of(run, session_->texts, words_); }
  void index_new(std::int64_t rid, RunIndex index);
  void reindex(std::int64_t rid, const RunIndex& before, RunIndex after);
  // What the transaction owes.
  void finish();
  void erase(std::int64_t rid, std::string_view run_id, bool by_hand);

  Connection& connection() { return session_->connection; }
  std::shared_ptr<Session> session_;
  ColumnKeeper& columns_;
  PendingRows pending_;
  SearchTexts words_;
};

template <class Work>
auto Store::in_transaction(Work&& work) -> decltype(work()) {
  using Kept = std::conditional_t<std::is_void_v<decltype(work())>, bool, decltype(work())>;
  std::optional<Kept> result;
  try {
    Transaction transaction(connection(), Transaction::Kind::write);
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      finish();
      transaction.commit();
    } else {
      result.emplace(work());
      finish();
      transaction.commit();
    }
  } catch (...) {
    session_->texts.forget();
    pending_.forget();
    columns_.rolled_back();
    throw;
  }
  columns_.committed();
  connection().checkpoint();
  if constexpr (!std::is_void_v<decltype(work())>) return *std::move(result);
}

template <class Work>
auto Store::in_deletion(Work&& work) -> decltype(work()) {
  try {
    return in_transaction(work);
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() != SQLITE_FULL) throw;
  }
  in_transaction([&] { connection().exec("DELETE FROM ballast"); });
  return in_transaction(work);
}

}  // namespace comfytrace::history::sqlite
