#include "history/sqlite/column_questions.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

using model::Status;

std::vector<std::string> ids_of(const RunPage& page) {
  std::vector<std::string> ids;
  for (const auto& run : page.runs) ids.push_back(run.run_id);
  return ids;
}

template <class T>
T must(base::Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().sentence());
  return result ? std::move(*result) : T();
}

// A history of runs, and a reader whose columns show it as it was at the last hold(): between the look at the columns
// and that at the rows anything may have been committed.
class ColumnMoments : public ::testing::Test {
 protected:
  void SetUp() override {
    history_ = std::move(*SqliteHistory::open(path_));
    std::vector<model::Run> runs;
    for (std::uint64_t i = 0; i < 40; ++i) runs.push_back(typical_run(i));
    save(runs);
    hold();
    reader_ = reader_of(held_);
  }
  void save(const std::vector<model::Run>& runs) { ASSERT_TRUE(history_->save(runs)); }
  void remove(const std::string& run_id) { ASSERT_TRUE(must(history_->remove(run_id))); }
  void hold() { held_->show(history_->columns()->view()); }
  [[nodiscard]] std::unique_ptr<RunHistoryReader> reader_of(std::shared_ptr<columns::Mirror> columns) const {
    SqliteOptions options;
    options.columns = std::move(columns);
    return std::move(*open_reader(path_, options));
  }
  [[nodiscard]] std::string newest() const { return must(history_->page({}, 1, "")).runs.front().run_id; }

  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  std::unique_ptr<SqliteHistory> history_;
  std::shared_ptr<columns::Mirror> held_ = std::make_shared<columns::Mirror>(std::chrono::milliseconds(0));
  std::unique_ptr<RunHistoryReader> reader_;
};

TEST_F(ColumnMoments, APageFromWhichRunsWentIsFullAndItsTotalThatOfItsRows) {
  const auto before = must(history_->page({}, 10, ""));
  remove(before.runs[7].run_id);
  remove(before.runs[0].run_id);
  const auto page = must(reader_->page({}, 10, ""));
  EXPECT_EQ(page.total, 38);
  EXPECT_EQ(ids_of(page), ids_of(must(history_->page({}, 10, ""))));
  EXPECT_EQ(page.runs.size(), 10u);
}

TEST_F(ColumnMoments, APageHasNoRunThatDoesNotMeetItsFilterAnyMore) {
  RunFilter tagged;
  tagged.tags = {"kept"};
  const std::string run_id = newest();
  ASSERT_TRUE(must(history_->amend(run_id, {.tags = std::vector<std::string>{"kept"}})));
  hold();
  ASSERT_TRUE(must(history_->amend(run_id, {.tags = std::vector<std::string>{"given up"}})));
  const auto page = must(reader_->page(tagged, 10, ""));
  EXPECT_EQ(ids_of(page), std::vector<std::string>());
  EXPECT_EQ(page.total, 0);
}

// The number of a run that went is given to the next one.
TEST_F(ColumnMoments, FactsAreNotGivenUnderTheNameOfALaterRun) {
  remove(newest());
  save({typical_run(77)});
  EXPECT_EQ(must(reader_->facts({})), must(history_->facts({})));
  const ScenesQuery scenes{.like = must(history_->facts({})).front().scenes.front().key, .level = LikeLevel::structure};
  EXPECT_FALSE(must(history_->scene_samples(scenes)).empty());
  EXPECT_EQ(must(reader_->scene_samples(scenes)), must(history_->scene_samples(scenes)));
}

TEST_F(ColumnMoments, ARunThatWentHasNoNameEvenIfItsNumberIsAnothers) {
  hold();
  const auto brief = must(reader_->brief_runs({.limit = 2}));
  const auto before = must(history_->page({}, 2, ""));
  remove(newest());
  save({typical_run(77)});
  const auto names = must(brief.run_ids(std::array<std::size_t, 2>{0, 1}));
  EXPECT_EQ(names, (std::vector<std::string>{"", before.runs[1].run_id}));
  NodeRecorder nodes;
  ASSERT_TRUE(brief.nodes(std::array<std::size_t, 2>{0, 1}, nodes));
  ASSERT_EQ(nodes.records().runs.size(), 2u);
  EXPECT_EQ(nodes.records().runs[0].scene_count, 0u);
  EXPECT_EQ(nodes.records().runs[1].scene_count, 4u);
}

