#include "history/columns/portions.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// Three full chunks and a part of one.
const ColumnStore& store() {
  static const auto kStore = [] {
    auto made = std::make_unique<ColumnStore>();
    RunFacts facts = SampleFacts(3).run(1);
    for (std::uint32_t rid = 1; rid <= 3 * kChunkRows + 10 * kBlockRows; ++rid) {
      facts.created_at_ms = sample_time_ms(rid);
      EXPECT_TRUE(made->append(rid, facts));
    }
    made->publish();
    return made;
  }();
  return *kStore;
}

using Numbers = std::vector<std::size_t>;

TEST(Portions, WhoHasAChunkLessGetsMoreBlocks) {
  const auto portions = portions_of(store().snapshot(), {}, {3, 10, 5}, 2);
  ASSERT_EQ(portions.size(), 2u);
  EXPECT_EQ(portions[0].chunks, (Numbers{2, 0}));
  EXPECT_EQ(portions[1].chunks, (Numbers{1}));
  EXPECT_EQ(portions[0].blocks, (Numbers{4, 2, 0}));
  EXPECT_EQ(portions[1].blocks, (Numbers{9, 8, 7, 6, 5, 3, 1}));
}

TEST(Portions, BlocksAreDividedEvenlyWhereChunksTakeNoTime) {
  const auto portions = portions_of(store().snapshot(), {}, {3, 10, 0}, 2);
  EXPECT_EQ(portions[0].blocks, (Numbers{9, 7, 5, 3, 1}));
  EXPECT_EQ(portions[1].blocks, (Numbers{8, 6, 4, 2, 0}));
}

TEST(Portions, ChunksBeyondTheDatesAreInNone) {
  RunFilter filter;
  filter.from_ms = sample_time_ms(kChunkRows + 1);
  filter.to_ms = sample_time_ms(2 * kChunkRows);
  const auto portions = portions_of(store().snapshot(), filter, {3, 0, 5}, 2);
  EXPECT_EQ(portions[0].chunks, (Numbers{1}));
  EXPECT_EQ(portions[1].chunks, Numbers());
}

}  // namespace
}  // namespace comfytrace::history::columns
