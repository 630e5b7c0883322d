#include "history/sqlite/sqlite_history.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <thread>

#include "base/codec.h"
#include "history/sample_runs.h"
#include "history/sqlite/schema.h"

namespace comfytrace::history {
namespace {

using base::ErrorCode;

class SqliteHistoryFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SqliteHistory> open(const SqliteOptions& options = {}) const {
    auto history = SqliteHistory::open(path_, options);
    EXPECT_TRUE(history) << (history ? "" : history.error().sentence());
    return history ? std::move(*history) : nullptr;
  }
  [[nodiscard]] base::Error refusal() const {
    auto history = SqliteHistory::open(path_);
    EXPECT_FALSE(history);
    return history ? base::Error{} : history.error();
  }
  void fill(int runs) const {
    const auto history = open();
    for (int i = 0; i < runs; ++i) save(*history, typical_run(static_cast<std::uint64_t>(i)));
  }
  static void save(RunHistory& history, const model::Run& run) {
    const auto saved = history.save(std::span(&run, 1));
    ASSERT_TRUE(saved) << saved.error().sentence();
  }
  void sql(const std::string& statements) const {
    SQLite::Database(path_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(statements);
  }
  void overwrite(std::streamoff at, std::size_t bytes) const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << std::string(bytes, '\x5A');
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
};

// What a commit adds to the indexes waits until its end; a later change of the same commit must take it out again.
TEST_F(SqliteHistoryFile, FindsARunOfOneCommitByItsLastFormAlone) {
  const auto history = open();
  model::Run first = typical_run(1, 1);
  first.title = "walrus";
  first.scenes[0].attempts[0].worker_id = "worker-a";
  model::Run last = first;
  last.title = "heron";
  last.scenes[0].attempts[0].worker_id = "worker-b";
  ASSERT_TRUE(history->save(std::array{first, typical_run(2, 1), last}));
  const auto found = [&](const RunFilter& filter) {
    return (*history->page(filter, RunSort::newest, 9, "")).runs.size();
  };
  EXPECT_EQ(found({.text = "walrus"}), 0u);
  EXPECT_EQ(found({.text = "heron"}), 1u);
  EXPECT_EQ(found({.worker_ids = {"worker-a"}}), 0u);
  EXPECT_EQ(found({.worker_ids = {"worker-b"}}), 1u);
  const std::string& prompt_id = last.scenes[0].attempts[0].prompt_id;
  EXPECT_FALSE(*history->run_of_prompt("worker-a", prompt_id));
  EXPECT_EQ(*history->run_of_prompt("worker-b", prompt_id), last.run_id);
  EXPECT_TRUE(*history->remove(last.run_id));
  EXPECT_EQ(found({.text = "heron"}), 0u);
}

TEST_F(SqliteHistoryFile, IsThereAgainAfterReopening) {
  fill(3);
  const auto again = open();
  EXPECT_EQ(again->info()->runs, 3);
  EXPECT_EQ(*again->get(typical_run(1).run_id), typical_run(1));
}

TEST_F(SqliteHistoryFile, LeavesNoLogBehindEvenWithReadersOpen) {
  auto history = open();
  const auto reader = open_reader(path_);
  ASSERT_TRUE(reader);
  save(*history, typical_run(1));
  EXPECT_EQ((*reader)->info()->runs, 1);
  history.reset();
  std::error_code none;
  const auto log = std::filesystem::file_size(path_.string() + "-wal", none);
  EXPECT_TRUE(none || log == 0);
}

TEST_F(SqliteHistoryFile, HasOneOwnerWhoIsNamedToTheSecond) {
  const auto first = open({.owner_url = "http://127.0.0.1:8189"});
  const base::Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::conflict);
  EXPECT_NE(error.message.find("pid " + std::to_string(::getpid())), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("http://127.0.0.1:8189"), std::string::npos) << error.message;
  EXPECT_NE(error.mend.find("--store"), std::string::npos);
}

TEST_F(SqliteHistoryFile, ReadersSeeWhatIsWrittenMeanwhile) {
  const auto history = open();
  const auto reader = open_reader(path_);
  ASSERT_TRUE(reader) << reader.error().sentence();
  EXPECT_EQ((*reader)->page({}, 10, "")->total, 0);
  save(*history, typical_run(1));
  EXPECT_EQ((*reader)->page({}, 10, "")->total, 1);
  EXPECT_EQ(*(*reader)->get(typical_run(1).run_id), typical_run(1));
}

TEST_F(SqliteHistoryFile, ReaderOfNothingSaysSo) {
  const auto reader = open_reader(path_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SqliteHistoryFile, RefusesAFileOfANewerVersion) {
  fill(1);
  sql("PRAGMA user_version = 7");
  const base::Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::conflict);
  EXPECT_NE(error.message.find("written by a newer comfytrace (schema 7, this one knows "), std::string::npos);
  EXPECT_EQ(error.mend, "start that version, or name another file with --store");
  const auto reader = open_reader(path_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::conflict);
}

TEST_F(SqliteHistoryFile, RefusesADatabaseOfAnotherProgramAndLeavesItAlone) {
  sql("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  EXPECT_EQ(refusal().code, ErrorCode::conflict);
  SQLite::Database theirs(path_.string());
  EXPECT_EQ(theirs.execAndGet("SELECT COUNT(*) FROM sqlite_schema").getInt(), 1);
  EXPECT_EQ(theirs.execAndGet("PRAGMA journal_mode").getString(), "delete");
}

TEST_F(SqliteHistoryFile, RefusesWhatIsNoDatabase) {
  std::ofstream(path_) << "dear diary, this is not a database but a text of some length\n";
  const base::Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.mend.find("--store"), std::string::npos);
}

TEST_F(SqliteHistoryFile, TellsADamagedHeader) {
  fill(50);
  overwrite(0, 16);
  EXPECT_EQ(refusal().code, ErrorCode::corrupt);
}

TEST_F(SqliteHistoryFile, TellsATruncatedFile) {
  fill(200);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2 / 4096 * 4096);
  auto history = SqliteHistory::open(path_);
  if (!history) {
    EXPECT_EQ(history.error().code, ErrorCode::corrupt);
    return;
  }
  const auto all = (*history)->for_each({}, [](const model::Run&) { return true; });
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::corrupt);
}

