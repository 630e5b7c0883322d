#include "history/sqlite/rid_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "history/sample_runs.h"

namespace comfytrace::history::sqlite {
namespace {

using Rids = std::vector<std::int64_t>;

const std::vector<Rids> kLists{{7}, {1, 2, 3}, {5, 300, 70'000}, {1, std::numeric_limits<std::uint32_t>::max()}};

TEST(RidBlock, GivesBackTheRunsThatWerePutIn) {
  for (const Rids& rids : kLists) EXPECT_EQ(rids_of_block(rids.front(), others_of_block(rids)), rids);
}

TEST(RidBlock, TakesAByteForARunThatIsNear) {
  Rids rids;
  for (std::int64_t rid = 1'000'000; rids.size() < kMostInBlock; rid += 100) rids.push_back(rid);
  EXPECT_EQ(others_of_block(rids).size(), kMostInBlock - 1);
}

TEST(RidBlock, ThatIsCutOffIsRefused) {
  EXPECT_THROW((void)rids_of_block(5, std::string("\x01\x80", 2)), Damaged);
}

TEST(RidBlock, IsLookedIntoBySql) {
  TestFolder folder;
  Connection connection(folder.path() / "blocks.db", Connection::Mode::write, 1 << 20);
  const RidBlockFunctions functions(connection);
  for (const Rids& rids : kLists) {
    const std::string others = others_of_block(rids);
    Rids found;
    Query query = connection.query("SELECT value FROM json_each(block_rids(?, ?))");
    query.bind(rids.front()).bind_blob(others);
    while (query.step()) found.push_back(query.integer(0));
    EXPECT_EQ(found, rids);
    for (const std::int64_t near : rids) {
      for (const std::int64_t rid : {near - 1, near, near + 1}) {
        Query has = connection.query("SELECT block_has(?, ?, ?)");
        has.bind(rids.front()).bind_blob(others).bind(rid);
        ASSERT_TRUE(has.step());
        EXPECT_EQ(has.integer(0) != 0, std::ranges::find(rids, rid) != rids.end()) << rid;
      }
    }
  }
}

TEST(RidBlock, ThatIsDamagedEndsAQuery) {
  TestFolder folder;
  Connection connection(folder.path() / "blocks.db", Connection::Mode::write, 1 << 20);
  const RidBlockFunctions functions(connection);
  Query query = connection.query("SELECT block_has(1, x'80', 9)");
  EXPECT_THROW((void)query.step(), SQLite::Exception);
}

}  // namespace
}  // namespace comfytrace::history::sqlite
