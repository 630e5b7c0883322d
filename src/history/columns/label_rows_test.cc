#include "history/columns/label_rows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "history/columns/label_walk.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

std::map<std::uint32_t, std::vector<std::uint16_t>> rows_by_kind(const LabelRows& list) {
  std::map<std::uint32_t, std::vector<std::uint16_t>> rows;
  std::uint32_t kind = 0;
  for (std::size_t i = 0; i < list.rows().size(); ++i) {
    kind += list.steps()[i];
    if (list.steps()[i] != LabelRows::kNoRow) rows[kind].push_back(list.rows()[i]);
  }
  return rows;
}

TEST(LabelRows, HaveTheListedRowsOfEachKindSideBySide) {
  const std::vector<std::uint16_t> locals{3, 0, 1, 3, 2, 0, 1, 4};
  const std::vector<std::uint32_t> kinds{7, 0, 9, 7, 1};
  const LabelRows list(locals, kinds, std::vector<std::uint8_t>{1, 1, 0, 1, 1});
  EXPECT_FALSE(list.is_none());
  const std::map<std::uint32_t, std::vector<std::uint16_t>> wanted{{0, {2, 6}}, {1, {7}}, {7, {0, 1, 3, 5}}};
  EXPECT_EQ(rows_by_kind(list), wanted);
  EXPECT_EQ(list.rows().size(), 7u);
}

TEST(LabelRows, TellKindsThatLieFarApart) {
  const std::vector<std::uint32_t> kinds{254, 255, 509, 510, 1'274, 100'000};
  const std::vector<std::uint16_t> locals{5, 4, 3, 2, 1, 0, 5};
  const LabelRows list(locals, kinds, std::vector<std::uint8_t>(kinds.size(), 1));
  const std::map<std::uint32_t, std::vector<std::uint16_t>> wanted{{254, {5}}, {255, {4}},   {509, {3}},
                                                                   {510, {2}}, {1'274, {1}}, {100'000, {0, 6}}};
  EXPECT_EQ(rows_by_kind(list), wanted);
}

TEST(LabelRows, MayHaveNoRow) {
  EXPECT_TRUE(LabelRows().is_none());
  const LabelRows list(std::vector<std::uint16_t>{0, 0}, std::vector<std::uint32_t>{4}, std::vector<std::uint8_t>{0});
  EXPECT_FALSE(list.is_none());
  EXPECT_TRUE(list.rows().empty());
}

// A full chunk of many kinds, of which some rows match in all blocks but one.
class LabelWalkTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kLocals = 3'000;
  LabelWalkTest() {
    SampleFacts sample(5);
    std::vector<std::uint32_t> kinds;
    std::vector<std::uint8_t> is_listed;
    for (std::uint32_t i = 0; i < kLocals; ++i) {
      kinds.push_back(i % 10 * 400 + i / 20);
      is_listed.push_back(i % 4 == 1);
    }
    std::vector<std::uint16_t> locals;
    for (std::uint32_t row = 0; row < kChunkRows; ++row) {
      locals.push_back(static_cast<std::uint16_t>(sample.pick(kLocals)));
      keep_.push_back(row / kBlockRows != 17 && sample.pick(3) > 0);
      const bool is_here = is_listed[locals.back()] != 0;
      listed_.push_back(is_here && keep_.back() != 0);
      runs_of_kind_.resize(5'000);
      if (listed_.back() != 0) ++runs_of_kind_[kinds[locals.back()]];
    }
    list_ = LabelRows(locals, kinds, is_listed);
  }
  std::vector<std::uint8_t> keep_;
  std::vector<std::uint8_t> listed_;  // which of those that match
  std::vector<std::uint32_t> runs_of_kind_;
  LabelRows list_;
  Chunk chunk_;
};

TEST_F(LabelWalkTest, DividesAndCountsTheRowsThatMatch) {
  LabelWalk walk;
  // What the chunk before left there is no matter.
  const std::vector<std::uint8_t> all(kBlockRows, 1);
  walk.enter(chunk_, 3);
  for (std::uint32_t begin = 0; begin < kChunkRows; begin += kBlockRows)
    walk.add({&chunk_, 3, begin, kBlockRows, kBlockRows, all.data()});
  walk.enter(chunk_, 4);
  for (std::uint32_t begin = 0; begin < kChunkRows; begin += kBlockRows) {
    if (begin / kBlockRows != 17) walk.add({&chunk_, 4, begin, kBlockRows, 1, keep_.data() + begin});
  }
  EXPECT_EQ(std::vector<std::uint8_t>(walk.keep(), walk.keep() + kChunkRows), keep_);
  std::vector<std::uint32_t> runs(runs_of_kind_.size());
  std::vector<std::uint64_t> matches;
  std::vector<std::uint32_t> last_kinds;
  walk.take(list_, runs.data(), matches, last_kinds);
  EXPECT_EQ(runs, runs_of_kind_);
  std::vector<std::uint16_t> listed;
  std::uint32_t kind = 0;
  for (std::size_t i = 0; i < list_.rows().size(); ++i) {
    kind += list_.steps()[i];
    if (i % 64 == 63 || i + 1 == list_.rows().size()) {
      ASSERT_EQ(last_kinds[i / 64], kind) << i;
    }
    const bool is_match = (matches[i / 64] >> i % 64 & 1) != 0;
    const bool wanted = list_.steps()[i] != LabelRows::kNoRow && listed_[list_.rows()[i]] != 0;
    ASSERT_EQ(is_match, wanted) << i;
    if (is_match) listed.push_back(list_.rows()[i]);
  }
  EXPECT_EQ(std::vector<std::uint16_t>(walk.listed().begin(), walk.listed().end()), listed);
  std::uint32_t last = kChunkRows;
  walk.each_block([&](const RowBlock& rest) {
    EXPECT_LT(rest.begin, last);
    EXPECT_NE(rest.begin / kBlockRows, 17u);
    last = rest.begin;
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < kBlockRows; ++i) {
      const std::uint32_t row = rest.begin + i;
      ASSERT_EQ(rest.keep[i], keep_[row] & (listed_[row] ^ 1)) << row;
      count += rest.keep[i];
    }
    EXPECT_EQ(rest.matching, count);
  });
  EXPECT_EQ(last, 0u);
}

TEST_F(LabelWalkTest, TakesTheListedRows) {
  std::vector<std::uint8_t> keep = keep_;
  std::vector<std::uint8_t> taken(kChunkRows);
  take_listed(list_, keep.data(), [&](std::span<const std::uint16_t> rows) {
    EXPECT_LE(rows.size(), kBlockRows);
    for (const std::uint16_t row : rows) taken[row] = 1;
  });
  EXPECT_EQ(taken, listed_);
  for (std::uint32_t row = 0; row < kChunkRows; ++row) ASSERT_EQ(keep[row], keep_[row] & (listed_[row] ^ 1)) << row;
}

}  // namespace
}  // namespace comfytrace::history::columns