TEST_F(SqliteHistoryFile, TellsDamagedPages) {
  fill(200);
  overwrite(8 * 4096, std::filesystem::file_size(path_) - 8 * 4096);
  auto history = SqliteHistory::open(path_);
  if (!history) {
    EXPECT_EQ(history.error().code, ErrorCode::corrupt);
    return;
  }
  const auto all = (*history)->for_each({}, [](const model::Run&) { return true; });
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::corrupt) << all.error().sentence();
}

TEST_F(SqliteHistoryFile, TellsDetailsThatCannotBeRead) {
  fill(3);
  sql("UPDATE run_details SET details = substr(details, 1, length(details) - 5) WHERE rid = 2");
  const auto history = open();
  const auto run = history->get(typical_run(1).run_id);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(history->get(typical_run(2).run_id));
  EXPECT_EQ(history->page({}, 10, "")->runs.size(), 3u) << "lists do not need the details";
}

TEST_F(SqliteHistoryFile, NeedsADirectoryItCanWriteTo) {
  path_ = folder_.path() / "missing" / "history.db";
  EXPECT_EQ(refusal().code, ErrorCode::unavailable);
  std::ofstream(folder_.path() / "file") << "x";
  path_ = folder_.path() / "file" / "history.db";
  EXPECT_EQ(refusal().code, ErrorCode::unavailable);
  path_ = "/proc/history.db";
  EXPECT_EQ(refusal().code, ErrorCode::unavailable);
}

TEST_F(SqliteHistoryFile, LosesNothingWhenTheDiskIsFull) {
  // However the last pages are filled, there is room to prune.
  for (std::int64_t pages = 136; pages < 144; ++pages) {
    SCOPED_TRACE(pages);
    path_ = folder_.path() / (std::to_string(pages) + ".db");
    const auto history = open({.max_pages = pages});
    std::uint64_t stored = 0;
    base::Result<void> saved;
    while (saved && stored < 10'000) {
      const model::Run run = typical_run(stored);
      saved = history->save(std::span(&run, 1));
      if (saved) ++stored;
    }
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, ErrorCode::unavailable);
    EXPECT_NE(saved.error().message.find("full"), std::string::npos) << saved.error().message;
    EXPECT_EQ(history->info()->runs, static_cast<std::int64_t>(stored));
    EXPECT_EQ(*history->get(typical_run(stored - 1).run_id), typical_run(stored - 1));
    const auto pruned = history->prune({.keep_newest = 10}, {});
    ASSERT_TRUE(pruned) << pruned.error().sentence();
    EXPECT_EQ(pruned->runs, static_cast<std::int64_t>(stored) - 10);
    const model::Run run = typical_run(stored);
    saved = history->save(std::span(&run, 1));
    EXPECT_TRUE(saved) << saved.error().sentence();
    EXPECT_EQ(*history->get(run.run_id), run);
  }
}

