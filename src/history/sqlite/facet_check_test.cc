#include "history/sqlite/facet_check.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "history/sample_runs.h"
#include "history/sqlite/column_check.h"
#include "history/sqlite/rid_blocks.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

constexpr std::uint64_t kRuns = 700;  // more than stand in a block

class FacetCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteHistory::open(path_);
    ASSERT_TRUE(opened);
    history_ = std::move(*opened);
    std::vector<model::Run> runs;
    for (std::uint64_t i = 0; i < kRuns; ++i) runs.push_back(typical_run(i));
    ASSERT_TRUE(history_->save(runs));
  }
  [[nodiscard]] ColumnCheck check() const {
    auto check = check_columns(path_, std::int64_t{1} << 30);
    EXPECT_TRUE(check);
    return check ? std::move(*check) : ColumnCheck();
  }
  [[nodiscard]] ColumnCheck check_after(const std::string& change) const {
    SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec(change);
    return check();
  }
  [[nodiscard]] std::int64_t blocks() const {
    return SQLite::Database(path_.string()).execAndGet("SELECT COUNT(*) FROM facet_blocks").getInt64();
  }
  // By the rows, not by columns.
  [[nodiscard]] std::int64_t tagged(const std::string& tag) const {
    RunFilter filter;
    filter.tags = {tag};
    std::int64_t runs = 0;
    EXPECT_TRUE((*open_reader(path_))->for_each(filter, [&](const model::Run& run) {
      EXPECT_NE(std::ranges::find(run.tags, tag), run.tags.end()) << run.run_id;
      ++runs;
      return true;
    }));
    return runs;
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  std::unique_ptr<SqliteHistory> history_;
};

TEST_F(FacetCheck, FindsNothingWhereTheListsHaveTheFacetsOfTheRuns) {
  EXPECT_EQ(check().facets_differing, 0);
  EXPECT_LT(blocks(), 300) << "runs of a commit stand together";
}

TEST_F(FacetCheck, TellsOfAListThatIsLost) {
  const auto check = check_after(
      "DELETE FROM facet_blocks WHERE kind = 4 AND value IN (SELECT value FROM facet_blocks "
      "WHERE kind = 4 LIMIT 1)");
  EXPECT_EQ(check.facets_differing, 1);
  ASSERT_FALSE(check.first.empty());
  EXPECT_NE(check.first.front().find("by model a filter finds"), std::string::npos) << check.first.front();
}

TEST_F(FacetCheck, TellsOfARunThatTheListAloneHas) {
  EXPECT_EQ(check_after("INSERT INTO facet_blocks SELECT 5, name_id, 7, x'01' FROM names LIMIT 1").facets_differing, 1);
}

TEST_F(FacetCheck, TellsOfAListOutOfOrder) {
  EXPECT_EQ(check_after("UPDATE facet_blocks SET rid = 600 WHERE kind = 1 AND rid = 1").facets_differing, 2);
}

TEST_F(FacetCheck, FindsNothingAfterRunsChangedAndWentInAnyOrder) {
  std::mt19937 random(11);
  std::map<std::string, std::string> tag_of;  // by run
  std::set<std::string> gone;
  for (int change = 0; change < 400; ++change) {
    const auto number = random() % (kRuns + 100);
    const model::Run run = typical_run(number);
    switch (random() % 4) {
      case 0:
        ASSERT_TRUE(history_->remove(run.run_id));
        tag_of.erase(run.run_id);
        gone.insert(run.run_id);
        break;
      case 1:
        ASSERT_TRUE(history_->save({&run, 1}));
        break;
      default: {
        const std::string tag = random() % 3 == 0 ? "rare" + std::to_string(change % 7) : "often";
        const auto amended = history_->amend(run.run_id, {.tags = std::vector{tag}});
        ASSERT_TRUE(amended);
        if (*amended) tag_of[run.run_id] = tag;
      }
    }
  }
  const auto found = check();
  EXPECT_EQ(found.differing, 0);
  EXPECT_EQ(found.facets_differing, 0) << found.first.front();
  ASSERT_GT(gone.size(), 50u);
  for (const std::string tag : {"often", "rare1", "rare4"})
    EXPECT_EQ(tagged(tag), std::ranges::count_if(tag_of, [&](const auto& one) { return one.second == tag; })) << tag;
}

TEST_F(FacetCheck, FindsBlocksThatStayShort) {
  for (std::uint64_t i = 0; i < kRuns; ++i)
    ASSERT_TRUE(*history_->amend(typical_run(i * 257 % kRuns).run_id, {.tags = std::vector<std::string>{"all"}}));
  EXPECT_EQ(check().facets_differing, 0);
  EXPECT_EQ(tagged("all"), static_cast<std::int64_t>(kRuns));
  SQLite::Database file(path_.string());
  SQLite::Statement query(file, "SELECT rid, others FROM facet_blocks WHERE kind = 5");
  while (query.executeStep()) {
    const auto bytes = query.getColumn(1);
    const auto rids = sqlite::rids_of_block(query.getColumn(0).getInt64(), bytes.getString());
    EXPECT_LE(rids.size(), sqlite::kMostInBlock);
  }
}

}  // namespace
}  // namespace comfytrace::history
