#include "history/columns/chunk_cube.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "history/columns/cube_maker.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"
#include "history/sample_runs.h"

namespace comfytrace::history::columns {
namespace {

ChunkCube::Cell cell_of(std::int64_t least, std::int64_t most, bool is_missing = false) {
  ChunkCube::Cell cell;
  cell.duration_ms = {{least, most}, is_missing};
  cell.vram_peak_bytes.is_missing = true;
  return cell;
}

TEST(ChunkCube, TellsWhetherBoundsTakeInACell) {
  const auto told = [](const ChunkCube::Cell& cell, std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
    RunFilter filter;
    filter.duration_min_ms = min;
    filter.duration_max_ms = max;
    return within(cell, filter);
  };
  EXPECT_EQ(told(cell_of(10, 20), std::nullopt, std::nullopt), Within::all);
  EXPECT_EQ(told(cell_of(10, 20), 10, 20), Within::all);
  EXPECT_EQ(told(cell_of(10, 20), 11, std::nullopt), Within::some);
  EXPECT_EQ(told(cell_of(10, 20), std::nullopt, 19), Within::some);
  EXPECT_EQ(told(cell_of(10, 20), 20, std::nullopt), Within::some);
  EXPECT_EQ(told(cell_of(10, 20), 21, std::nullopt), Within::none);
  EXPECT_EQ(told(cell_of(10, 20), std::nullopt, 9), Within::none);
  EXPECT_EQ(told(cell_of(10, 20), 15, 12), Within::some) << "what no row meets may be told as some";
  // What is missing meets no bound, and any filter without one.
  EXPECT_EQ(told(cell_of(10, 20, true), 5, std::nullopt), Within::some);
  EXPECT_EQ(told(cell_of(10, 20, true), 25, std::nullopt), Within::none);
  EXPECT_EQ(told(cell_of(10, 20, true), std::nullopt, std::nullopt), Within::all);
  ChunkCube::Cell none;
  none.duration_ms.is_missing = true;
  EXPECT_EQ(told(none, 0, std::nullopt), Within::none);
  RunFilter both;
  both.duration_min_ms = 5;
  both.vram_peak_min_bytes = 1;
  EXPECT_EQ(within(cell_of(10, 20), both), Within::none) << "no row has a peak";
}

// Two full chunks and a little more: few kinds of run, of which most take about as long, and some much longer. Most are
// of no story and have no tag.
class CubeOfRuns : public ::testing::Test {
 protected:
  explicit CubeOfRuns(std::int64_t longest_ms = 0) {
    SampleFacts sample(11);
    std::vector<RunFacts> kinds;
    for (std::uint64_t i = 0; i < 12; ++i) kinds.push_back(sample.run(i));
    std::mt19937_64 random(11);
    std::lognormal_distribution<double> spread(0, 0.2);
    const auto one_of = [&](std::uint64_t many) { return random() % many == 0; };
    for (std::uint32_t rid = 1; rid <= 2 * kChunkRows + 1'500; ++rid) {
      const std::size_t kind = random() % kinds.size();
      RunFacts facts = kinds[kind];
      facts.workflow_name = "kind " + std::to_string(kind);
      facts.created_at_ms = sample_time_ms(rid);
      facts.duration_ms = static_cast<std::int64_t>(1'000.0 * static_cast<double>(kind + 1) * spread(random));
      facts.vram_peak_bytes = (std::int64_t{2} << 30) * static_cast<std::int64_t>(kind + 1);
      facts.story_id = one_of(4) ? "story " + std::to_string(random() % 3'000) : "";
      facts.story_title = "";
      facts.tags.clear();
      if (one_of(12)) facts.tags = {"keep", one_of(2) ? "draft" : "mara"};
      if (one_of(150)) *facts.duration_ms *= 20;
      if (one_of(150)) facts.vram_peak_bytes = std::int64_t{48} << 30;
      if (one_of(200)) facts.duration_ms.reset();
      if (rid == 9'000 && longest_ms > 0) facts.duration_ms = longest_ms;
      if (kind == 3 || one_of(200)) facts.vram_peak_bytes.reset();
      EXPECT_TRUE(store_.append(rid, facts));
      all_.push_back(std::move(facts));
    }
    store_.publish();
  }
  [[nodiscard]] std::vector<RunFacts> matching(const RunFilter& filter) const {
    std::vector<RunFacts> found;
    for (auto facts = all_.rbegin(); facts != all_.rend(); ++facts) {
      if (meets(*facts, filter)) found.push_back(*facts);
    }
    return found;
  }
  ColumnStore store_;
  std::vector<RunFacts> all_;
};

TEST_F(CubeOfRuns, AnswersByBoundsOfNumbersAsItsRowsDo) {
  const auto snapshot = store_.snapshot();
  prepare_summaries(snapshot, 0, 0);
  const auto cube = find_cube(snapshot, 0);
  ASSERT_NE(cube, nullptr);
  std::array<int, 3> cells{};
  for (const std::int64_t bound : {std::int64_t{900}, std::int64_t{5'000}, std::int64_t{30'000}}) {
    for (int kind = 0; kind < 8; ++kind) {
      StatisticsQuery query;
      if (kind % 2 == 0) query.filter.duration_min_ms = bound;
      if (kind % 2 == 1) query.filter.duration_max_ms = bound * 3;
      if (kind / 2 % 2 == 1) query.filter.vram_peak_min_bytes = bound << 20;
      if (kind / 4 == 1) query.filter.statuses = {model::Status::success, model::Status::failed};
      for (const ChunkCube::Cell& cell : cube->cells) ++cells[static_cast<std::size_t>(within(cell, query.filter))];
      const auto runs = matching(query.filter);
      for (const GroupBy by : {GroupBy::none, GroupBy::workflow, GroupBy::gpu, GroupBy::status}) {
        query.group_by = by;
        ASSERT_EQ(difference(statistics_of(snapshot, query), history::statistics_of(runs, query)), "")
            << "bound " << bound << ", kind " << kind << ", " << runs.size() << " runs";
      }
    }
  }
  for (const int of_kind : cells) EXPECT_GT(of_kind, 0);
}

// The total by cells, groups by rows: where the dates leave out a part of the first chunk, that one by rows alone.
TEST_F(CubeOfRuns, TellTotalsOfGroupsThatTheyDoNotTell) {
  const auto snapshot = store_.snapshot();
  for (const std::size_t chunk : {0, 1}) prepare_summaries(snapshot, chunk, 0);
  for (int kind = 0; kind < 8; ++kind) {
    StatisticsQuery query;
    if (kind % 2 == 1) query.filter.duration_max_ms = 25'000;
    if (kind / 2 % 2 == 1) query.filter.statuses = {model::Status::success, model::Status::partial};
    if (kind / 4 % 2 == 1) query.filter.from_ms = sample_time_ms(kChunkRows / 2);
    const auto runs = matching(query.filter);
    ASSERT_GT(runs.size(), ExactBudget().values);
    for (const GroupBy by : {GroupBy::story, GroupBy::tag, GroupBy::nodeClass}) {
      query.group_by = by;
      query.only.reset();
      const Statistics told = statistics_of(snapshot, query);
      ASSERT_EQ(difference(told, history::statistics_of(runs, query)), "")
          << "kind " << kind << ", " << runs.size() << " runs";
      query.only = OneMeasure::duration;
      const Statistics durations = statistics_of(snapshot, query);
      ASSERT_EQ(durations.groups.size(), told.groups.size());
      for (std::size_t i = 0; i < told.groups.size(); ++i) {
        ASSERT_EQ(durations.groups[i].duration_ms.n, told.groups[i].duration_ms.n);
        ASSERT_EQ(durations.groups[i].duration_ms.median, told.groups[i].duration_ms.median);
      }
    }
  }
}

// What is apart may not be what the others leave of a total in which one time outweighs all.
class CubeOfAFarTime : public CubeOfRuns {
 protected:
  CubeOfAFarTime() : CubeOfRuns(std::int64_t{1} << 30) {}
};

TEST_F(CubeOfAFarTime, LosesNoDigitsOfTheOthers) {
  const auto snapshot = store_.snapshot();
  for (const std::size_t chunk : {0, 1}) prepare_summaries(snapshot, chunk, 0);
  for (const std::int64_t most_ms : {std::int64_t{1} << 20, std::int64_t{1} << 30}) {
    StatisticsQuery query;
    query.filter.duration_max_ms = most_ms;
    const auto runs = matching(query.filter);
    ASSERT_GT(runs.size(), ExactBudget().values);
    for (const GroupBy by : {GroupBy::none, GroupBy::story, GroupBy::tag, GroupBy::nodeClass, GroupBy::day}) {
      query.group_by = by;
      ASSERT_EQ(difference(statistics_of(snapshot, query), history::statistics_of(runs, query)), "")
          << most_ms << " ms, by " << static_cast<int>(by);
    }
  }
}

TEST_F(CubeOfRuns, KeepsApartWhatLiesFarFromTheOthers) {
  const auto snapshot = store_.snapshot();
  prepare_summaries(snapshot, 0, 0);
  const auto cube = find_cube(snapshot, 0);
  ASSERT_NE(cube, nullptr);
  std::size_t rows = 0;
  std::size_t wide = 0;
  for (const ChunkCube::Cell& cell : cube->cells) {
    ASSERT_EQ(cell.count, cube->rows_of(cell).size());
    ASSERT_TRUE(std::ranges::is_sorted(cube->rows_of(cell)));
    ASSERT_EQ(cube->tally_of(cell).counts.front(), std::int64_t{cell.count});
    rows += cell.count;
    const Bounds& durations = cell.duration_ms.bounds;
    if (durations.max > durations.min * 4) wide += cell.count;
  }
  EXPECT_EQ(rows, kChunkRows);
  EXPECT_LT(wide, kChunkRows / 10);
}

}  // namespace
}  // namespace comfytrace::history::columns
