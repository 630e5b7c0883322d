#include "history/sqlite/column_keeper.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "history/columns/statistics.h"
#include "history/memory/memory_history.h"
#include "history/sample_facts.h"
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::ColumnStore;

// The keeper alone, told of runs as a store would tell it.
class ColumnKeeperFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(SqliteHistory::open(path_));
    session_ = std::make_shared<Session>(path_, Connection::Mode::write, std::int64_t{1} << 20);
    keeper_ = std::make_unique<ColumnKeeper>(session_, mirror_, std::int64_t{1} << 30, OnColumnsAnew());
  }
  void came(std::int64_t rid, const model::Run& run) { keeper_->came(rid, run, model::summarise(run)); }
  void changed(std::int64_t rid, const model::Run& run) { keeper_->changed(rid, run, model::summarise(run)); }
  template <class Work>
  void commit(const Work& work) {
    Transaction transaction(session_->connection, Transaction::Kind::write);
    work();
    keeper_->number_commit();
    transaction.commit();
    keeper_->committed();
  }
  template <class Work>
  void roll_back(const Work& work) {
    {
      const Transaction transaction(session_->connection, Transaction::Kind::write);
      work();
    }
    keeper_->rolled_back();
  }
  // What everybody sees, by rid.
  [[nodiscard]] std::map<std::int64_t, RunFacts> seen() const {
    const auto snapshot = mirror_->view().snapshot;
    std::map<std::int64_t, RunFacts> seen;
    for (std::uint32_t row = 0; row < snapshot.rows; ++row) {
      const auto& chunk = snapshot.chunk(row / columns::kChunkRows);
      const std::uint32_t at = row % columns::kChunkRows;
      if (!chunk.is_live(at, snapshot.version)) continue;
      const auto facts = ColumnStore::facts_at(snapshot, row, "");
      EXPECT_TRUE(facts && seen.emplace(chunk.rid[at], *facts).second) << "row " << row;
    }
    return seen;
  }
  static RunFacts facts(const model::Run& run) {
    RunFacts facts = facts_of(run);
    facts.run_id.clear();  // rows do not have it
    return facts;
  }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  std::shared_ptr<Session> session_;
  std::shared_ptr<columns::Mirror> mirror_ = std::make_shared<columns::Mirror>();
  std::unique_ptr<ColumnKeeper> keeper_;
};

TEST_F(ColumnKeeperFile, ShowsNothingOfATransactionBeforeItIsCommitted) {
  commit([&] {
    for (std::int64_t rid = 1; rid <= 3; ++rid) came(rid, typical_run(static_cast<std::uint64_t>(rid)));
  });
  const auto old = seen();
  ASSERT_EQ(old.size(), 3u);
  SqliteOptions options;
  options.columns = mirror_;
  const auto reader = std::move(*open_reader(path_, options));
  const Statistics told = *reader->statistics({});
  EXPECT_EQ(told.total.runs, 3);
  commit([&] {
    came(4, typical_run(4));
    came(5, typical_run(5));
    changed(2, typical_run(20));
    changed(4, typical_run(40));
    keeper_->removed(1);
    const auto view = mirror_->view();
    EXPECT_EQ(view.store->rows(), 5u) << "new ones stand there already";
    for (const auto& snapshot : {view.snapshot, view.store->snapshot()}) {
      EXPECT_EQ(snapshot.rows, 3u);
      EXPECT_EQ(columns::statistics_of(snapshot, {}).total.runs, 3);
    }
    EXPECT_EQ(seen(), old);
    EXPECT_EQ(difference(*reader->statistics({}), told), "");
  });
  const std::map<std::int64_t, RunFacts> expected = {
      {2, facts(typical_run(20))}, {3, facts(typical_run(3))}, {4, facts(typical_run(40))}, {5, facts(typical_run(5))}};
  EXPECT_EQ(seen(), expected);
  EXPECT_EQ(reader->statistics({})->total.runs, 4);
}

TEST_F(ColumnKeeperFile, ARunThatCameAndChangedInOneTransactionIsThereOnceOrNotAtAll) {
  commit([&] { came(1, typical_run(1)); });
  for (std::int64_t rid = 2; rid < 20; ++rid) {
    const auto number = static_cast<std::uint64_t>(rid);
    auto expected = seen();
    const auto work = [&] {
      came(rid, typical_run(number));
      changed(rid, typical_run(number + 100));
      changed(1, typical_run(number + 200));
      changed(rid, typical_run(number + 300));
    };
    roll_back(work);
    ASSERT_EQ(seen(), expected);
    // The number that was not used goes to another run.
    roll_back([&] { came(rid, typical_run(number + 400)); });
    commit([&] { changed(1, typical_run(number + 500)); });
    expected[1] = facts(typical_run(number + 500));
    ASSERT_EQ(seen(), expected);
    commit(work);
    expected[1] = facts(typical_run(number + 200));
    expected[rid] = facts(typical_run(number + 300));
    ASSERT_EQ(seen(), expected);
  }
}

TEST_F(ColumnKeeperFile, RowsOfFailedTransactionsGoWhenTheyAreMany) {
  commit([&] {
    for (std::int64_t rid = 1; rid <= 10; ++rid) came(rid, typical_run(static_cast<std::uint64_t>(rid)));
  });
  const auto old = seen();
  const model::Run run = simple_run("again and again", 1'000);
  std::uint32_t most_rows = 0;
  for (int i = 0; i < 8; ++i) {
    roll_back([&] {
      for (std::int64_t rid = 11; rid <= 20'000; ++rid) came(rid, run);
    });
    most_rows = std::max(most_rows, mirror_->view().store->rows());
    ASSERT_EQ(seen(), old) << i;
    commit([&] { changed(1, typical_run(1)); });
    ASSERT_EQ(seen(), old) << i;
  }
  EXPECT_GT(most_rows, 20'000u);
  EXPECT_LE(most_rows, 2 * columns::kChunkRows);
}

}  // namespace
}  // namespace comfytrace::history::sqlite