TEST_F(ColumnMoments, TextIsLookedForInTheRunsThatAreCounted) {
  const std::string run_id = newest();
  ASSERT_TRUE(must(history_->amend(run_id, {.notes = "zebra"})));
  for (const bool by_regex : {false, true}) {
    StatisticsQuery query;
    (by_regex ? query.filter.regex : query.filter.text) = "zebra";
    hold();
    EXPECT_EQ(must(reader_->statistics(query)).total.runs, 1);
    ASSERT_TRUE(must(history_->amend(run_id, {.archived = by_regex})));
    query.filter.archived = by_regex;
    EXPECT_EQ(must(reader_->statistics(query)).total.runs, 1);
  }
}

TEST_F(ColumnMoments, AReaderWaitsForTheColumnsOfACommitThatItSees) {
  const auto late = std::make_shared<columns::Mirror>(std::chrono::hours(1));
  late->show(history_->columns()->view());
  const auto reader = reader_of(late);
  remove(newest());
  auto page = std::async(std::launch::async, [&] { return must(reader->page({}, 10, "")); });
  EXPECT_EQ(page.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  late->show(history_->columns()->view());
  const auto told = page.get();
  EXPECT_EQ(told.total, 39);
  EXPECT_EQ(ids_of(told), ids_of(must(history_->page({}, 10, ""))));
}

// In every commit as many runs fail as are mended, so that each state has as many failed ones.
class Swapping {
 public:
  Swapping(SqliteHistory& history, std::vector<model::Run> failed, std::vector<model::Run> well)
      : history_(history), failed_(std::move(failed)), well_(std::move(well)), thread_([this] { run(); }) {}
  ~Swapping() {
    stop_ = true;
    thread_.join();
  }

 private:
  void run() {
    for (std::size_t i = 0; !stop_; ++i) {
      model::Run& one = failed_[i % failed_.size()];
      model::Run& other = well_[i % well_.size()];
      std::swap(one.status, other.status);
      EXPECT_TRUE(history_.save(std::vector{one, other, typical_run(1'000 + i)}));
      EXPECT_TRUE(must(history_.remove(typical_run(1'000 + i).run_id)));
      std::swap(one, other);
    }
  }

  SqliteHistory& history_;
  std::vector<model::Run> failed_;
  std::vector<model::Run> well_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST(ColumnWalks, ShowEachRunThatStaysOnceWhileOthersComeChangeAndGo) {
  const TestFolder folder;
  const auto path = folder.path() / "history.db";
  const auto history = std::move(*SqliteHistory::open(path));
  std::vector<std::vector<model::Run>> thirds(3);
  for (std::uint64_t i = 0; i < 90; ++i) {
    model::Run run = typical_run(i);
    run.status = i % 3 == 2 ? Status::success : Status::failed;
    thirds[i % 3].push_back(std::move(run));
  }
  for (const auto& third : thirds) ASSERT_TRUE(history->save(third));
  const auto reader = std::move(*open_reader(path, {.columns = history->columns()}));
  const Swapping swapping(*history, thirds[1], thirds[2]);
  RunFilter failed;
  failed.statuses = {Status::failed};
  for (int walk = 0; walk < 100; ++walk) {
    std::map<std::string, int> seen;
    std::string cursor;
    while (true) {
      const auto page = must(reader->page(failed, 7, cursor));
      EXPECT_EQ(page.total, 60);
      for (const auto& run : page.runs) {
        EXPECT_EQ(run.status, Status::failed);
        ++seen[run.run_id];
      }
      if (!page.next_cursor) break;
      ASSERT_EQ(page.runs.size(), 7u);
      cursor = *page.next_cursor;
    }
    for (const auto& [run_id, times] : seen) EXPECT_EQ(times, 1);
    for (const auto& run : thirds[0]) EXPECT_EQ(seen[run.run_id], 1);
  }
}

}  // namespace
}  // namespace comfytrace::history
