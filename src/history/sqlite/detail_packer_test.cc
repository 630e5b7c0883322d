#include "history/sqlite/detail_packer.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/uuid.h"
#include "history/sample_runs.h"
#include "history/sqlite/deflate.h"
#include "history/sqlite/sqlite_history.h"
#include "history/sqlite/tables.h"

namespace comfytrace::history::sqlite {
namespace {

// Details of one kind of run: words that they share, and some that they do not.
std::string details_of(const std::string& kind, std::uint64_t number) {
  std::string text = plain_form({});
  for (int i = 0; i < 12; ++i) text += base::named_uuid(kind + std::to_string(i));
  for (int i = 0; i < 12; ++i) text += static_cast<char>((number = number * 6'364'136'223'846'793'005u + 1) >> 56);
  return text;
}

class DetailPacking : public ::testing::Test {
 protected:
  DetailPacking() {
    for (const char* tables : {kTablesOfSchema1, kTablesOfSchema4}) connection_.exec(tables);
  }
  void save(DetailPacker& packer, const std::string& kind, int count) {
    packer.learn_if_due();
    Transaction transaction(connection_, Transaction::Kind::write);
    for (int i = 0; i < count; ++i) {
      const std::string kept = packer.packed(details_of(kind, ++last_));
      connection_.query("INSERT INTO run_details VALUES (?, ?)")
          .bind(static_cast<std::int64_t>(last_))
          .bind_blob(kept)
          .run();
    }
    transaction.commit();
  }
  [[nodiscard]] std::string kept(std::uint64_t number) {
    Query query = connection_.query("SELECT details FROM run_details WHERE rid = ?");
    query.bind(static_cast<std::int64_t>(number));
    EXPECT_TRUE(query.step());
    return query.text(0);
  }
  [[nodiscard]] std::int64_t count(const std::string& of) {
    return connection_.database().execAndGet("SELECT COUNT(*) FROM " + of).getInt64();
  }
  // Of those numbers: read by a connection that knows nothing yet.
  void expect_read(const std::string& kind, std::uint64_t from, std::uint64_t to) {
    Connection other(folder_.path() / "details.db", Connection::Mode::read, 1 << 20);
    DetailPacker packer(other);
    for (std::uint64_t number = from; number <= to; ++number)
      ASSERT_EQ(packer.details(kept(number)), details_of(kind, number)) << number;
  }

