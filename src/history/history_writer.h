#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"

namespace comfytrace::history {

// The one thread that changes the history. Everything may be called from any thread; nothing here waits for a disk.
// What cannot be written now stays in memory and is tried again, with back-off, until it is.
class HistoryWriter {
 public:
  // Runs a function soon, on the thread that wants the callbacks (e.g. asio::post to the I/O thread). Must not throw.
  using Executor = std::function<void(std::function<void()>)>;
  template <class T>
  using Callback = std::function<void(base::Result<T>)>;

  struct Options {
    Executor executor = [](std::function<void()> call) { call(); };    // default: on the writer's thread
    std::function<void(std::vector<std::string> run_ids)> on_durable;  // through `executor`, after each commit
    std::int64_t gather_ms = 50;        // an open run waits at most this long for others; a finished one does not
    std::size_t max_batch = 1'000;      // runs a commit
    std::int64_t first_retry_ms = 200;  // doubles after each failure
    std::int64_t last_retry_ms = 10'000;
    std::size_t behind_at = 10'000;  // pending runs from which history_queue_full is counted
  };

  HistoryWriter(std::unique_ptr<RunHistory> history, Options options);
  ~HistoryWriter();  // as stop(5 s)
  HistoryWriter(const HistoryWriter&) = delete;

  // Takes the newest value of this run; an older one that is not yet written is skipped.
  void submit(model::Run run);
  // The newest value that was submitted but is not durable yet.
  [[nodiscard]] std::optional<model::Run> pending_run(std::string_view run_id) const;
  // Every such run, in no particular order.
  [[nodiscard]] std::vector<model::Run> pending_runs() const;

  // Each is done after everything that was submitted before it. `done` may be empty.
  void amend(std::string run_id, RunPatch patch, Callback<bool> done);
  void remove(std::string run_id, Callback<bool> done);
  void prune(PruneRule rule, Callback<PruneReport> done);
  void save_samples(SampleSeries series);
  void save_worker(model::Worker worker);
  void save_preset(FilterPreset preset, Callback<void> done);
  void remove_preset(std::string name, Callback<bool> done);
  void save_recommendation(Recommendation recommendation, Callback<void> done);
  void save_alert(Alert alert);
  void backup(std::filesystem::path path, Callback<void> done);
  // Any other change or question, in the same order.
  template <class T>
  void task(std::function<base::Result<T>(RunHistory&)> work, Callback<T> done) {
    enqueue({"", false, [this, work = std::move(work), done = std::move(done)](RunHistory& history) {
               answer(done, work(history));
             }});
  }

  // Runs that are not durable yet.
  [[nodiscard]] std::size_t pending() const;
  // Why the last write failed; absent as soon as one succeeds.
  [[nodiscard]] std::optional<std::string> last_error() const;

  // Writes what is pending and ends the thread; the history is closed. Error unavailable: this many runs could not be
  // written before the deadline. Tasks that were not begun are answered unavailable. Idempotent.
  base::Result<void> stop(std::int64_t deadline_ms);

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    std::string run_id;  // empty: concerns no single run
    bool waits_for_run;  // kept back while that run is not durable; else answered unavailable
    std::function<void(RunHistory&)> work;
    std::function<void(const base::Error&)> refuse = {};
  };
  struct Pending {
    model::Run run;
    std::uint64_t number;  // of the submission
  };

  template <class T>
  void answer(const Callback<T>& done, base::Result<T> result) {
    if (!done) return;
    options_.executor([done, result = std::move(result)]() mutable { done(std::move(result)); });
  }
  template <class T>
  Task task_for(std::string run_id, std::function<base::Result<T>(RunHistory&)> work, Callback<T> done);
  void enqueue(Task task);
  void run();
  void write_runs();
  void save_batch(const std::vector<Pending>& batch);
  void settle(const std::vector<Pending>& batch, std::size_t from, std::size_t count);
  void failed(const base::Error& error);
  void run_tasks();
  [[nodiscard]] bool due(Clock::time_point now) const;
  [[nodiscard]] Clock::time_point next_wake() const;

  std::unique_ptr<RunHistory> history_;  // the writer's thread alone
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Pending> pending_;
  std::deque<Task> tasks_;
  std::uint64_t submitted_ = 0;
  bool urgent_ = false;
  std::optional<Clock::time_point> oldest_pending_;
  std::optional<Clock::time_point> retry_at_;
  std::int64_t retry_ms_ = 0;
  std::optional<std::string> last_error_;
  std::optional<Clock::time_point> stop_by_;
  std::thread thread_;
};

}  // namespace comfytrace::history
