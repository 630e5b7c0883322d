#include "history/sqlite/pending_rows.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history::sqlite {
namespace {

using model::Status;

// The first column of each row.
std::vector<std::string> rows(const std::filesystem::path& path, const std::string& sql) {
  SQLite::Database file(path.string());
  SQLite::Statement query(file, sql);
  std::vector<std::string> rows;
  while (query.executeStep()) rows.push_back(query.getColumn(0).getString());
  return rows;
}

class PendingRowsFile : public ::testing::Test {
 protected:
  void expect_true_tally() const {
    const std::string each = " || ' ' || archived || ' ' || ";
    EXPECT_EQ(rows(path_, "SELECT status" + each + "runs FROM run_tally WHERE runs <> 0 ORDER BY 1"),
              rows(path_, "SELECT status" + each + "COUNT(*) FROM runs GROUP BY status, archived ORDER BY 1"));
  }
  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
};

TEST_F(PendingRowsFile, TalliesRunsByWhatTheyAreWhateverHappensToThem) {
  const auto history = std::move(*SqliteHistory::open(path_));
  std::vector<model::Run> runs;
  for (int i = 0; i < 100; ++i)
    runs.push_back(simple_run("r" + std::to_string(i), 1'000 + i, i % 3 == 0 ? Status::executing : Status::success));
  ASSERT_TRUE(history->save(runs));
  expect_true_tally();
  // Some of them end, in the commit that brings another one twice.
  runs = {simple_run("r0", 1'000, Status::success), simple_run("r3", 1'003, Status::failed),
          simple_run("new", 2'000, Status::queued), simple_run("new", 2'000, Status::executing)};
  ASSERT_TRUE(history->save(runs));
  expect_true_tally();
  ASSERT_TRUE(*history->amend("r1", {.archived = true}));
  ASSERT_TRUE(*history->amend("r2", {.notes = "kept"}));
  expect_true_tally();
  ASSERT_TRUE(*history->remove("r1"));
  ASSERT_TRUE(*history->remove("r4"));
  const auto pruning = std::move(*history->begin_prune({.keep_newest = 20}));
  for (bool more = true; more;) more = *pruning->step();
  EXPECT_GT(pruning->report().runs, 0);
  expect_true_tally();
}

TEST_F(PendingRowsFile, TalliesNothingOfACommitThatFailed) {
  const auto history = std::move(*SqliteHistory::open(path_, {.max_pages = 100}));
  std::vector<model::Run> runs;
  for (std::uint64_t i = 0; i < 2'000; ++i) runs.push_back(typical_run(i));
  ASSERT_FALSE(history->save(runs));
  EXPECT_EQ(rows(path_, "SELECT runs FROM run_tally WHERE runs <> 0"), std::vector<std::string>());
  ASSERT_TRUE(history->save(std::span(runs.data(), 3)));
  expect_true_tally();
  EXPECT_EQ(rows(path_, "SELECT COUNT(*) FROM column_changes"), std::vector<std::string>{"3"});
}

TEST_F(PendingRowsFile, ListsRunsThatCameOrChanged) {
  const auto history = std::move(*SqliteHistory::open(path_));
  std::vector<model::Run> runs;
  for (int i = 0; i < 50; ++i) runs.push_back(simple_run("r" + std::to_string(i), 1'000 + i, Status::success));
  ASSERT_TRUE(history->save(runs));
  const auto of_all = rows(path_, "SELECT rid FROM runs ORDER BY rid");
  EXPECT_EQ(rows(path_, "SELECT rid FROM column_changes ORDER BY rid"), of_all);
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("DELETE FROM column_changes");
  ASSERT_TRUE(*history->amend("r7", {.notes = "kept"}));
  EXPECT_EQ(rows(path_, "SELECT run_id FROM column_changes JOIN runs USING (rid)"), std::vector<std::string>{"r7"});
}

}  // namespace
}  // namespace comfytrace::history::sqlite
