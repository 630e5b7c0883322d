#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "history/columns/mirror.h"
#include "history/run_facts.h"
#include "history/sqlite/column_file.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// Keeps the columns equal to the runs, for the one that writes them. One thread.
class ColumnKeeper {
 public:
  // Loads the columns and shows them in `mirror`. Throws SQLite::Exception, Damaged.
  ColumnKeeper(std::shared_ptr<Session> session, std::shared_ptr<columns::Mirror> mirror, std::int64_t max_bytes,
               const OnColumnsAnew& on_anew);

  // Within a transaction that changes runs. One that is new goes into the columns at once, where nobody sees it yet;
  // the others wait, since what they were must stay if it is rolled back.
  void came(std::int64_t rid, const model::Run& run, const model::RunSummary& line);
  void changed(std::int64_t rid, const model::Run& run, const model::RunSummary& line) {
    pending_.emplace_back(rid, facts_of(run, line));
  }
  void removed(std::int64_t rid) {
    pending_.emplace_back(rid, std::nullopt);
    has_removed_ = true;
  }
  // At its end, before it is committed.
  void number_commit();
  // After it: shows its changes, or forgets them.
  void committed();
  void rolled_back();

  // Writes the columns into the file, so that the next start is quick. Not being able to is no fault: then the next
  // start takes longer.
  void write_back();

 private:
  [[nodiscard]] bool has_changes() const { return !came_.empty() || !pending_.empty(); }
  void forget_changes();
  void fit();
  [[nodiscard]] bool is_too_large() const;
  [[nodiscard]] bool has_too_many_dead() const;
  void compact();
  void replace(std::shared_ptr<columns::ColumnStore> store);
  void show();
  [[nodiscard]] std::int64_t oldest_to_keep() const;
  [[nodiscard]] std::int64_t from_ms() const;  // older runs are not in the columns

  std::shared_ptr<Session> session_;
  std::shared_ptr<columns::Mirror> mirror_;
  const std::int64_t max_bytes_;
  std::shared_ptr<columns::ColumnStore> store_;  // null: given up
  std::optional<std::int64_t> covers_from_ms_;
  std::int64_t commit_ = 0;      // number of the last one
  std::uint32_t kept_rows_ = 0;  // rows that the file has
  std::int64_t unwritten_ = 0;   // changes that it does not have
  std::vector<std::int64_t> came_;
  bool has_room_ = true;      // for all that came
  bool has_removed_ = false;  // in this transaction
  std::vector<std::pair<std::int64_t, std::optional<RunFacts>>> pending_;
  RunFacts facts_;  // of the run that came last: its room serves the next
};

}  // namespace comfytrace::history::sqlite
