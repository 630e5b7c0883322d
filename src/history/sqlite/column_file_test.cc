#include "history/sqlite/column_file.h"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include "history/columns/mirror.h"
#include "history/memory/memory_history.h"
#include "history/sample_facts.h"
#include "history/sample_runs.h"
#include "history/sqlite/column_check.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

constexpr std::int64_t kRoomy = std::int64_t{1} << 30;

std::unique_ptr<SqliteHistory> open(const std::filesystem::path& path, std::int64_t max_column_bytes = kRoomy) {
  auto history = SqliteHistory::open(path, {.max_column_bytes = max_column_bytes});
  EXPECT_TRUE(history) << (history ? "" : history.error().sentence());
  return history ? std::move(*history) : nullptr;
}

void save(RunHistory& history, std::span<const model::Run> runs) {
  const auto saved = history.save(runs);
  ASSERT_TRUE(saved) << saved.error().sentence();
}

std::vector<model::Run> typical_runs(std::uint64_t from, std::uint64_t count) {
  std::vector<model::Run> runs;
  for (std::uint64_t i = from; i < from + count; ++i) runs.push_back(typical_run(i));
  return runs;
}

// A copy of the file as a crash would leave it: with the log, without a clean end.
std::filesystem::path crashed_copy(const std::filesystem::path& path) {
  const std::filesystem::path copy = path.string() + ".crashed";
  for (const char* end : {"", "-wal"}) {
    std::filesystem::copy_file(path.string() + end, copy.string() + end,
                               std::filesystem::copy_options::overwrite_existing);
  }
  return copy;
}

// As good as new: every question has the same answer as in memory, and every fact of the columns is that of the runs.
void expect_equal(const RunHistoryReader& told, const RunHistoryReader& expected, std::uint64_t seed) {
  SampleFacts sample(seed);
  for (int i = 0; i < 12; ++i) {
    StatisticsQuery query;
    query.group_by = static_cast<GroupBy>(i + 3 * static_cast<int>(sample.chance(50)));
    if (sample.chance(30)) query.filter.text = sample.chance(50) ? "castle" : "rain";
    if (sample.chance(20)) query.filter.regex = "cas.le|neon";
    if (sample.chance(30)) query.filter.statuses = {model::Status::success, model::Status::partial};
    if (sample.chance(30)) query.filter.gpus = {"nvidia geforce rtx 3090"};
    const auto a = told.statistics(query);
    const auto b = expected.statistics(query);
    ASSERT_TRUE(a && b) << (a ? "" : a.error().sentence());
    ASSERT_EQ(difference(*a, *b), "") << base::encode_json(query.filter);
    FactsQuery facts;
    facts.filter = query.filter;
    ASSERT_EQ(*told.facts(facts), *expected.facts(facts));
    if (expected.facts({})->empty()) continue;
    const auto key = expected.facts({})->front().scenes.front().key;
    const ScenesQuery scenes{.like = key, .level = LikeLevel::structure};
    ASSERT_EQ(*told.scene_samples(scenes), *expected.scene_samples(scenes));
  }
}

void expect_sound(const std::filesystem::path& path, std::int64_t runs) {
  const auto check = check_columns(path, kRoomy);
  ASSERT_TRUE(check) << check.error().sentence();
  EXPECT_EQ(check->runs, runs);
  EXPECT_EQ(check->differing, 0) << check->first.front();
  EXPECT_GT(check->words, 0);
  EXPECT_EQ(check->words_differing, 0) << check->first.front();
}

class ColumnFile : public ::testing::Test {
 protected:
  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
};