  TestFolder folder_;
  Connection connection_{folder_.path() / "details.db", Connection::Mode::write, 1 << 20};
  std::uint64_t last_ = 0;
};

TEST_F(DetailPacking, ShortensWhatComesAfterThereAreRunsEnoughToLearnFrom) {
  DetailPacker packer(connection_);
  save(packer, "portrait", 999);
  save(packer, "portrait", 1);
  EXPECT_EQ(count("detail_dictionaries"), 0);
  EXPECT_EQ(kept(1'000), details_of("portrait", 1'000));
  save(packer, "portrait", 1);
  EXPECT_EQ(count("detail_dictionaries"), 1);
  EXPECT_LT(4 * kept(1'001).size(), kept(1'000).size());
  expect_read("portrait", 1, 1'001);
}

TEST_F(DetailPacking, GoesOnWithTheDictionaryOfTheFile) {
  {
    DetailPacker packer(connection_);
    save(packer, "portrait", 1'000);
    save(packer, "portrait", 1);
  }
  DetailPacker packer(connection_);
  save(packer, "portrait", 20);
  EXPECT_EQ(count("detail_dictionaries"), 1);
  EXPECT_LT(4 * kept(1'021).size(), kept(1'000).size());
  expect_read("portrait", 1'000, 1'021);
}

TEST_F(DetailPacking, LearnsAnewWhenTheRunsHaveBecomeOthersAndStillReadsTheFormer) {
  DetailPacker packer(connection_);
  save(packer, "portrait", 1'000);
  save(packer, "portrait", 8'192);
  save(packer, "portrait", 1);
  EXPECT_EQ(count("detail_dictionaries"), 1) << "it fits as well as before";
  save(packer, "film", 8'192);
  const std::size_t unfit = kept(last_).size();
  save(packer, "film", 1);
  EXPECT_EQ(count("detail_dictionaries"), 2);
  EXPECT_LT(kept(last_).size(), unfit);
  expect_read("portrait", 990, 1'100);
  expect_read("film", 9'200, last_);
}

TEST_F(DetailPacking, IsOfNoUseForWhatHasNothingInCommonAndLeavesItAsItIs) {
  DetailPacker packer(connection_);
  packer.learn_if_due();
  RandomRuns random(7);
  Transaction transaction(connection_, Transaction::Kind::write);
  for (std::int64_t rid = 1; rid <= 1'000; ++rid) {
    std::string noise = plain_form({});
    for (int i = 0; i < 64; ++i) noise += static_cast<char>(random.pick(256));
    connection_.query("INSERT INTO run_details VALUES (?, ?)").bind(rid).bind_blob(packer.packed(noise)).run();
  }
  transaction.commit();
  packer.learn_if_due();
  EXPECT_EQ(count("detail_dictionaries"), 0);
}

TEST_F(DetailPacking, TakesAlsoWhatWasDeflatedAndGivesItBack) {
  DetailPacker packer(connection_);
  save(packer, "portrait", 1'000);
  packer.learn_if_due();
  std::string text;
  for (std::uint64_t i = 0; i < 300; ++i) text += details_of("portrait", i);
  const std::string deflated = deflated_if_shorter(text);
  ASSERT_EQ(deflated.front(), 1);
  const std::string packed = packer.packed(deflated);
  EXPECT_LE(packed.size(), deflated.size());
  EXPECT_EQ(plain_bytes(packer.details(packed)), text);
}

TEST_F(DetailPacking, SaysOfDamagedBytesThatTheyAreDamaged) {
  DetailPacker packer(connection_);
  save(packer, "portrait", 1'000);
  save(packer, "portrait", 1);
  const std::string good = kept(1'001);
  ASSERT_EQ(packer.details(good), details_of("portrait", 1'001));
  for (std::size_t size = 1; size < good.size(); ++size)
    EXPECT_NE(packer.details(good.substr(0, size)), details_of("portrait", 1'001)) << size;
  EXPECT_TRUE(packer.details(good.substr(0, 1)).empty());
  std::string of_another = good;
  of_another[1] = 9;  // a dictionary that is not there
  EXPECT_TRUE(packer.details(of_another).empty());
  for (std::size_t at = 1; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x5A);
    (void)packer.details(changed);  // whatever comes, within bounds
  }
}

TEST(DetailPackingOfAHistory, ReadsEveryRunAsItWasSavedAlsoByAReaderThatWasThereBefore) {
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  const auto history = SqliteHistory::open(path, {});
  ASSERT_TRUE(history) << history.error().sentence();
  const auto reader = open_reader(path, {.columns = (*history)->columns()});
  ASSERT_TRUE(reader) << reader.error().sentence();
  std::vector<model::Run> runs;
  for (std::uint64_t i = 0; i < 1'000; ++i) runs.push_back(typical_run(i, 1));
  ASSERT_TRUE((*history)->save(runs));
  RandomRuns random(11);
  std::vector<model::Run> later;
  for (std::uint64_t i = 0; i < 200; ++i) {
    later.push_back(typical_run(1'000 + i));
    later.push_back(random.run("odd " + std::to_string(i)));
  }
  ASSERT_TRUE((*history)->save(later));
  for (const auto* kept : {&runs, &later}) {
    for (const model::Run& run : *kept) {
      const auto read = (*reader)->get(run.run_id);
      ASSERT_TRUE(read && read->has_value()) << run.run_id;
      ASSERT_EQ(**read, run);
    }
  }
  Connection file(path, Connection::Mode::read, 1 << 20);
  EXPECT_EQ(file.database().execAndGet("SELECT COUNT(*) FROM detail_dictionaries").getInt64(), 1);
  EXPECT_GE(
      file.database().execAndGet("SELECT COUNT(*) FROM run_details WHERE substr(details, 1, 1) = x'02'").getInt64(),
      200);
}

TEST(DetailPackingOfAHistory, ForgetsWhatItLearnedWithTheLastRunAndLearnsAnewFromOthers) {
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  const auto history = SqliteHistory::open(path, {});
  ASSERT_TRUE(history);
  const auto reader = open_reader(path, {.columns = (*history)->columns()});
  ASSERT_TRUE(reader);
  const auto numbers = [&] {
    Connection file(path, Connection::Mode::read, 1 << 20);
    Query query = file.query("SELECT GROUP_CONCAT(dictionary_id) FROM detail_dictionaries");
    return query.step() ? query.text(0) : "";
  };
  const auto fill = [&](std::uint64_t from, int scenes) {
    std::vector<model::Run> runs;
    for (std::uint64_t i = 0; i < 1'000; ++i) runs.push_back(typical_run(from + i, scenes));
    ASSERT_TRUE((*history)->save(runs));
    for (std::uint64_t i = 1'000; i < 1'010; ++i) {
      const model::Run run = typical_run(from + i, scenes);
      ASSERT_TRUE((*history)->save({&run, 1}));
      ASSERT_EQ(**(*reader)->get(run.run_id), run);
    }
  };
  fill(0, 1);
  EXPECT_EQ(numbers(), "1");
  for (std::uint64_t i = 0; i < 1'010; ++i) ASSERT_TRUE((*history)->remove(typical_run(i, 1).run_id));
  EXPECT_EQ(numbers(), "");
  fill(5'000, 2);
  EXPECT_EQ(numbers(), "2") << "the number of one that a reader still knows is not given again";
}

TEST(DetailPackingOfAHistory, TellsOfARunWhoseDictionaryIsGoneThatItsDetailsCannotBeRead) {
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  {
    const auto history = SqliteHistory::open(path, {});
    ASSERT_TRUE(history);
    std::vector<model::Run> runs;
    for (std::uint64_t i = 0; i < 1'000; ++i) runs.push_back(typical_run(i, 1));
    ASSERT_TRUE((*history)->save(runs));
    const model::Run last = typical_run(1'000, 1);
    ASSERT_TRUE((*history)->save({&last, 1}));
  }
  Connection(path, Connection::Mode::write, 1 << 20).exec("DELETE FROM detail_dictionaries");
  const auto history = SqliteHistory::open(path, {});
  ASSERT_TRUE(history) << history.error().sentence();
  const auto read = (*history)->get(typical_run(1'000, 1).run_id);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().sentence().find("cannot be read"), std::string::npos) << read.error().sentence();
  EXPECT_TRUE((*history)->get(typical_run(7, 1).run_id));
}

}  // namespace
}  // namespace comfytrace::history::sqlite
