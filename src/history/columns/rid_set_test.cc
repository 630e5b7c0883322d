#include "history/columns/rid_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace comfytrace::history::columns {
namespace {

TEST(RidSet, HasWhatWasAddedAndNotRemoved) {
  RidSet rids;
  for (const std::int64_t rid : {3, 64, 1'000}) rids.add(rid);
  rids.remove(64);
  rids.remove(70'000);
  rids.remove(-1);
  EXPECT_TRUE(rids.has(3) && rids.has(1'000));
  EXPECT_FALSE(rids.has(64) || rids.has(4) || rids.has(70'000));
}

TEST(RidSet, TakesManyAtOnce) {
  RidSet rids;
  rids.add(64);
  const std::vector<std::uint64_t> words{0b101, 0, std::uint64_t{1} << 63};
  EXPECT_TRUE(rids.add_words(1, words));
  EXPECT_TRUE(rids.add_words(0, words));
  EXPECT_TRUE(rids.add_words(0, {}));
  RidSet one_by_one;
  for (const std::int64_t rid : {0, 2, 64, 66, 191, 255}) one_by_one.add(rid);
  EXPECT_EQ(rids.apart_from(one_by_one), 0u);
  EXPECT_TRUE(rids.add_words((1u << 26) - 3, words));
  EXPECT_TRUE(rids.has(0xFFFF'FFFF));
  EXPECT_FALSE(rids.add_words((1u << 26) - 2, words));
}

TEST(RidSet, KeepsWhatBothHaveWhicheverIsLonger) {
  for (const bool first_is_longer : {false, true}) {
    RidSet a;
    RidSet b;
    for (const std::int64_t rid : {1, 65}) a.add(rid);
    for (const std::int64_t rid : {65, 66}) b.add(rid);
    (first_is_longer ? a : b).add(9'000);
    a.keep_common(b);
    EXPECT_TRUE(a.has(65));
    EXPECT_FALSE(a.has(1) || a.has(66) || a.has(9'000));
  }
}

TEST(RidSet, HasNoRoomForWhatIsNoNumberOfARun) {
  RidSet rids;
  rids.add(-1);
  rids.add(std::int64_t{1} << 32);
  EXPECT_EQ(rids.bytes(), 0u);
}

TEST(RidSet, ShrunkTakesNoMoreThanItHas) {
  RidSet rids;
  for (const std::int64_t rid : {1, 64 * 9, 64 * 10}) rids.add(rid);
  rids.remove(64 * 10);
  rids.shrink();
  EXPECT_EQ(rids.bytes(), 10 * sizeof(std::uint64_t));
  EXPECT_TRUE(rids.has(1) && rids.has(64 * 9));
}

TEST(RidSet, MasksRowsAsItHasTheirNumbers) {
  std::mt19937 random(3);
  for (const std::uint32_t share : {0u, 1u, 50u, 99u, 100u}) {
    RidSet rids;
    for (std::uint32_t rid = 0; rid < 3'000; ++rid) {
      if (random() % 100 < share) rids.add(rid);
    }
    // In line from a number within a word; then with runs that were saved again; up to beyond the last number.
    for (const std::uint32_t first : {0u, 64u, 1'001u, 2'500u, 4'294'967'000u}) {
      for (const bool are_in_line : {true, false}) {
        std::vector<std::uint32_t> rows(295);
        std::iota(rows.begin(), rows.end(), first);
        if (!are_in_line) std::swap(rows[70], rows[200]);
        std::vector<std::uint8_t> keep(rows.size());
        std::ranges::generate(keep, [&] { return static_cast<std::uint8_t>(random() % 4 != 0); });
        std::vector<std::uint8_t> wanted(keep);
        for (std::size_t i = 0; i < rows.size(); ++i) wanted[i] &= static_cast<std::uint8_t>(rids.has(rows[i]));
        rids.mask(rows.data(), static_cast<std::uint32_t>(rows.size()), keep.data());
        EXPECT_EQ(keep, wanted) << share << " from " << first;
      }
    }
  }
}

TEST(RidSet, IsApartFromAnotherByWhatOnlyOneHas) {
  RidSet a;
  RidSet b;
  for (const std::int64_t rid : {1, 2, 70}) a.add(rid);
  for (const std::int64_t rid : {2, 3, 9'000}) b.add(rid);
  EXPECT_EQ(a.apart_from(b), 4u);
  EXPECT_EQ(b.apart_from(a), 4u);
  EXPECT_EQ(a.apart_from(a), 0u);
}

std::shared_ptr<const RidSet> set_of(std::int64_t rid) {
  RidSet rids;
  rids.add(rid);
  return std::make_shared<const RidSet>(std::move(rids));
}

TEST(KnownRids, ForgetsWhatWasNotAskedForTheLongest) {
  const auto rids = set_of(64 * 1'000);
  KnownRids known(3 * (rids->bytes() + 200));
  for (const char* name : {"a", "b", "c"}) known.put(name, {rids, {}, 1});
  EXPECT_TRUE(known.find("a"));
  known.put("d", {rids, {}, 1});
  EXPECT_TRUE(known.find("a") && known.find("c") && known.find("d"));
  EXPECT_FALSE(known.find("b"));
}

TEST(KnownRids, ANameHasItsLastSet) {
  KnownRids known;
  known.put("a", {set_of(1), {}, 1});
  known.put("a", {set_of(2), {}, 5});
  EXPECT_EQ(known.find("a")->rows, 5u);
  EXPECT_TRUE(known.find("a")->rids->has(2));
}

TEST(KnownRids, WhatIsTooLargeByItselfIsNotKept) {
  const auto rids = set_of(64 * 1'000);
  KnownRids known(rids->bytes() - 1);
  known.put("a", {rids, {}, 1});
  EXPECT_FALSE(known.find("a"));
}

}  // namespace
}  // namespace comfytrace::history::columns
