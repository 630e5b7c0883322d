#include "history/columns/like_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace comfytrace::history::columns {
namespace {

struct Row {
  std::int64_t created_at_ms = 0;
  std::uint32_t row = 0;
  LevelBits levels = 0;
  int times = 1;  // so many of it are like
};

// The newest rows of the strictest level that has enough.
LikeSearch::Found looked_through(std::vector<Row> rows, std::int64_t before_ms, const LikeQuery& query) {
  std::ranges::sort(rows, [](const Row& a, const Row& b) {
    return std::pair(-a.created_at_ms, ~std::int64_t{a.row}) < std::pair(-b.created_at_ms, ~std::int64_t{b.row});
  });
  for (const LikeLevel level : like_levels()) {
    std::int64_t n = 0;
    LikeSearch::Found found{level, {}};
    for (const Row& row : rows) {
      if (row.created_at_ms >= before_ms || (row.levels & bit_of(level)) == 0) continue;
      if (n < query.limit) found.rows.push_back(candidate(RunSort::newest, row.created_at_ms, row.row, row.row));
      n += row.times;
    }
    if (n >= query.needs) return found;
  }
  return {};
}

void offer_times(LikeSearch& search, const Row& row) {
  for (int i = 0; i < row.times; ++i)
    search.offer({0, row.levels}, candidate(RunSort::newest, row.created_at_ms, row.row, row.row));
}

LikeQuery query_of(std::vector<std::int64_t> before_ms, std::int64_t needs, std::int64_t limit) {
  LikeQuery query{{}, needs, limit};
  for (const std::int64_t before : before_ms) query.to.push_back({WorkKey{"graph"}, before, {}});
  return query;
}

// Rows of which most are like at the looser levels alone; each level holds what the stricter ones do.
std::vector<Row> rows_of(std::mt19937& random, std::uint32_t count) {
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < count; ++i) {
    // Strict ones are rare.
    const auto strictest = static_cast<unsigned>(std::min<std::uint64_t>(4, random() % 400 / (random() % 9 + 1)));
    rows.push_back({i + static_cast<std::int64_t>(random() % 60), i,
                    static_cast<LevelBits>(31u & ~((1u << strictest) - 1)), 1 + static_cast<int>(random() % 2) * 3});
  }
  return rows;
}

void expect_as_looked_through(unsigned seed) {
  std::mt19937 random(seed);
  const auto rows = rows_of(random, 1'500);
  std::vector<std::int64_t> before;
  for (int i = 0; i < 6; ++i) before.push_back(static_cast<std::int64_t>(random() % 1'700));
  const LikeQuery query =
      query_of(before, 1 + static_cast<std::int64_t>(random() % 5), 5 + static_cast<std::int64_t>(random() % 40));
  LikeSearch search(query);
  search.begin({31});
  std::vector<Row> in_time;
  for (const Row& row : rows) {
    if (row.row % 50 == 0) {
      for (int i = 0; i < row.times; ++i)
        search.offer_early({0, row.levels}, candidate(RunSort::newest, row.created_at_ms, row.row, row.row));
    } else {
      in_time.push_back(row);
    }
  }
  // By blocks, as they were written.
  constexpr std::size_t kBlock = 20;
  for (std::size_t end = in_time.size(); end > 0; end -= std::min(end, kBlock)) {
    const std::span<const Row> block(in_time.data() + end - std::min(end, kBlock), std::min(end, kBlock));
    const auto [oldest, newest] = std::ranges::minmax(block, {}, &Row::created_at_ms);
    // What comes after may be a bit newer than what came before.
    std::int64_t newest_left = newest.created_at_ms;
    for (std::size_t i = 0; i < end; ++i) newest_left = std::max(newest_left, in_time[i].created_at_ms);
    if (!search.goes_on(newest_left, oldest.created_at_ms)) break;
    for (std::size_t i = block.size(); search.is_any_open() && i-- > 0;) offer_times(search, block[i]);
  }
  const auto found = search.found();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto wanted = looked_through(rows, before[i], query);
    ASSERT_EQ(found[i].level, wanted.level) << "seed " << seed << ", before " << before[i];
    ASSERT_EQ(found[i].rows.size(), wanted.rows.size()) << "seed " << seed << ", before " << before[i];
    for (std::size_t k = 0; k < wanted.rows.size(); ++k)
      ASSERT_EQ(found[i].rows[k].row, wanted.rows[k].row) << "seed " << seed << ", before " << before[i];
  }
}

TEST(LikeSearch, FindsBeforeEachTimeWhatALookThroughAllOfItFinds) {
  for (unsigned seed = 0; seed < 200; ++seed) expect_as_looked_through(seed);
}

TEST(LikeSearch, NeedsNothingBetweenATimeThatHasEnoughAndTheNext) {
  const LikeQuery query = query_of({1'000, 500}, 2, 3);
  LikeSearch search(query);
  search.begin({bit_of(LikeLevel::executed)});
  EXPECT_TRUE(search.goes_on(2'000, 1'500));
  EXPECT_FALSE(search.is_any_open());  // nothing is before the later time yet
  EXPECT_TRUE(search.goes_on(1'200, 900));
  EXPECT_TRUE(search.is_any_open());
  for (std::uint32_t i = 0; i < 3; ++i) offer_times(search, {950 - i, i, bit_of(LikeLevel::executed)});
  EXPECT_TRUE(search.goes_on(899, 600));
  EXPECT_FALSE(search.is_any_open());
  EXPECT_TRUE(search.goes_on(599, 400));
  EXPECT_TRUE(search.is_any_open());
  for (std::uint32_t i = 3; i < 6; ++i) offer_times(search, {450 - i, i, bit_of(LikeLevel::executed)});
  EXPECT_FALSE(search.goes_on(399, 300));
}

TEST(LikeSearch, FindsNothingBeforeTheFirstOfAllTimes) {
  const LikeQuery query = query_of({1'000, std::numeric_limits<std::int64_t>::min()}, 1, 3);
  LikeSearch search(query);
  search.begin({bit_of(LikeLevel::executed)});
  EXPECT_TRUE(search.goes_on(500, 400));
  offer_times(search, {450, 1, bit_of(LikeLevel::executed)});
  const auto found = search.found();
  EXPECT_EQ(found[0].rows.size(), 1);
  EXPECT_FALSE(found[1].level);
}

}  // namespace
}  // namespace comfytrace::history::columns