TEST_F(SqliteHistoryFile, BacksUpWhatCanBeOpenedAsAHistory) {
  const auto history = open();
  for (std::uint64_t i = 0; i < 20; ++i) save(*history, typical_run(i));
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(history->backup(copy));
  save(*history, typical_run(99));
  const auto reader = open_reader(copy);
  ASSERT_TRUE(reader) << reader.error().sentence();
  EXPECT_EQ((*reader)->info()->runs, 20);
  EXPECT_EQ(*(*reader)->get(typical_run(7).run_id), typical_run(7));
}

TEST_F(SqliteHistoryFile, ForgetsPromptsWithTheirLastRun) {
  const auto history = open();
  save(*history, typical_run(1));
  save(*history, typical_run(2));
  const auto prompts = [&] {
    return SQLite::Database(path_.string()).execAndGet("SELECT COUNT(*) FROM prompts").getInt();
  };
  EXPECT_EQ(prompts(), 5);  // four scenes' own, and one negative prompt for all
  ASSERT_TRUE(*history->remove(typical_run(1).run_id));
  EXPECT_EQ(prompts(), 5);
  ASSERT_TRUE(*history->remove(typical_run(2).run_id));
  EXPECT_EQ(prompts(), 0);
}

TEST_F(SqliteHistoryFile, MigratesAfterMakingACopy) {
  fill(2);
  std::vector<sqlite::Migration> steps(sqlite::migrations().begin(), sqlite::migrations().end());
  const std::int64_t before = steps.back().to;
  steps.push_back({before + 1, [](sqlite::Connection& c) { c.exec("CREATE TABLE later (x) STRICT"); }});
  steps.back().apply = [](sqlite::Connection& c) { c.exec("CREATE TABLE later (x INTEGER) STRICT"); };
  {
    sqlite::Connection connection(path_, sqlite::Connection::Mode::write, 1 << 20);
    sqlite::migrate(connection, steps);
    EXPECT_EQ(connection.pragma("user_version"), before + 1);
    sqlite::migrate(connection, steps);
  }
  const auto copy = open_reader(path_.string() + ".schema" + std::to_string(before) + ".bak");
  ASSERT_TRUE(copy) << copy.error().sentence();
  EXPECT_EQ((*copy)->info()->runs, 2);
}

TEST_F(SqliteHistoryFile, BringsAFileOfSchema1UpToDate) {
  const std::filesystem::path samples = std::filesystem::path(COMFYTRACE_SOURCE_DIR) / "tests" / "histories";
  std::ifstream older(samples / "schema1_prompts.sql");
  sql(std::string(std::istreambuf_iterator<char>(older), {}));
  const auto history = open();
  EXPECT_EQ(history->info()->schema_version, sqlite::newest(sqlite::migrations()));
  EXPECT_TRUE(std::filesystem::exists(path_.string() + ".schema1.bak"));
  std::ifstream lines(samples / "schema1_prompts.jsonl");
  std::vector<model::Run> runs;
  for (std::string line; std::getline(lines, line);) runs.push_back(base::decode_json<model::Run>(line).value());
  ASSERT_EQ(runs.size(), 6u);
  std::map<std::string, std::set<std::string>> by_prompt;
  for (const auto& run : runs) {
    const auto stored = history->get(run.run_id);
    ASSERT_TRUE(stored && *stored) << run.run_id;
    EXPECT_EQ(model::summarise(**stored), model::summarise(run));  // decimals of JSON are not exact to the last bit
    for (const auto& scene : run.scenes) {
      for (const auto& prompt : {scene.parameters.positive_prompt, scene.parameters.negative_prompt}) {
        if (prompt) by_prompt[*prompt].insert(run.run_id);
      }
    }
  }
  // Every prompt is found, short ones too, which schema 1 did not index.
  for (const auto& [prompt, ids] : by_prompt) {
    RunFilter filter;
    filter.regex = "^\\Q" + prompt + "\\E$";
    std::set<std::string> found;
    const auto page = history->page(filter, 10, "");
    ASSERT_TRUE(page) << page.error().sentence();
    for (const auto& run : page->runs) found.insert(run.run_id);
    EXPECT_TRUE(std::ranges::includes(found, ids)) << prompt;
  }
  EXPECT_EQ(history->page({}, RunSort::longest, 10, "")->runs.size(), 6u);
  // Nothing is left behind when all of it goes.
  for (const auto& run : runs) ASSERT_TRUE(*history->remove(run.run_id));
  SQLite::Database file(path_.string());
  for (const char* table : {"runs", "facet_blocks", "prompts", "prompt_places"})
    EXPECT_EQ(file.execAndGet("SELECT COUNT(*) FROM " + std::string(table)).getInt(), 0) << table;
}

