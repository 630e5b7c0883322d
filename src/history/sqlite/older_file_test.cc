#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/codec.h"
#include "history/sample_runs.h"
#include "history/sqlite/column_check.h"
#include "history/sqlite/rid_blocks.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A file that the first schema and the first form of a run's details were written in.
TEST(OlderFile, OfTheFirstSchemaIsReadAsItWasWritten) {
  const std::filesystem::path kept = COMFYTRACE_SOURCE_DIR "/tests/histories";
  const auto expected = base::decode_json<std::vector<model::Run>>(text_of(kept / "schema1.json"));
  ASSERT_TRUE(expected) << expected.error().sentence();
  ASSERT_GE(expected->size(), 8u);
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  std::filesystem::copy_file(kept / "schema1.sqlite", path);
  const auto opened = SqliteHistory::open(path);
  ASSERT_TRUE(opened) << opened.error().sentence();
  for (const model::Run& run : *expected) {
    const auto read = (*opened)->get(run.run_id);
    ASSERT_TRUE(read && read->has_value()) << run.run_id;
    EXPECT_EQ(**read, run);
    // Written anew in today's form it is still the same.
    ASSERT_TRUE((*opened)->save({&run, 1}));
    EXPECT_EQ(**(*opened)->get(run.run_id), run);
  }
}

using Facets = std::set<std::array<std::int64_t, 3>>;  // kind, value, run

Facets facets_in(const std::filesystem::path& path) {
  Facets facets;
  SQLite::Database file(path.string());
  const bool has_blocks = file.tableExists("facet_blocks");
  SQLite::Statement query(file, has_blocks ? "SELECT kind, value, rid, others FROM facet_blocks"
                                           : "SELECT kind, value, rid, x'' FROM run_facets");
  while (query.executeStep()) {
    const auto others = query.getColumn(3).getString();
    for (const std::int64_t rid : sqlite::rids_of_block(query.getColumn(2).getInt64(), others))
      facets.insert({query.getColumn(0).getInt64(), query.getColumn(1).getInt64(), rid});
  }
  return facets;
}

TEST(OlderFile, OfSchema4HasTheSameFacetsInBlocks) {
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec(text_of(COMFYTRACE_SOURCE_DIR "/tests/histories/schema4.sql"));
  const Facets before = facets_in(path);
  ASSERT_EQ(before.size(), 210u);
  ASSERT_TRUE(SqliteHistory::open(path));
  EXPECT_EQ(facets_in(path), before);
  EXPECT_FALSE(SQLite::Database(path.string()).tableExists("run_facets"));
  const auto check = check_columns(path, std::int64_t{1} << 30);
  ASSERT_TRUE(check) << check.error().sentence();
  EXPECT_EQ(check->runs, 24);
  EXPECT_EQ(check->differing + check->words_differing + check->facets_differing, 0) << check->first.front();
}

// One whose columns were packed by a version that did so by zlib and JSON, or by one that kept what the classes of node
// took among the details of each run.
class OlderColumns : public ::testing::TestWithParam<std::string> {
 protected:
  OlderColumns() {
    std::filesystem::copy_file(COMFYTRACE_SOURCE_DIR "/tests/histories/columns" + GetParam() + ".sqlite", path_);
  }
  // Of the packed parts in the file.
  [[nodiscard]] std::int64_t parts_of_form(const std::string& form) const {
    SQLite::Database file(path_.string(), SQLite::OPEN_READWRITE);
    return file.execAndGet("SELECT COUNT(*) FROM column_chunks WHERE substr(packed, 1, 4) = x'" + form + "000000'");
  }
  void expect(std::int64_t kept_rows, std::int64_t read_runs) const {
    const auto check = check_columns(path_, std::int64_t{1} << 30);
    ASSERT_TRUE(check) << check.error().sentence();
    EXPECT_EQ(check->runs, 24);
    EXPECT_EQ(check->kept_rows, kept_rows);
    EXPECT_EQ(check->read_runs, read_runs);
    EXPECT_EQ(check->differing, 0) << check->first.front();
  }
  // How many runs it says that it reads one by one.
  [[nodiscard]] std::vector<std::int64_t> told_at_opening() const {
    std::vector<std::int64_t> told;
    EXPECT_TRUE(SqliteHistory::open(path_, {.on_columns_anew = [&](std::int64_t runs) { told.push_back(runs); }}));
    return told;
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
};

INSTANTIATE_TEST_SUITE_P(OfEachForm, OlderColumns, ::testing::Values("2", "3"));

TEST_P(OlderColumns, AreReadWithoutReadingTheRunsAndThenPackedAnew) {
  ASSERT_EQ(parts_of_form("0" + GetParam()), 2);
  expect(0, 0);
  EXPECT_TRUE(told_at_opening().empty());
  EXPECT_EQ(parts_of_form("04"), 2);
  EXPECT_EQ(parts_of_form("0" + GetParam()), 0);
  expect(24, 0);
}

TEST_P(OlderColumns, OfAFormThatIsNotKnownAreMadeAnewAndItIsSaid) {
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE column_chunks SET packed = CAST(x'01000000' || substr(packed, 5) AS BLOB) WHERE place = 0");
  expect(0, 24);
  EXPECT_EQ(told_at_opening(), std::vector<std::int64_t>{24});
  EXPECT_EQ(parts_of_form("04"), 2);
  expect(24, 0);
}

}  // namespace
}  // namespace comfytrace::history
