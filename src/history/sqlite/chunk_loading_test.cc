#include "history/sqlite/chunk_loading.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "history/columns/chunk_codec.h"
#include "history/sample_facts.h"
#include "history/sample_runs.h"
#include "history/sqlite/column_file.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::ColumnStore;
using columns::kChunkRows;

constexpr std::uint32_t kRows = 2 * kChunkRows + 1'234;

// A file with three chunks, some of whose rows are dead, one of them odd.
class ChunkLoading : public ::testing::Test {
 protected:
  ChunkLoading() {
    EXPECT_TRUE(SqliteHistory::open(path_));
    session_ = std::make_unique<Session>(path_, Connection::Mode::write, 1 << 20);
    SampleFacts sample(3);
    std::vector<RunFacts> some;
    for (std::uint64_t number = 0; number < 500; ++number) some.push_back(sample.run(number));
    for (std::uint32_t row = 0; row < kRows; ++row) {
      RunFacts& facts = some[row % some.size()];
      facts.created_at_ms = sample_time_ms(row);
      facts.duration_ms = row == kOdd ? std::int64_t{1} << 40 : row;
      EXPECT_TRUE(store_.append(rid_of(row), facts));
    }
    for (std::uint32_t row = kChunkRows; row < 2 * kChunkRows; row += 1'000) store_.remove(rid_of(row));
    store_.publish();
    write_columns(*session_, store_, std::nullopt, 0);
  }
  static std::int64_t rid_of(std::uint32_t row) { return row < 100 ? 1'000'000 + row : row; }
  void damage(const char* sql) { session_->connection.exec(sql); }

  static constexpr std::uint32_t kOdd = kChunkRows + 5;
  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  std::unique_ptr<Session> session_;
  ColumnStore store_;
};

TEST_F(ChunkLoading, GivesEveryRowOfEveryChunkAsItWas) {
  const LoadedChunks loaded = load_chunks(session_->connection);
  ASSERT_TRUE(loaded.store);
  EXPECT_FALSE(loaded.is_older);
  EXPECT_EQ(loaded.store->rows(), kRows);
  EXPECT_EQ(loaded.store->live(), store_.live());
  EXPECT_EQ(loaded.store->rids(), store_.rids());
  EXPECT_EQ(columns::ChunkCodec::odd_rids(*loaded.store), std::vector<std::int64_t>{rid_of(kOdd)});
  loaded.store->publish();
  const auto told = loaded.store->snapshot();
  const auto expected = store_.snapshot();
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const auto& chunk = told.chunk(row / kChunkRows);
    const auto& other = expected.chunk(row / kChunkRows);
    const std::uint32_t at = row % kChunkRows;
    ASSERT_EQ(chunk.rid[at], other.rid[at]);
    ASSERT_EQ(chunk.is_live(at, told.version), other.is_live(at, expected.version)) << row;
    ASSERT_EQ(chunk.oldest_ms[at / columns::kBlockRows], other.oldest_ms[at / columns::kBlockRows]);
    ASSERT_EQ(chunk.newest_ms[at / columns::kBlockRows], other.newest_ms[at / columns::kBlockRows]);
    if (row == kOdd || row % 7 != 0) continue;
    ASSERT_EQ(ColumnStore::facts_at(told, row, ""), ColumnStore::facts_at(expected, row, "")) << row;
  }
}

TEST_F(ChunkLoading, RowsThatComeAfterwardsAreNumberedOnInTheLastChunk) {
  const LoadedChunks loaded = load_chunks(session_->connection);
  ASSERT_TRUE(loaded.store);
  SampleFacts sample(4);
  for (std::uint32_t row = kRows; row < kRows + 300; ++row) {
    const RunFacts facts = sample.run(row);
    ASSERT_TRUE(loaded.store->append(row, facts) && store_.append(row, facts));
  }
  loaded.store->publish();
  store_.publish();
  for (std::uint32_t row = kRows - 50; row < kRows + 300; ++row)
    ASSERT_EQ(ColumnStore::facts_at(loaded.store->snapshot(), row, ""),
              ColumnStore::facts_at(store_.snapshot(), row, ""));
}

TEST_F(ChunkLoading, NothingIsUsedOfAFileWithADamagedChunk) {
  for (const char* sql :
       {"UPDATE column_chunks SET packed = zeroblob(length(packed)) WHERE place = 1",
        "UPDATE column_chunks SET packed = (SELECT packed FROM column_chunks WHERE place = 2) WHERE place = 1",
        "DELETE FROM column_chunks WHERE place = 1", "UPDATE column_dead SET bits = x'00' WHERE place = 2",
        "DELETE FROM column_dead WHERE place = 0"}) {
    damage("SAVEPOINT whole");
    damage(sql);
    EXPECT_EQ(load_chunks(session_->connection).store, nullptr) << sql;
    damage("ROLLBACK TO whole; RELEASE whole");
    ASSERT_NE(load_chunks(session_->connection).store, nullptr);
  }
}

}  // namespace
}  // namespace comfytrace::history::sqlite
