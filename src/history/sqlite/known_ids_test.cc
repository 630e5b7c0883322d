#include "history/sqlite/known_ids.h"

#include <gtest/gtest.h>

#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history::sqlite {
namespace {

TEST(KnownIds, AreThoseOfTheStateThatIsSeen) {
  const TestFolder folder;
  const auto path = folder.path() / "history.db";
  const auto history = std::move(*SqliteHistory::open(path));
  ASSERT_TRUE(history->save(std::vector{simple_run("a", 10), simple_run("b", 20)}));
  Connection connection(path, Connection::Mode::read, 1 << 20);
  KnownIds known(connection);
  {
    const Transaction one_state(connection, Transaction::Kind::read);
    KnownIds::Looks looks(known);
    EXPECT_FALSE(looks.knows(2, 20));
    EXPECT_EQ(looks.find(2)->run_id, "b");
    EXPECT_TRUE(looks.knows(2, 20));
    EXPECT_FALSE(looks.knows(2, 30));
    EXPECT_FALSE(looks.find(3));
    EXPECT_FALSE(looks.knows(3, 0));
    ASSERT_TRUE(*history->remove("b"));
    ASSERT_TRUE(history->save(std::vector{simple_run("c", 30)}));
    EXPECT_EQ(looks.find(2)->run_id, "b");
  }
  const Transaction later(connection, Transaction::Kind::read);
  KnownIds::Looks looks(known);
  EXPECT_FALSE(looks.knows(2, 20));
  EXPECT_EQ(looks.find(2)->run_id, "c");
  EXPECT_EQ(looks.find(2)->created_at_ms, 30);
}

}  // namespace
}  // namespace comfytrace::history::sqlite