class ColumnsOfHistories : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(ColumnsOfHistories, AgreeWithTheMemoryAfterAnyChanges) {
  const TestFolder folder;
  const auto path = folder.path() / "history.db";
  MemoryHistory memory;
  auto sqlite = open(path);
  RandomRuns random(GetParam());
  for (int round = 0; round < 12; ++round) {
    std::vector<model::Run> runs;
    for (std::int64_t i = random.pick(20); i > 0; --i) {
      const std::int64_t number = random.pick(150);
      runs.push_back(random.chance(60) ? typical_run(static_cast<std::uint64_t>(number), 1 + number % 4)
                                       : random.run("run " + std::to_string(number)));
    }
    save(memory, runs);
    save(*sqlite, runs);
    const std::string target = runs.empty() ? "none" : runs.front().run_id;
    if (random.chance(50)) {
      const RunPatch patch{.tags = std::vector<std::string>{"keep"}, .archived = random.chance(50)};
      ASSERT_EQ(*memory.amend(target, patch), *sqlite->amend(target, patch));
    } else {
      ASSERT_EQ(*memory.remove(target), *sqlite->remove(target));
    }
    if (random.chance(20)) {
      ASSERT_TRUE(memory.prune({.keep_newest = 60}, {}) && sqlite->prune({.keep_newest = 60}, {}));
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(*sqlite, memory, GetParam() * 100 + static_cast<std::uint64_t>(round)));
    // Readers of this process share the columns, those of another make their own.
    const auto shared = open_reader(path, {.columns = sqlite->columns()});
    const auto other = open_reader(path);
    ASSERT_TRUE(shared && other);
    ASSERT_NO_FATAL_FAILURE(expect_equal(**shared, memory, 7));
    ASSERT_NO_FATAL_FAILURE(expect_equal(**other, memory, 8));
    if (random.chance(40)) {
      sqlite.reset();
      sqlite = open(path);
    }
    ASSERT_NO_FATAL_FAILURE(expect_sound(path, memory.info()->runs));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ColumnsOfHistories, ::testing::Range(1u, 5u));

TEST_F(ColumnFile, ASecondStartReadsNoRunAgain) {
  {
    const auto history = open(path_);
    save(*history, typical_runs(0, 300));
  }
  const auto check = check_columns(path_, kRoomy);
  ASSERT_TRUE(check) << check.error().sentence();
  EXPECT_EQ(check->kept_rows, 300);
  EXPECT_EQ(check->read_runs, 0);
  EXPECT_EQ(check->differing, 0);
}

TEST_F(ColumnFile, AfterACrashWhatChangedSinceIsReadAgain) {
  MemoryHistory memory;
  save(memory, typical_runs(0, 300));
  {
    const auto history = open(path_);
    save(*history, typical_runs(0, 200));
  }
  const auto history = open(path_);
  save(*history, typical_runs(200, 100));
  for (const std::uint64_t number : {5, 250}) {
    ASSERT_TRUE(*history->amend(typical_run(number).run_id, {.tags = std::vector<std::string>{"castle"}}));
    ASSERT_TRUE(*memory.amend(typical_run(number).run_id, {.tags = std::vector<std::string>{"castle"}}));
  }
  ASSERT_TRUE(*history->remove(typical_run(7).run_id) && *memory.remove(typical_run(7).run_id));
  const auto copy = crashed_copy(path_);
  const auto check = check_columns(copy, kRoomy);
  ASSERT_TRUE(check) << check.error().sentence();
  EXPECT_EQ(check->kept_rows, 200);
  EXPECT_EQ(check->read_runs, 101) << "100 new ones, one that was amended";
  EXPECT_EQ(check->differing, 0) << check->first.front();
  const auto revived = open(copy);
  expect_equal(*revived, memory, 3);
}

TEST_F(ColumnFile, DamagedChunksAreMadeAgainFromTheRuns) {
  for (const char* damage :
       {"UPDATE column_chunks SET packed = zeroblob(length(packed)) WHERE place = 0",
        "UPDATE column_chunks SET packed = CAST(substr(packed, 1, length(packed) - 9) AS BLOB) WHERE place = 0",
        "UPDATE column_chunks SET packed = x'00' WHERE place = -1", "DELETE FROM column_chunks WHERE place = 0",
        "DELETE FROM column_dead", "DELETE FROM column_chunks", "UPDATE column_dead SET bits = x'0102'"}) {
    const auto path = folder_.path() / (std::to_string(std::hash<std::string>()(damage)) + ".db");
    MemoryHistory memory;
    save(memory, typical_runs(0, 100));
    {
      const auto history = open(path);
      save(*history, typical_runs(0, 100));
    }
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec(damage);
    const auto history = open(path);
    ASSERT_NO_FATAL_FAILURE(expect_equal(*history, memory, 5)) << damage;
  }
}

TEST_F(ColumnFile, AComparisonNamesWhatDiffers) {
  {
    const auto history = open(path_);
    save(*history, typical_runs(0, 50));
  }
  SQLite::Database file(path_.string(), SQLite::OPEN_READWRITE);
  file.exec("DROP TRIGGER columns_changed");
  file.exec("UPDATE runs SET duration_ms = duration_ms + 1 WHERE rid = 3");
  file.exec("DELETE FROM run_details WHERE rid = 4");
  file.exec("DELETE FROM runs WHERE rid = 5");
  const auto check = check_columns(path_, kRoomy);
  ASSERT_TRUE(check) << check.error().sentence();
  EXPECT_EQ(check->runs, 49) << "what went is noticed";
  ASSERT_EQ(check->differing, 2);
  EXPECT_EQ(check->first.front(), "run " + typical_run(2).run_id + " has another duration in the columns");
  EXPECT_EQ(check->first.back(), "the columns have a run 4 that is gone");
}

TEST_F(ColumnFile, BeyondTheirBoundOldRunsAreLeftOutAndItIsSaid) {
  const auto history = open(path_, 150'000);
  for (int i = 0; i < 6'000; i += 500) {
    std::vector<model::Run> runs;
    for (int k = i; k < i + 500; ++k) runs.push_back(simple_run("run " + std::to_string(k), 1'000 + k));
    save(*history, runs);
  }
  const auto all = history->statistics({});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, base::ErrorCode::too_large);
  EXPECT_EQ(all.error().field, "from");
  const auto from_ms = history->columns()->view().covers_from_ms;
  ASSERT_TRUE(from_ms);
  EXPECT_LT(*from_ms, 7'000);
  StatisticsQuery recent;
  recent.filter.from_ms = from_ms;
  EXPECT_EQ(history->statistics(recent)->total.runs, 7'000 - *from_ms);
  EXPECT_EQ(history->page({}, RunSort::newest, 10, "")->total, 6'000) << "lists reach back to the first run";
  EXPECT_EQ(history->facts({})->size(), 50u);
  EXPECT_EQ(history->brief_runs({}).error().code, base::ErrorCode::too_large);
  EXPECT_EQ(history->brief_runs({.held_will_do = true})->runs.size(), 50u);
}

TEST_F(ColumnFile, ARolledBackChangeIsNotInTheColumns) {
  auto history = SqliteHistory::open(path_, {.max_pages = 600});
  ASSERT_TRUE(history);
  std::int64_t kept = 0;
  for (std::uint64_t i = 0; i < 4'000; i += 100) {
    if (!(*history)->save(typical_runs(i, 100))) break;
    kept += 100;
  }
  ASSERT_LT(kept, 4'000) << "the disk was never full";
  EXPECT_EQ((*history)->statistics({})->total.runs, kept);
}

// A history that takes two runs titled "refused" for a fault, and with them all that is saved in the same transaction.
class RefusingHistory {
 public:
  explicit RefusingHistory(const std::filesystem::path& path, std::int64_t max_column_bytes = kRoomy)
      : history_(open(path, max_column_bytes)) {
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE)
        .exec("CREATE UNIQUE INDEX IF NOT EXISTS refusing ON runs(title) WHERE title = 'refused'");
  }
  SqliteHistory& operator*() { return *history_; }
  SqliteHistory* operator->() { return history_.get(); }
  void refuse(std::vector<model::Run> runs) {
    for (const char* run_id : {"refused 1", "refused 2"}) {
      runs.push_back(simple_run(run_id, 1'000));
      runs.back().title = "refused";
    }
    ASSERT_FALSE(history_->save(runs));
  }

 private:
  std::unique_ptr<SqliteHistory> history_;
};

void expect_equal_lists(const RunHistoryReader& told, const RunHistoryReader& expected) {
  for (const RunSort sort : {RunSort::newest, RunSort::oldest, RunSort::longest}) {
    const auto a = told.page({}, sort, 500, "");
    const auto b = expected.page({}, sort, 500, "");
    ASSERT_TRUE(a && b);
    ASSERT_EQ(a->total, b->total);
    ASSERT_EQ(a->runs, b->runs);
  }
}

// Runs of one seed as they come in one transaction: new ones, some of them twice, and some that are there already.
std::vector<model::Run> transaction_of(RandomRuns& random, std::uint64_t first_new) {
  std::vector<model::Run> runs;
  for (std::uint64_t i = 0; i < 6; ++i) {
    runs.push_back(typical_run(first_new + i));
    runs.back().tags = {"castle", "tag " + std::to_string(random.pick(9))};
    if (random.chance(40)) runs.push_back(random.run("odd " + std::to_string(first_new + i)));
    if (!random.chance(40)) continue;
    runs.push_back(runs.back());
    runs.back().story_id = "story " + std::to_string(random.pick(9));
    runs.back().status = model::Status::failed;
  }
  runs.push_back(typical_run(static_cast<std::uint64_t>(random.pick(10))));
  runs.back().story_title = "saved again " + std::to_string(random.pick(99));
  return runs;
}

TEST_F(ColumnFile, FailedTransactionsInARowLeaveNothingInTheColumns) {
  MemoryHistory memory;
  RefusingHistory history(path_);
  RandomRuns random(17);
  save(memory, typical_runs(0, 10));
  save(*history, typical_runs(0, 10));
  const auto reader = open_reader(path_, {.columns = history->columns()});
  ASSERT_TRUE(reader);
  for (std::uint64_t round = 0; round < 12; ++round) {
    for (std::int64_t i = random.pick(4); i >= 0; --i) {
      history.refuse(transaction_of(random, 1'000 + 10 * static_cast<std::uint64_t>(random.pick(100))));
      ASSERT_NO_FATAL_FAILURE(expect_equal_lists(*history, memory));
      ASSERT_NO_FATAL_FAILURE(expect_equal(**reader, memory, round));
    }
    const auto runs = transaction_of(random, 1'000 + 10 * round);
    save(memory, runs);
    save(*history, runs);
    if (random.chance(50)) {
      const std::string amended = typical_run(static_cast<std::uint64_t>(random.pick(10))).run_id;
      ASSERT_TRUE(*history->amend(amended, {.archived = true}) && *memory.amend(amended, {.archived = true}));
    }
    // What goes at the end gives its number to a run that comes.
    if (random.chance(50)) {
      ASSERT_EQ(*history->remove(runs[4].run_id), *memory.remove(runs[4].run_id));
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal_lists(**reader, memory));
    ASSERT_NO_FATAL_FAILURE(expect_equal(*history, memory, 100 + round));
    ASSERT_NO_FATAL_FAILURE(expect_sound(path_, memory.info()->runs));
  }
}

TEST_F(ColumnFile, DeadRowsOfFailedTransactionsAreNotReadFromTheFile) {
  MemoryHistory memory;
  save(memory, typical_runs(0, 40));
  {
    RefusingHistory history(path_);
    save(*history, typical_runs(0, 20));
    history.refuse(typical_runs(100, 50));
    history.refuse(typical_runs(200, 50));
    save(*history, typical_runs(20, 20));
    history.refuse(typical_runs(300, 50));
  }
  ASSERT_NO_FATAL_FAILURE(expect_sound(path_, 40));
  EXPECT_EQ(check_columns(path_, kRoomy)->read_runs, 0);
  const auto history = open(path_);
  ASSERT_NO_FATAL_FAILURE(expect_equal(*history, memory, 9));
  expect_equal_lists(*history, memory);
}

TEST_F(ColumnFile, AFailedTransactionPushesNoRunOutOfTheColumns) {
  std::size_t bytes = 0;
  std::vector<model::Run> runs;
  for (int i = 0; i < 1'000; ++i) runs.push_back(simple_run("run " + std::to_string(i), 1'000 + i));
  {
    const auto history = open(path_);
    save(*history, runs);
    bytes = history->columns()->view().store->bytes();
  }
  RefusingHistory history(path_, static_cast<std::int64_t>(bytes) + 20'000);
  std::vector<model::Run> others;
  for (int i = 0; i < 900; ++i) others.push_back(simple_run("other " + std::to_string(i), 5'000 + i));
  for (int i = 0; i < 3; ++i) {
    history.refuse(others);
    EXPECT_EQ(history->columns()->view().covers_from_ms, std::nullopt);
    const auto all = history->statistics({});
    ASSERT_TRUE(all) << all.error().sentence();
    EXPECT_EQ(all->total.runs, 1'000);
  }
  EXPECT_LT(history->columns()->view().store->rows(), 2'000u) << "what is dead goes first";
}

}  // namespace
}  // namespace comfytrace::history
