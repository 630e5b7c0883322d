#include "history/columns/row_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "history/columns/column_store.h"

namespace comfytrace::history::columns {
namespace {

class RowsOfAChunk : public ::testing::Test {
 protected:
  static constexpr std::int64_t kRows = 3'000;

  RowsOfAChunk() {
    for (std::int64_t rid = 1; rid <= kRows; ++rid) {
      RunFacts facts;
      facts.created_at_ms = rid;
      facts.status = rid % 4 == 0 ? model::Status::failed : model::Status::success;
      facts.attempt_count = rid % 3;
      if (rid % 5 != 0) facts.duration_ms = rid * 7'919 % 100'003;
      if (rid % 7 != 0) facts.queue_wait_ms = rid * 104'729 % 50'021;
      // More than 32 bits hold.
      if (rid % 11 != 0) facts.vram_peak_bytes = rid * 15'485'863;
      EXPECT_TRUE(store_.append(rid, facts));
    }
    store_.publish();
    for (std::uint16_t row = 1; row < kRows; row = static_cast<std::uint16_t>(row + 1 + row % 3)) rows_.push_back(row);
  }

  GroupStatistics told(const RowBuffer& buffer, const Measures& measures) {
    const auto snapshot = store_.snapshot();
    const auto outcomes = outcomes_of(snapshot.chunk(0), snapshot.shared());
    GroupTally tally;
    buffer.add_to(tally, 0, buffer.size(), *outcomes, {.measures = measures});
    return tally.finish();
  }
  // With the numbers of which it is told, and no others.
  static GroupStatistics told_of(GroupStatistics all, const Measures& measures) {
    if (!measures.duration_ms) all.duration_ms = {};
    if (!measures.queue_wait_ms) all.queue_wait_ms = {};
    if (!measures.vram_peak_bytes) all.vram_peak_bytes = {};
    return all;
  }

  ColumnStore store_;
  std::vector<std::uint16_t> rows_;
};

TEST_F(RowsOfAChunk, AreToldWithTheMeasuresThatAreAskedForAlone) {
  const auto snapshot = store_.snapshot();
  RowBuffer whole;
  whole.append(snapshot.chunk(0), rows_);
  const GroupStatistics all = told(whole, {});
  EXPECT_EQ(all.runs, static_cast<std::int64_t>(rows_.size()));
  EXPECT_GT(all.vram_peak_bytes.max.value_or(0), 4'294'967'296.0);
  for (int bits = 0; bits < 8; ++bits) {
    const Measures measures{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    RowBuffer buffer;
    // In parts, so that some begin where others end.
    for (std::size_t begin = 0; begin < rows_.size(); begin += 700) {
      buffer.append(snapshot.chunk(0),
                    std::span(rows_).subspan(begin, std::min<std::size_t>(700, rows_.size() - begin)), measures);
    }
    ASSERT_EQ(buffer.size(), rows_.size());
    EXPECT_EQ(told(buffer, measures), told_of(all, measures)) << bits;
  }
}

TEST_F(RowsOfAChunk, AreToldAnewWhenTheBufferWasCleared) {
  const auto snapshot = store_.snapshot();
  const Measures waits{false, true, false};
  RowBuffer whole;
  whole.append(snapshot.chunk(0), std::span(rows_).first(100));
  RowBuffer buffer;
  buffer.append(snapshot.chunk(0), rows_, waits);
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0u);
  buffer.append(snapshot.chunk(0), std::span(rows_).first(100), waits);
  EXPECT_EQ(told(buffer, waits), told_of(told(whole, {}), waits));
}

}  // namespace
}  // namespace comfytrace::history::columns
