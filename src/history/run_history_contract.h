#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "history/run_history.h"
#include "history/sample_runs.h"

// What every implementation of the history must do. A test file gives a maker and instantiates the suite:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, RunHistoryContract, ::testing::Values(&make_sqlite));
namespace comfytrace::history {

// An empty history; `folder` is the test's own.
using MakeHistory = std::unique_ptr<RunHistory> (*)(const std::filesystem::path& folder);

class RunHistoryContract : public ::testing::TestWithParam<MakeHistory> {
 protected:
  void SetUp() override { history_ = GetParam()(folder_.path()); }
  void TearDown() override { history_.reset(); }

  void save(const model::Run& run) {
    const auto saved = history_->save(std::span(&run, 1));
    ASSERT_TRUE(saved) << saved.error().sentence();
  }
  // Saves and hands back, for arranging.
  model::Run saved(model::Run run) {
    save(run);
    return run;
  }
  [[nodiscard]] std::optional<model::Run> get(const std::string& run_id) const {
    const auto run = history_->get(run_id);
    EXPECT_TRUE(run) << (run ? "" : run.error().sentence());
    return run ? *run : std::nullopt;
  }
  // The ids of all pages, with `limit` runs each.
  [[nodiscard]] std::vector<std::string> ids(const RunFilter& filter, std::int64_t limit = 1000) const;

  TestFolder folder_;
  std::unique_ptr<RunHistory> history_;
};

}  // namespace comfytrace::history
