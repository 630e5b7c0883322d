#include "history/history_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/counters.h"
#include "history/history_pool.h"
#include "history/memory/memory_history.h"
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using model::Status;

// What the test can still see and set once the writer owns the history.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  bool full = false;
  std::string refused_run;
  int saves = 0;
  std::vector<model::Run> written;
  std::function<void()> before_step;  // of a prune

  void set_full(bool now_full) {
    const std::lock_guard lock(mutex);
    full = now_full;
  }
  void wait_for_saves(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return saves >= count; });
  }
  [[nodiscard]] std::vector<model::Run> content() {
    const std::lock_guard lock(mutex);
    return written;
  }
};

// Calls something before each step.
class WatchedPruning final : public Pruning {
 public:
  WatchedPruning(std::unique_ptr<Pruning> pruning, std::function<void()> before_step)
      : pruning_(std::move(pruning)), before_step_(std::move(before_step)) {}
  Result<bool> step() override {
    if (before_step_) before_step_();
    return pruning_->step();
  }
  PruneReport report() const override { return pruning_->report(); }

 private:
  std::unique_ptr<Pruning> pruning_;
  std::function<void()> before_step_;
};

// A history whose disk can be full, and that refuses one run.
class TroubledHistory final : public RunHistory {
 public:
  explicit TroubledHistory(Disk& disk) : disk_(disk) {}
  Result<void> save(std::span<const model::Run> runs) override {
    const std::lock_guard lock(disk_.mutex);
    ++disk_.saves;
    disk_.changed.notify_all();
    if (disk_.full) return Error{ErrorCode::unavailable, "the disk is full"};
    for (const auto& run : runs) {
      if (run.run_id == disk_.refused_run) return Error{ErrorCode::internal, "cannot store this one"};
    }
    for (const auto& run : runs) disk_.written.push_back(run);
    return memory_.save(runs);
  }
  Result<std::optional<model::Run>> get(std::string_view id) const override { return memory_.get(id); }
  Result<std::optional<std::string>> run_of_prompt(std::string_view w, std::string_view p) const override {
    return memory_.run_of_prompt(w, p);
  }
  Result<RunPage> page(const RunFilter& f, RunSort s, std::int64_t l, std::string_view c) const override {
    return memory_.page(f, s, l, c);
  }
  Result<std::vector<model::Run>> open_runs() const override { return memory_.open_runs(); }
  Result<std::vector<SampleSeries>> samples(std::string_view id) const override { return memory_.samples(id); }
  Result<std::vector<model::Worker>> workers() const override { return memory_.workers(); }
  Result<std::vector<FilterPreset>> presets() const override { return memory_.presets(); }
  Result<std::optional<FilterPreset>> preset(std::string_view name) const override { return memory_.preset(name); }
  Result<std::vector<Recommendation>> recommendations() const override { return memory_.recommendations(); }
  Result<std::vector<Alert>> alerts(const AlertQuery& query) const override { return memory_.alerts(query); }
  Result<void> for_each(const RunFilter& f, const std::function<bool(const model::Run&)>& each) const override {
    return memory_.for_each(f, each);
  }
  Result<Statistics> statistics(const StatisticsQuery& query) const override { return memory_.statistics(query); }
  Result<std::vector<RunFacts>> facts(const FactsQuery& query) const override { return memory_.facts(query); }
  Result<std::vector<SceneSample>> scene_samples(const ScenesQuery& query) const override {
    return memory_.scene_samples(query);
  }
  Result<PruneReport> foresee(const PruneRule& rule) const override { return memory_.foresee(rule); }
  Result<HistoryInfo> info() const override { return memory_.info(); }
  Result<bool> remove(std::string_view id) override { return memory_.remove(id); }
  Result<bool> amend(std::string_view id, const RunPatch& patch) override { return memory_.amend(id, patch); }
  Result<std::unique_ptr<Pruning>> begin_prune(const PruneRule& rule) override {
    auto pruning = memory_.begin_prune(rule);
    if (!pruning) return pruning.error();
    return std::unique_ptr<Pruning>(std::make_unique<WatchedPruning>(std::move(*pruning), disk_.before_step));
  }
  Result<void> save_samples(std::span<const SampleSeries> series) override { return memory_.save_samples(series); }
  Result<void> save_worker(const model::Worker& worker) override { return memory_.save_worker(worker); }
  Result<void> save_preset(const FilterPreset& preset) override { return memory_.save_preset(preset); }
  Result<bool> remove_preset(std::string_view name) override { return memory_.remove_preset(name); }
  Result<void> save_recommendation(const Recommendation& r) override { return memory_.save_recommendation(r); }
  Result<void> save_alert(const Alert& alert) override { return memory_.save_alert(alert); }
  Result<void> backup(const std::filesystem::path& path) override { return memory_.backup(path); }

 private:
  Disk& disk_;
  MemoryHistory memory_;
};