TEST_F(SqliteHistoryFile, TakesTenThousandPresetsAndNoMore) {
  const auto history = open();
  sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO "
      "filter_presets(name, "
      "preset) SELECT 'p' || i, json_object('name', 'p' || i, 'query', 'status=failed', 'createdAtMs', i) FROM n");
  EXPECT_EQ(history->presets()->size(), 10'000u);
  EXPECT_EQ((*history->preset("p10000"))->created_at_ms, 10'000);
  const auto refused = history->save_preset({"one more", "", 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_FALSE(refused.error().mend.empty());
  EXPECT_TRUE(history->save_preset({"p1", "status=success", 1}));
  EXPECT_EQ((*history->preset("p1"))->query, "status=success");
  ASSERT_TRUE(*history->remove_preset("p2"));
  EXPECT_TRUE(history->save_preset({"one more", "", 1}));
}

TEST_F(SqliteHistoryFile, KeepsTheOldSchemaWhenAMigrationFails) {
  fill(2);
  std::vector<sqlite::Migration> steps(sqlite::migrations().begin(), sqlite::migrations().end());
  const std::int64_t before = steps.back().to;
  steps.push_back({before + 1, [](sqlite::Connection& c) {
                     c.exec("DROP TABLE run_details");
                     c.exec("no such statement");
                   }});
  {
    sqlite::Connection connection(path_, sqlite::Connection::Mode::write, 1 << 20);
    EXPECT_THROW(sqlite::migrate(connection, steps), SQLite::Exception);
  }
  EXPECT_EQ(*open()->get(typical_run(1).run_id), typical_run(1));
}

// Saves runs and tells each one's number on `fd` once it is durable, until it is killed.
[[noreturn]] void save_for_ever(const std::filesystem::path& path, std::uint64_t from, int fd) {
  auto history = SqliteHistory::open(path);
  if (!history) ::_exit(3);
  for (std::uint64_t number = from;; ++number) {
    const model::Run run = typical_run(number);
    if (!(*history)->save(std::span(&run, 1))) ::_exit(4);
    if (::write(fd, &number, sizeof number) != sizeof number) ::_exit(5);
  }
}

TEST_F(SqliteHistoryFile, KeepsEveryAcknowledgedRunWhenKilled) {
  std::vector<std::uint64_t> acknowledged;
  std::mt19937 random(7);
  for (std::uint64_t round = 0; round < 25; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) save_for_ever(path_, round * 100'000, pipe[1]);
    ::close(pipe[1]);
    std::uint64_t number = 0;
    std::size_t left = 1 + random() % 30;
    while (left-- > 0 && ::read(pipe[0], &number, sizeof number) == sizeof number) acknowledged.push_back(number);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    while (::read(pipe[0], &number, sizeof number) == sizeof number) acknowledged.push_back(number);
    ::close(pipe[0]);
  }
  ASSERT_GE(acknowledged.size(), 25u);
  const auto history = open();
  for (const std::uint64_t number : acknowledged)
    ASSERT_EQ(*history->get(typical_run(number).run_id), typical_run(number)) << number;
  SQLite::Database database(path_.string());
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_EQ(database.execAndGet("SELECT SUM(runs) FROM run_tally").getInt64(),
            database.execAndGet("SELECT COUNT(*) FROM run_details").getInt64());
}

}  // namespace
}  // namespace comfytrace::history
