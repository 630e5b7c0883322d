#include "history/sqlite/word_index.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>
#include <vector>

#include "history/sample_runs.h"
#include "history/sqlite/filter_sql.h"
#include "history/sqlite/schema.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::RidSet;
using Words = std::set<std::string>;

const std::vector<std::string> kWords{"a", "an", "and",      "ant",     "b", "be", "bee",   "light", "lighthouse",
                                      "l", "li", "lighting", "lightly", "é", "日", "zebra", "zebras"};

constexpr std::int64_t kAllRids = std::numeric_limits<std::int64_t>::max();

// The index of words alone, and beside it what it must tell. Its pages are so small that words go over many of them.
class WordIndex : public ::testing::Test {
 protected:
  void SetUp() override {
    migrate(connection_, migrations());
    connection_.exec("PRAGMA synchronous = OFF");
    for (const char* setting : {"'pgsz', 40", "'automerge', 2", "'crisismerge', 4", "'hashsize', 2000"})
      connection_.exec(std::string("INSERT INTO run_words(run_words, rank) VALUES (") + setting + ")");
  }
  static std::string text_of(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
  }
  Words some_words(std::int64_t of_first) {
    Words words;
    for (std::int64_t i = 0; i < of_first; ++i) {
      if (random_.chance(40)) words.insert(kWords[static_cast<std::size_t>(i)]);
    }
    return words;
  }
  void add(std::int64_t rid, const Words& words) {
    const std::string text = text_of(words);
    connection_.query("INSERT INTO run_words(rowid, words) VALUES (?, ?)").bind(rid).bind(text).run();
    told_[rid] = words;
  }
  void remove(std::int64_t rid) {
    const std::string text = text_of(told_.at(rid));
    connection_.query("INSERT INTO run_words(run_words, rowid, words) VALUES ('delete', ?, ?)")
        .bind(rid)
        .bind(text)
        .run();
    told_.erase(rid);
  }
  // Runs come, go and change, some of them more than once in a commit.
  void change() {
    Transaction transaction(connection_, Transaction::Kind::write);
    const std::int64_t of_first = random_.pick(static_cast<std::int64_t>(kWords.size())) + 1;
    for (std::int64_t i = random_.pick(12) + 1; i > 0; --i) {
      const std::int64_t rid = random_.pick(400) * random_.pick(400) + 1;
      if (told_.contains(rid)) remove(rid);
      if (random_.chance(75)) add(rid, some_words(of_first));
    }
    transaction.commit();
    if (random_.chance(30)) connection_.exec("INSERT INTO run_words(run_words, rank) VALUES ('merge', 3)");
    if (random_.chance(2)) connection_.exec("INSERT INTO run_words(run_words) VALUES ('optimize')");
  }
  [[nodiscard]] RidSet expected(const std::string& word) const {
    RidSet rids;
    for (const auto& [rid, words] : told_) {
      const auto at = words.lower_bound(word);
      if (at != words.end() && at->starts_with(word)) rids.add(rid);
    }
    return rids;
  }
  // Whether it tells every word as it is.
  ::testing::AssertionResult tells_all() {
    const Transaction one_state(connection_, Transaction::Kind::read);
    for (const std::string& word : kWords) {
      const auto rids = rids_in_index(connection_, word, kAllRids);
      if (!rids) return ::testing::AssertionFailure() << word << " cannot be read";
      if (const auto apart = rids->apart_from(expected(word)); apart != 0)
        return ::testing::AssertionFailure() << apart << " runs of " << word << " are wrong";
    }
    return ::testing::AssertionSuccess();
  }
  std::int64_t number(const std::string& sql) {
    Query query = connection_.query(sql);
    return query.step() ? query.integer(0) : -1;
  }

  TestFolder folder_;
  RandomRuns random_{11};
  Connection connection_{folder_.path() / "words.db", Connection::Mode::write, 1 << 20};
  std::map<std::int64_t, Words> told_;
};

TEST_F(WordIndex, TellsTheRunsOfAWordWhateverChanges) {
  ASSERT_TRUE(tells_all());
  std::set<std::int64_t> pages;
  for (int step = 0; step < 300; ++step) {
    change();
    ASSERT_TRUE(tells_all()) << "step " << step;
    pages.insert(number("SELECT COUNT(*) FROM run_words_data"));
  }
  // Or nothing was tried.
  EXPECT_GT(*pages.rbegin(), 100);
}

