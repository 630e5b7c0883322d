#include "history/columns/row_scan.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace comfytrace::history::columns {
namespace {

// So many labels that their numbers are not looked up many at once.
constexpr std::int64_t kLabels = 100;

TEST(RowScan, FindsTheRowsOfFewAndOfManyLabels) {
  ColumnStore store;
  std::vector<RunFacts> all;
  for (std::int64_t rid = 1; rid <= 5'000; ++rid) {
    RunFacts facts;
    facts.created_at_ms = rid;
    facts.status = rid % 3 == 0 ? model::Status::failed : model::Status::success;
    // The last block has none of the first labels.
    facts.tags = {std::to_string(rid > 2 * kBlockRows ? kLabels - rid % 10 : rid * 7 % kLabels)};
    ASSERT_TRUE(store.append(rid, facts));
    all.push_back(std::move(facts));
  }
  store.publish();
  for (const std::int64_t tags : {1, 3, 4, 5, 60}) {
    RunFilter filter;
    for (std::int64_t i = 0; i < tags; ++i) filter.tags.push_back(std::to_string(i));
    for (const bool with_status : {false, true}) {
      if (with_status) filter.statuses = {model::Status::success};
      std::vector<std::int64_t> found;
      RowScan(store.snapshot(), filter).each_block([&](const RowBlock& block) {
        std::array<std::uint16_t, kBlockRows> rows;
        const auto listed = block.list(rows.data());
        EXPECT_EQ(listed.size(), block.matching);
        for (const std::uint16_t row : listed) found.push_back(block.chunk->created_at_ms[row]);
      });
      std::vector<std::int64_t> expected;
      for (const RunFacts& facts : all) {
        if (meets(facts, filter)) expected.push_back(facts.created_at_ms);
      }
      EXPECT_FALSE(expected.empty());
      EXPECT_EQ(found, expected) << tags;
    }
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
