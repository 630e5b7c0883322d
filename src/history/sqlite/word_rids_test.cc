#include "history/sqlite/word_rids.h"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include "history/memory/memory_history.h"
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

template <class T>
T must(base::Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().sentence());
  return result ? std::move(*result) : T();
}

RunFilter with_text(const std::string& text) {
  RunFilter filter;
  filter.text = text;
  return filter;
}

// A history with readers that stay, and the same in memory.
class WordRids : public ::testing::Test {
 protected:
  void SetUp() override {
    history_ = must(SqliteHistory::open(path_));
    SqliteOptions options;
    options.columns = history_->columns();
    reader_ = must(open_reader(path_, options));
    other_ = must(open_reader(path_, options));
  }
  void save(const model::Run& run) {
    ASSERT_TRUE(history_->save(std::span(&run, 1)) && memory_.save(std::span(&run, 1)));
  }
  static std::vector<std::string> ids_of(const RunHistoryReader& reader, const std::string& text) {
    std::vector<std::string> ids;
    for (const auto& run : must(reader.page(with_text(text), 1'000, "")).runs) ids.push_back(run.run_id);
    return ids;
  }
  [[nodiscard]] std::optional<columns::KnownRids::Known> known(const std::string& word) const {
    return history_->columns()->known().find(word);
  }
  [[nodiscard]] std::uint32_t rows() const { return history_->columns()->view().snapshot.rows; }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  MemoryHistory memory_;
  std::unique_ptr<SqliteHistory> history_;
  std::unique_ptr<RunHistoryReader> reader_;
  std::unique_ptr<RunHistoryReader> other_;
};

TEST_F(WordRids, TellTheSameAsWithoutThemWhateverChanges) {
  RandomRuns random(5);
  for (int step = 0; step < 250; ++step) {
    const std::string run_id = "run " + std::to_string(random.pick(30));
    if (const auto what = random.pick(10); what < 6) {
      save(random.run(run_id));
    } else if (what < 8) {
      const RunPatch patch{.notes = random.chance(50) ? "zebra crossing" : "none"};
      ASSERT_EQ(must(history_->amend(run_id, patch)), must(memory_.amend(run_id, patch)));
    } else {
      ASSERT_EQ(must(history_->remove(run_id)), must(memory_.remove(run_id)));
    }
    for (const char* text : {"zebra", "z", "a", "zebra cross", "zebra a", "crossing nowhere"}) {
      const RunHistoryReader& reader = random.chance(50) ? *reader_ : *other_;
      ASSERT_EQ(ids_of(reader, text), ids_of(memory_, text)) << text << ", step " << step;
      ASSERT_EQ(must(reader.statistics({.filter = with_text(text)})).total.runs,
                must(memory_.statistics({.filter = with_text(text)})).total.runs);
    }
  }
}

TEST_F(WordRids, AreAskedForOnceByAllReaders) {
  for (std::uint64_t i = 0; i < 20; ++i) save(typical_run(i));
  EXPECT_EQ(ids_of(*reader_, "cinematic").size(), 20u);
  auto told = known("cinematic");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->rows, rows());
  // What is known counts, wrong as it is made here.
  told->rids = std::make_shared<const columns::RidSet>();
  history_->columns()->known().put("cinematic", *told);
  EXPECT_TRUE(ids_of(*other_, "cinematic").empty());
  save(typical_run(20));
  EXPECT_EQ(ids_of(*other_, "cinematic"), std::vector{typical_run(20).run_id});
  EXPECT_EQ(known("cinematic")->rows, rows());
}

TEST_F(WordRids, AfterVeryManyChangesAreAskedForAnew) {
  save(typical_run(0));
  EXPECT_EQ(ids_of(*reader_, "cinematic").size(), 1u);
  auto wrong = known("cinematic");
  wrong->rids = std::make_shared<const columns::RidSet>();
  history_->columns()->known().put("cinematic", *wrong);
  std::vector<model::Run> many;
  for (std::uint64_t i = 1; i <= 51; ++i) many.push_back(typical_run(i));
  ASSERT_TRUE(history_->save(many));
  EXPECT_EQ(ids_of(*reader_, "cinematic").size(), 52u);
}

TEST_F(WordRids, AreAskedOfFts5WhereItsPagesAreNotOfTheKnownForm) {
  for (std::uint64_t i = 0; i < 20; ++i) save(typical_run(i));
  // Of a setting that it does not know FTS5 makes nothing.
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE)
      .exec("INSERT INTO run_words_config VALUES ('secure-delete', 1)");
  EXPECT_EQ(ids_of(*reader_, "cinematic").size(), 20u);
  EXPECT_EQ(ids_of(*reader_, "nowhere").size(), 0u);
}

TEST_F(WordRids, OfAReaderWithColumnsOfItsOwnAreItsOwn) {
  save(typical_run(0));
  const auto alone = must(open_reader(path_));
  const StatisticsQuery query{.filter = with_text("cinematic")};
  EXPECT_EQ(must(alone->statistics(query)).total.runs, 1);
  EXPECT_FALSE(known("cinematic"));
  save(typical_run(1));
  EXPECT_EQ(must(alone->statistics(query)).total.runs, 2);
}

}  // namespace
}  // namespace comfytrace::history