TEST_F(WordIndex, TellsTheRunsOfOneThatGoesOverManyPages) {
  {
    Transaction transaction(connection_, Transaction::Kind::write);
    for (std::int64_t rid = 1; rid <= 2'000; ++rid) add(rid, rid % 3 == 0 ? Words{"b", "bee"} : Words{"an", "b"});
    transaction.commit();
  }
  EXPECT_TRUE(tells_all());
  {
    Transaction transaction(connection_, Transaction::Kind::write);
    for (std::int64_t rid = 1; rid <= 2'000; rid += 2) remove(rid);
    transaction.commit();
  }
  EXPECT_TRUE(tells_all());
  connection_.exec("INSERT INTO run_words(run_words) VALUES ('optimize')");
  EXPECT_TRUE(tells_all());
}

TEST_F(WordIndex, TellsManyRunsNearAndFarWithSomeDeletedAmongThem) {
  const auto add_all = [&](std::int64_t first, const auto& distance) {
    Transaction transaction(connection_, Transaction::Kind::write);
    std::int64_t rid = first;
    for (int i = 0; i < 3'000; ++i) add(rid += distance(i), {"a"});
    transaction.commit();
  };
  add_all(0, [](int) { return 1; });
  add_all(10'000, [](int i) { return i % 50 == 49 ? 4'000 : 1 + i % 3; });
  add_all(300'000, [](int i) { return i % 8 == 7 ? 127 : i % 16 == 3 ? 128 : 126; });
  EXPECT_TRUE(tells_all());
  {
    Transaction transaction(connection_, Transaction::Kind::write);
    for (std::int64_t rid = 1; rid <= 3'000; rid += rid % 7 == 0 ? 1 : 13) remove(rid);
    for (std::int64_t rid = 500; rid <= 1'200; rid += 30) {
      if (!told_.contains(rid)) add(rid, {"a"});
    }
    transaction.commit();
  }
  EXPECT_TRUE(tells_all());
  for (const std::int64_t last : {1, 9, 700, 1'500, 2'999, 3'001}) {
    RidSet up_to_last;
    for (const auto& [rid, words] : told_) {
      if (rid <= last) up_to_last.add(rid);
    }
    const auto told = rids_in_index(connection_, "a", last);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->apart_from(up_to_last), 0u) << last;
  }
}

TEST_F(WordIndex, LeavesOutWhatIsNoNumberOfARun) {
  add(7, {"a"});
  add(8, {"a"});
  RidSet seven;
  seven.add(7);
  const auto up_to_seven = rids_in_index(connection_, "a", 7);
  EXPECT_TRUE(up_to_seven && up_to_seven->apart_from(seven) == 0);
  for (const std::int64_t rid : {std::int64_t{1} << 32, std::int64_t{1} << 62}) add(rid, {"a"});
  EXPECT_TRUE(tells_all());
  for (const std::int64_t rid : {std::int64_t{1} << 32, std::int64_t{1} << 62}) remove(rid);
  EXPECT_TRUE(tells_all());
}

TEST_F(WordIndex, OfAnotherFormIsLeftToFts5) {
  for (int commits = 0; commits < 3; ++commits) {
    Transaction transaction(connection_, Transaction::Kind::write);
    for (std::int64_t rid = 1; rid <= 100; ++rid) add(100 * commits + rid, {"a", "bee", "zebra"});
    transaction.commit();
  }
  ASSERT_TRUE(tells_all());
  for (const char* change : {
           "UPDATE run_words_config SET v = 5 WHERE k = 'version'",
           "INSERT INTO run_words_config VALUES ('secure-delete', 1)",
           "UPDATE run_words_data SET block = x'00000000FF000001010101' WHERE id = 10",
           "UPDATE run_words_data SET block = x'0000000001' WHERE id = 10",
           "DELETE FROM run_words_data WHERE id = 10",
           "DELETE FROM run_words_data WHERE id = (SELECT MAX(id) FROM run_words_data)",
           "UPDATE run_words_data SET block = substr(block, 1, 3) WHERE id > 10",
           "UPDATE run_words_data SET block = substr(block, 1, length(block) - 1) || x'00' WHERE id > 10",
       }) {
    const Transaction undone(connection_, Transaction::Kind::write);
    connection_.exec(change);
    EXPECT_FALSE(rids_in_index(connection_, "zebra", kAllRids)) << change;
  }
  EXPECT_TRUE(tells_all());
}

TEST_F(WordIndex, WithTooMuchDeletedIsLeftToFts5) {
  for (std::int64_t rid = 1; rid <= 20; ++rid) add(rid, {"a", "bee"});
  for (std::int64_t rid = 1; rid <= 3; ++rid) remove(rid);
  EXPECT_TRUE(rids_in_index(connection_, "bee", kAllRids, 3));
  EXPECT_FALSE(rids_in_index(connection_, "bee", kAllRids, 2));
}

// What it tells then does not matter, but the sanitizers have nothing to say.
TEST_F(WordIndex, DamagedAnywhereIsReadWithoutHarm) {
  for (int step = 0; step < 40; ++step) change();
  std::vector<std::int64_t> ids;
  {
    Query query = connection_.query("SELECT id FROM run_words_data");
    while (query.step()) ids.push_back(query.integer(0));
  }
  int unread = 0;
  for (int round = 0; round < 400; ++round) {
    const Transaction undone(connection_, Transaction::Kind::write);
    for (int i = 0; i < 3; ++i) {
      const char byte = static_cast<char>(random_.pick(256));
      connection_
          .query(
              "UPDATE run_words_data SET block = CAST(substr(block, 1, ?1) || ?2 || substr(block, ?1 + 2) AS BLOB) "
              "WHERE id = ?3")
          .bind(random_.pick(40))
          .bind_blob({&byte, 1})
          .bind(random_.one_of(ids))
          .run();
    }
    for (const std::string& word : kWords) unread += rids_in_index(connection_, word, 1'000'000) ? 0 : 1;
  }
  EXPECT_GT(unread, 0);
}

}  // namespace
}  // namespace comfytrace::history::sqlite
