#include "history/columns/summary_keeper.h"

#include <gtest/gtest.h>

#include "history/columns/cube_maker.h"
#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<Mirror> mirror_of(std::uint32_t runs) {
  SampleFacts sample(3);
  const RunFacts facts = sample.run(1);
  auto store = std::make_shared<ColumnStore>();
  for (std::uint32_t rid = 1; rid <= runs; ++rid) EXPECT_TRUE(store->append(rid, facts));
  store->publish();
  auto mirror = std::make_shared<Mirror>();
  mirror->show({store, std::nullopt});
  return mirror;
}

TEST(SummaryKeeper, SumsUpTheChunksThatAreFullAndNoOther) {
  const auto mirror = mirror_of(kChunkRows + 10);
  const auto snapshot = mirror->view().store->snapshot();
  ASSERT_EQ(find_cube(snapshot, 0), nullptr);
  const SummaryKeeper keeper(mirror, milliseconds(1));
  for (int i = 0; i < 3'000 && !find_cube(snapshot, 0); ++i) std::this_thread::sleep_for(milliseconds(10));
  ASSERT_NE(find_cube(snapshot, 0), nullptr);
  EXPECT_EQ(find_cube(snapshot, 0)->cells.size(), 1u);
  EXPECT_EQ(find_cube(snapshot, 1), nullptr);
}

TEST(SummaryKeeper, EndsBeforeItBeganAndWithoutColumns) {
  const auto mirror = mirror_of(kChunkRows);
  { const SummaryKeeper keeper(mirror, std::chrono::hours(1)); }
  EXPECT_EQ(find_cube(mirror->view().store->snapshot(), 0), nullptr);
  const SummaryKeeper keeper(std::make_shared<Mirror>(), milliseconds(1));
  std::this_thread::sleep_for(milliseconds(20));
}

}  // namespace
}  // namespace comfytrace::history::columns
