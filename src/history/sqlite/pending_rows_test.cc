#include "history/sqlite/pending_rows.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include "history/sample_runs.h"
#include "history/sqlite/rid_blocks.h"
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

class BlocksOfARecordedHistory : public PendingRowsFile {
 protected:
  // The runs of the one worker, as blocks tell them, and how many blocks do.
  std::vector<std::int64_t> runs_of_worker() {
    SQLite::Database file(path_.string());
    SQLite::Statement query(file, "SELECT rid, others FROM facet_blocks WHERE kind = 1 ORDER BY value, rid");
    std::vector<std::int64_t> rids;
    blocks_ = 0;
    while (query.executeStep()) {
      ++blocks_;
      const SQLite::Column others = query.getColumn(1);
      const auto block = rids_of_block(query.getColumn(0).getInt64(), {static_cast<const char*>(others.getBlob()),
                                                                       static_cast<std::size_t>(others.getBytes())});
      EXPECT_EQ(last_of_block(block.front(), others_of_block(block)), block.back());
      rids.insert(rids.end(), block.begin(), block.end());
    }
    return rids;
  }
  std::vector<std::int64_t> all_runs() const {
    std::vector<std::int64_t> rids;
    for (const std::string& rid : rows(path_, "SELECT rid FROM runs ORDER BY rid")) rids.push_back(std::stoll(rid));
    return rids;
  }
  int blocks_ = 0;
};

TEST_F(BlocksOfARecordedHistory, TakeInRunsThatAreCommittedOneByOne) {
  const auto history = std::move(*SqliteHistory::open(path_));
  std::uint64_t next = 0;
  const auto save = [&](std::uint64_t count) {
    std::vector<model::Run> runs;
    for (; count > 0; --count) runs.push_back(typical_run(next++, 1));
    ASSERT_TRUE(history->save(runs));
  };
  for (int i = 0; i < 600; ++i) save(1);
  EXPECT_EQ(runs_of_worker(), all_runs());
  EXPECT_EQ(blocks_, 2) << "the first was full";
  save(5);
  EXPECT_EQ(blocks_, 2);
  save(400);
  for (int i = 0; i < 3; ++i) save(1);
  EXPECT_EQ(runs_of_worker(), all_runs());
  EXPECT_EQ(blocks_, 3) << "many at once are a block, which takes in others too";
  // The newest goes, and its number comes again.
  ASSERT_TRUE(*history->remove(typical_run(next - 1).run_id));
  ASSERT_TRUE(*history->remove(typical_run(300).run_id));
  save(2);
  EXPECT_EQ(runs_of_worker(), all_runs());
  EXPECT_EQ(all_runs().size(), 1'008u);
  EXPECT_EQ(blocks_, 3);
}

}  // namespace
}  // namespace comfytrace::history::sqlite
