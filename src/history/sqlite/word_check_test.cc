#include "history/sqlite/word_check.h"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include "history/sample_runs.h"
#include "history/sqlite/column_check.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

class WordCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    auto history = SqliteHistory::open(path_);
    ASSERT_TRUE(history);
    for (std::uint64_t i = 0; i < 40; ++i) {
      const model::Run run = typical_run(i);
      ASSERT_TRUE((*history)->save({&run, 1}));
    }
    const RunPatch patch{.tags = std::vector<std::string>{"écluse", "日本"}};
    ASSERT_TRUE((*history)->amend(typical_run(3).run_id, patch));
  }
  [[nodiscard]] ColumnCheck check_after(const std::string& change) const {
    SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec(change);
    auto check = check_columns(path_, std::int64_t{1} << 30);
    EXPECT_TRUE(check);
    return check ? std::move(*check) : ColumnCheck();
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
};

TEST_F(WordCheck, FindsNothingWhereTheIndexHasTheWordsOfTheRuns) {
  const auto check = check_after("SELECT 1");
  EXPECT_GT(check.words, 255);
  EXPECT_EQ(check.words_differing, 0) << check.first.front();
}

TEST_F(WordCheck, TellsOfAWordThatTheIndexHasLost) {
  const auto check = check_after("INSERT INTO run_words(run_words, rowid, words) VALUES ('delete', 7, 'cinematic')");
  EXPECT_EQ(check.differing, 0);
  EXPECT_GT(check.words_differing, 0);
  ASSERT_FALSE(check.first.empty());
  EXPECT_NE(check.first.front().find("1 runs differ in whether a text filter finds them by \"c"), std::string::npos)
      << check.first.front();
}

TEST_F(WordCheck, TellsOfAWordThatTheIndexAloneHas) {
  const auto check = check_after("INSERT INTO run_words(rowid, words) VALUES (7, 'xylophone 本')");
  EXPECT_EQ(check.words_differing, 4) << "each word and its first byte";
}

TEST_F(WordCheck, LooksOnlyForRunsThatThereAre) {
  EXPECT_EQ(check_after("INSERT INTO run_words(rowid, words) VALUES (20, 'xylophone'); DELETE FROM runs WHERE rid = 20")
                .words_differing,
            0);
}

TEST_F(WordCheck, IsNotMadeWhereARunIsDamaged) {
  const auto check = check_after("UPDATE run_details SET details = x'00' WHERE rid = 7");
  EXPECT_GT(check.differing, 0);
  EXPECT_EQ(check.words, 0);
}

}  // namespace
}  // namespace comfytrace::history
