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

#include "base/counters.h"
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
  // Batch by batch, with everything else that waits in between. One at a time: else conflict.
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
    enqueue<T>("", WhenRunWaits::run_anyway, std::move(work), std::move(done));
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
  using SharedRun = std::shared_ptr<const model::Run>;
  // What becomes of a task about a run that cannot be written at the moment.
  enum class WhenRunWaits { run_anyway, refuse, wait };
  struct Task {
    std::string run_id;
    WhenRunWaits when_run_waits;
    std::function<void(RunHistory&)> work;
    std::function<void(const base::Error&)> refuse;
  };
  struct Submission {
    std::uint64_t number;
    SharedRun run;
  };

  template <class T>
  void answer(const Callback<T>& done, base::Result<T> result) const {
    if (done) {
      options_.executor([done, result = std::move(result)]() mutable { done(std::move(result)); });
    } else if (!result) {
      base::counters().add(base::Counter::history_save_failures);
    }
  }
  template <class T>
  void enqueue(std::string run_id, WhenRunWaits when_run_waits, std::function<base::Result<T>(RunHistory&)> work,
               Callback<T> done) {
    add({std::move(run_id), when_run_waits,
         [this, work = std::move(work), done](RunHistory& history) { answer<T>(done, work(history)); },
         [this, done](const base::Error& error) { answer<T>(done, error); }});
  }
  struct Prune;
  void begin_prune(const std::shared_ptr<Prune>& prune, RunHistory& history);
  void prune_on(const std::shared_ptr<Prune>& prune);
  void add(Task task);
  void run();
  std::size_t write_runs();
  bool save(const std::vector<Submission>& batch);
  void settle(const std::vector<Submission>& saved);
  void failed(const base::Error& error);
  void run_tasks(std::size_t count);
  [[nodiscard]] std::vector<Submission> next_batch(std::uint64_t last) const;
  [[nodiscard]] std::optional<Clock::time_point> due_at() const;

  std::unique_ptr<RunHistory> history_;  // the writer's thread alone
  bool pruning_ = false;                 // likewise
  const Options options_;
  mutable std::mutex mutex_;  // everything below
  std::condition_variable wake_;
  std::map<std::uint64_t, SharedRun> pending_;  // by number of submission
  std::unordered_map<std::string, std::uint64_t> number_of_;
  std::deque<Task> tasks_;
  std::uint64_t submitted_ = 0;
  std::optional<Clock::time_point> save_at_;   // absent: nothing is pending
  std::optional<Clock::time_point> retry_at_;  // set: the last save failed
  std::int64_t retry_ms_ = 0;
  std::optional<std::string> last_error_;
  std::optional<Clock::time_point> stop_by_;
  std::thread thread_;
};

}  // namespace comfytrace::history
