#include <gtest/gtest.h>

#include <fstream>

#include "app/commands/command.h"
#include "base/json.h"
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

class GenerateCommand : public testing::Test {
 protected:
  [[nodiscard]] int generate(std::int64_t runs, std::uint64_t seed) const {
    GenerateOptions options;
    options.what.runs = runs;
    options.what.seed = seed;
    options.store = store().string();
    options.truth = (folder_.path() / "truth.json").string();
    options.scenarios = {"step=0.2@0.5"};
    options.samples = true;
    return generate_command({}, options);
  }
  [[nodiscard]] std::filesystem::path store() const { return folder_.path() / "made.db"; }
  [[nodiscard]] static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::int64_t runs_stored() const { return (*history::open_reader(store()))->info()->runs; }
  history::TestFolder folder_;
};

TEST_F(GenerateCommand, WritesRunsReadingsWorkersAndTruth) {
  ASSERT_EQ(generate(2100, 1), kDone);
  const auto reader = *history::open_reader(store());
  EXPECT_EQ(reader->info()->runs, 2100);
  EXPECT_EQ(reader->workers()->size(), 6u);
  const auto page = *reader->page({}, 50, "");
  bool readings = false;
  for (const auto& run : page.runs) readings |= !reader->samples(run.run_id)->empty();
  EXPECT_TRUE(readings);
  const auto truths = base::parse_json(text_of(folder_.path() / "truth.json"));
  ASSERT_TRUE(truths);
  const std::string first(truths->at(0).at("firstRunId").get_string());
  EXPECT_TRUE((*reader->get(first)).has_value());
}

TEST_F(GenerateCommand, ReplacesWhatItMadeItself) {
  ASSERT_EQ(generate(100, 1), kDone);
  ASSERT_EQ(generate(50, 2), kDone);
  EXPECT_EQ(runs_stored(), 50);
}

TEST_F(GenerateCommand, LeavesAHistoryOfSomebodyElseAlone) {
  ASSERT_TRUE((*history::SqliteHistory::open(store()))->info());
  EXPECT_EQ(generate(50, 1), kFailed);
  EXPECT_EQ(runs_stored(), 0);
}

TEST_F(GenerateCommand, LeavesAHistoryAloneIntoWhichSomebodyRecordedSince) {
  ASSERT_EQ(generate(50, 1), kDone);
  {
    const auto history = *history::SqliteHistory::open(store());
    const model::Run run = [] {
      model::Run one;
      one.run_id = "mine";
      one.scenes.emplace_back().attempts.emplace_back();
      return one;
    }();
    ASSERT_TRUE(history->save(std::span(&run, 1)));
  }
  EXPECT_EQ(generate(50, 1), kFailed);
  EXPECT_EQ(runs_stored(), 51);
}

TEST_F(GenerateCommand, RefusesWhatMakesNoSense) {
  GenerateOptions options;
  EXPECT_EQ(generate_command({}, options), kUsage) << "nowhere to write";
  options.store = store().string();
  options.scenarios = {"steep"};
  EXPECT_EQ(generate_command({}, options), kUsage);
  EXPECT_FALSE(std::filesystem::exists(store()));
}

}  // namespace
}  // namespace comfytrace::app