// Waits for the answer of a task.
template <class T, class Post>
Result<T> answer_to(const Post& post) {
  std::promise<Result<T>> promise;
  post([&](Result<T> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

Result<std::int64_t> runs_in(HistoryWriter& writer) {
  return answer_to<std::int64_t>([&](auto done) {
    writer.task<std::int64_t>([](RunHistory& history) -> Result<std::int64_t> { return history.info()->runs; }, done);
  });
}

class HistoryWriterTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<HistoryWriter> start(HistoryWriter::Options options = {}) {
    return std::make_unique<HistoryWriter>(std::make_unique<TroubledHistory>(disk_), std::move(options));
  }
  Disk disk_;
};

TEST_F(HistoryWriterTest, WritesEverythingBeforeATaskThatCameAfter) {
  const auto writer = start({.gather_ms = 1'000'000});
  for (int i = 0; i < 5; ++i) writer->submit(simple_run(std::to_string(i), i, Status::executing));
  EXPECT_EQ(*runs_in(*writer), 5);
  EXPECT_EQ(writer->pending(), 0u);
}

TEST_F(HistoryWriterTest, WritesAFinishedRunWithoutWaitingForOthers) {
  const auto writer = start({.gather_ms = 1'000'000});
  writer->submit(simple_run("open", 1, Status::executing));
  writer->submit(simple_run("done", 2));
  disk_.wait_for_saves(1);
  ASSERT_TRUE(writer->stop(5'000));
  EXPECT_EQ(disk_.content().size(), 2u);
}

TEST_F(HistoryWriterTest, WritesOnlyTheNewestValueOfARun) {
  const auto writer = start({.gather_ms = 1'000'000});
  for (int i = 0; i < 100; ++i) {
    model::Run run = simple_run("a", 1, Status::executing);
    run.title = std::to_string(i);
    writer->submit(std::move(run));
  }
  EXPECT_EQ(writer->pending_run("a")->title, "99");
  EXPECT_EQ(*runs_in(*writer), 1);
  ASSERT_EQ(disk_.content().size(), 1u);
  EXPECT_EQ(disk_.content().front().title, "99");
  EXPECT_FALSE(writer->pending_run("a"));
}

TEST_F(HistoryWriterTest, WritesWhatComesBetweenTheBatchesOfAPrune) {
  HistoryWriter* writing = nullptr;
  int steps = 0;
  int late = 0;
  std::atomic<int> answered = 0;
  disk_.before_step = [&] {
    // What was submitted before the last batch is written and answered before this one.
    const auto written = disk_.content();
    if (steps > 0) late += written.back().run_id != "new " + std::to_string(steps - 1) || answered != steps;
    writing->submit(simple_run("new " + std::to_string(steps), 10'000 + steps));
    writing->amend("kept", {.title = "x"}, [&](const auto&) { ++answered; });
    ++steps;
  };
  const auto writer = start({.gather_ms = 1'000'000});
  writing = writer.get();
  for (int i = 0; i < 950; ++i) writer->submit(simple_run(std::to_string(i), i));
  writer->submit(simple_run("kept", 5'000));
  const auto report = answer_to<PruneReport>([&](auto done) { writer->prune({.older_than_ms = 5'000}, done); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->runs, 950);
  EXPECT_GE(steps, 10);
  EXPECT_EQ(late, 0);
  EXPECT_EQ(*runs_in(*writer), 1 + steps);
}

TEST_F(HistoryWriterTest, PrunesOneAtATimeAndStopsWhenItIsClosed) {
  std::promise<Result<PruneReport>> second;
  std::promise<void> two_steps;
  HistoryWriter* writing = nullptr;
  int steps = 0;
  disk_.before_step = [&] {
    if (++steps == 1) writing->prune({.keep_newest = 0}, [&](auto result) { second.set_value(std::move(result)); });
    if (steps == 2) two_steps.set_value();
  };
  const auto writer = start();
  writing = writer.get();
  for (int i = 0; i < 3'000; ++i) writer->submit(simple_run(std::to_string(i), i));
  std::promise<Result<PruneReport>> first;
  writer->prune({.keep_newest = 0}, [&](auto result) { first.set_value(std::move(result)); });
  two_steps.get_future().get();
  const auto refused = second.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  ASSERT_TRUE(writer->stop(60'000));
  const auto report = first.get_future().get();
  ASSERT_TRUE(report);
  EXPECT_GE(report->runs, 200);
}

TEST_F(HistoryWriterTest, KeepsRunsWhileTheDiskIsFullAndWritesThemAfterwards) {
  disk_.full = true;
  const auto failures = base::counters().get(base::Counter::history_save_failures);
  std::promise<void> all_durable;
  std::atomic<int> durable = 0;
  HistoryWriter::Options options{.gather_ms = 1, .first_retry_ms = 1, .last_retry_ms = 5};
  options.on_durable = [&](const std::vector<std::string>& ids) {
    if ((durable += static_cast<int>(ids.size())) == 3) all_durable.set_value();
  };
  const auto writer = start(options);
  for (const char* id : {"a", "b", "c"}) writer->submit(simple_run(id, 1));
  disk_.wait_for_saves(4);
  EXPECT_EQ(writer->pending(), 3u);
  EXPECT_EQ(writer->last_error(), "the disk is full");
  EXPECT_TRUE(writer->pending_run("b"));
  EXPECT_GE(base::counters().get(base::Counter::history_save_failures), failures + 3);
  const auto amended = answer_to<bool>([&](auto done) { writer->amend("a", {.title = "x"}, done); });
  ASSERT_FALSE(amended);
  EXPECT_EQ(amended.error().code, ErrorCode::unavailable);
  const SampleSeries series{"a", "a", typical_samples(1, 3)};
  writer->save_samples(series);
  disk_.set_full(false);
  all_durable.get_future().get();
  const auto stored = answer_to<std::vector<SampleSeries>>([&](auto done) {
    writer->task<std::vector<SampleSeries>>([](RunHistory& history) { return history.samples("a"); }, done);
  });
  EXPECT_EQ(*stored, std::vector{series});
  EXPECT_EQ(writer->pending(), 0u);
  EXPECT_EQ(writer->last_error(), std::nullopt);
}

TEST_F(HistoryWriterTest, DoesNotLetOneRunHoldUpTheOthers) {
  disk_.refused_run = "b";
  const auto writer = start({.gather_ms = 1'000'000, .first_retry_ms = 1'000'000, .last_retry_ms = 1'000'000});
  for (const char* id : {"a", "b", "c"}) writer->submit(simple_run(id, 1, Status::executing));
  EXPECT_EQ(*runs_in(*writer), 2);
  EXPECT_TRUE(writer->pending_run("b"));
  EXPECT_EQ(writer->pending(), 1u);
  EXPECT_FALSE(writer->stop(0));
}

TEST_F(HistoryWriterTest, SaysAtTheEndWhatCouldNotBeWritten) {
  disk_.full = true;
  const auto writer = start({.gather_ms = 1, .first_retry_ms = 1});
  writer->submit(simple_run("a", 1));
  disk_.wait_for_saves(1);
  const auto stopped = writer->stop(50);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
  EXPECT_NE(stopped.error().message.find("1 runs"), std::string::npos);
  const auto late = answer_to<bool>([&](auto done) { writer->remove("a", done); });
  ASSERT_FALSE(late);
}

TEST_F(HistoryWriterTest, DrainsWhenStopped) {
  const auto writer = start({.gather_ms = 1'000'000, .max_batch = 7});
  for (int i = 0; i < 100; ++i) writer->submit(simple_run(std::to_string(i), i, Status::executing));
  ASSERT_TRUE(writer->stop(60'000));
  EXPECT_EQ(disk_.content().size(), 100u);
  EXPECT_TRUE(writer->stop(1));
}

TEST(HistoryPool, AnswersFromReadersWhileTheWriterWrites) {
  const TestFolder folder;
  const auto path = folder.path() / "history.db";
  auto history = SqliteHistory::open(path);
  ASSERT_TRUE(history);
  HistoryWriter writer(std::move(*history), {.gather_ms = 1});
  auto pool = HistoryPool::start([&] { return open_reader(path); });
  ASSERT_TRUE(pool) << pool.error().sentence();
  for (std::uint64_t i = 0; i < 100; ++i) {
    writer.submit(typical_run(i));
    std::promise<Result<RunPage>> promise;
    ASSERT_TRUE((*pool)->post([&](const RunHistoryReader& reader) { promise.set_value(reader.page({}, 1000, "")); }));
    const auto page = promise.get_future().get();
    ASSERT_TRUE(page) << page.error().sentence();
    EXPECT_EQ(static_cast<std::int64_t>(page->runs.size()), page->total);
    EXPECT_LE(page->total, static_cast<std::int64_t>(i) + 1);
  }
  ASSERT_TRUE(writer.stop(60'000));
  (*pool)->stop();
  EXPECT_EQ((*open_reader(path))->info()->runs, 100);
}

TEST(HistoryPool, RefusesQuestionsWhenTooManyWait) {
  MemoryHistory history;
  auto pool = HistoryPool::start([&]() -> Result<std::unique_ptr<RunHistoryReader>> { return view_of(history); }, 1, 2);
  ASSERT_TRUE(pool);
  std::promise<void> begun;
  std::promise<void> release;
  ASSERT_TRUE((*pool)->post([&](const RunHistoryReader&) {
    begun.set_value();
    release.get_future().get();
  }));
  begun.get_future().get();
  EXPECT_TRUE((*pool)->post([](const RunHistoryReader&) {}));
  EXPECT_TRUE((*pool)->post([](const RunHistoryReader&) {}));
  EXPECT_FALSE((*pool)->post([](const RunHistoryReader&) {}));
  release.set_value();
  (*pool)->stop();
  EXPECT_FALSE((*pool)->post([](const RunHistoryReader&) {}));
}

}  // namespace
}  // namespace comfytrace::history
