#include "history/history_writer.h"

#include <algorithm>
#include <utility>

#include "base/counters.h"

namespace comfytrace::history {
namespace {

using base::Counter;
using base::Error;
using base::ErrorCode;
using base::Result;
using std::chrono::milliseconds;

constexpr milliseconds kRetryWhileStopping{50};

}  // namespace

HistoryWriter::HistoryWriter(std::unique_ptr<RunHistory> history, Options options)
    : history_(std::move(history)), options_(std::move(options)), thread_([this] { run(); }) {}

HistoryWriter::~HistoryWriter() {
  [[maybe_unused]] const auto written = stop(5'000);
}

void HistoryWriter::submit(model::Run run) {
  const bool finished = !model::is_open(run.status);
  std::string run_id = run.run_id;
  auto shared = std::make_shared<const model::Run>(std::move(run));
  {
    const std::lock_guard lock(mutex_);
    ++submitted_;
    const auto [at, is_new] = number_of_.try_emplace(std::move(run_id), submitted_);
    pending_[at->second] = std::move(shared);
    if (is_new && pending_.size() % options_.behind_at == 0) base::counters().add(Counter::history_queue_full);
    const auto now = Clock::now();
    const auto wanted = finished ? now : now + milliseconds(options_.gather_ms);
    save_at_ = std::min(save_at_.value_or(wanted), wanted);
  }
  wake_.notify_one();
}

std::optional<model::Run> HistoryWriter::pending_run(std::string_view run_id) const {
  const std::lock_guard lock(mutex_);
  const auto at = number_of_.find(std::string(run_id));
  return at == number_of_.end() ? std::nullopt : std::optional(*pending_.at(at->second));
}

std::vector<model::Run> HistoryWriter::pending_runs() const {
  const std::lock_guard lock(mutex_);
  std::vector<model::Run> runs;
  for (const auto& [number, run] : pending_) runs.push_back(*run);
  return runs;
}

std::size_t HistoryWriter::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

std::optional<std::string> HistoryWriter::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void HistoryWriter::add(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_by_) {
      tasks_.push_back(std::move(task));
      wake_.notify_one();
      return;
    }
  }
  task.refuse({ErrorCode::unavailable, "the history is being closed"});
}

// When there is something to do; absent: not before somebody calls. Holds mutex_.
std::optional<HistoryWriter::Clock::time_point> HistoryWriter::due_at() const {
  const auto now = Clock::now();
  const auto runs_at = retry_at_ ? retry_at_ : save_at_;
  const bool task_can_run = std::ranges::any_of(tasks_, [&](const Task& task) {
    return !(retry_at_ && task.when_run_waits == WhenRunWaits::wait && number_of_.contains(task.run_id));
  });
  if (task_can_run) return now;
  if (stop_by_ && runs_at)
    return std::min({*runs_at, *stop_by_, now + (retry_at_ ? kRetryWhileStopping : milliseconds(0))});
  return runs_at;
}

void HistoryWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (stop_by_ && ((pending_.empty() && tasks_.empty()) || Clock::now() >= *stop_by_)) break;
    const auto due = due_at();
    if (!due) {
      wake_.wait(lock);
      continue;
    }
    if (*due > Clock::now()) {
      wake_.wait_until(lock, *due);
      // A save that failed waits for its time even if somebody calls meanwhile.
      if (!stop_by_ && due_at().value_or(Clock::time_point::max()) > Clock::now()) continue;
    }
    lock.unlock();
    run_tasks(write_runs());
    lock.lock();
  }
  std::deque<Task> left = std::exchange(tasks_, {});
  lock.unlock();
  for (const Task& task : left) task.refuse({ErrorCode::unavailable, "the history was closed before this was done"});
}

std::vector<HistoryWriter::Submission> HistoryWriter::next_batch(std::uint64_t last) const {
  const std::lock_guard lock(mutex_);
  std::vector<Submission> batch;
  for (const auto& [number, run] : pending_) {
    if (number > last || batch.size() >= options_.max_batch) break;
    batch.push_back({number, run});
  }
  return batch;
}

// Writes all that is pending now; what comes meanwhile is for the next round. Returns how many tasks wait behind
// nothing else: one that came meanwhile may stand behind runs that did too.
std::size_t HistoryWriter::write_runs() {
  std::uint64_t last = 0;
  std::size_t ready = 0;
  {
    const std::lock_guard lock(mutex_);
    ready = tasks_.size();
    if (retry_at_ && Clock::now() < *retry_at_ && !stop_by_) return ready;
    last = submitted_;
    save_at_.reset();
  }
  while (true) {
    const auto batch = next_batch(last);
    if (batch.empty() || !save(batch)) return ready;
  }
}

bool HistoryWriter::save(const std::vector<Submission>& batch) {
  std::vector<model::Run> runs;
  runs.reserve(batch.size());
  for (const auto& submission : batch) runs.push_back(*submission.run);
  const auto saved = history_->save(runs);
  if (saved) {
    settle(batch);
    return true;
  }
  // One run that cannot be stored must not keep the others from it.
  if (saved.error().code != ErrorCode::unavailable && batch.size() > 1) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (history_->save(std::span(&runs[i], 1))) settle({batch[i]});
    }
  }
  failed(saved.error());
  return false;
}

void HistoryWriter::settle(const std::vector<Submission>& saved) {
  std::vector<std::string> run_ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, run] : saved) {
      run_ids.push_back(run->run_id);
      auto node = pending_.extract(number);
      if (node.mapped() == run) {
        number_of_.erase(run->run_id);
        continue;
      }
      node.key() = ++submitted_;  // changed meanwhile: waits again, behind the others
      number_of_[run->run_id] = node.key();
      pending_.insert(std::move(node));
    }
    retry_at_.reset();
    retry_ms_ = 0;
    last_error_.reset();
  }
  base::counters().add(Counter::history_saves, saved.size());
  if (options_.on_durable) {
    options_.executor([callback = options_.on_durable, run_ids = std::move(run_ids)] { callback(run_ids); });
  }
}

void HistoryWriter::failed(const Error& error) {
  base::counters().add(Counter::history_save_failures);
  const std::lock_guard lock(mutex_);
  retry_ms_ = std::clamp(retry_ms_ * 2, options_.first_retry_ms, options_.last_retry_ms);
  retry_at_ = Clock::now() + milliseconds(retry_ms_);
  last_error_ = error.sentence();
}

void HistoryWriter::run_tasks(std::size_t count) {
  std::deque<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    for (; count > 0 && !tasks_.empty(); --count) {
      tasks.push_back(std::move(tasks_.front()));
      tasks_.pop_front();
    }
  }
  std::deque<Task> kept;
  for (Task& task : tasks) {
    std::string why;
    {
      const std::lock_guard lock(mutex_);
      if (retry_at_ && number_of_.contains(task.run_id)) why = last_error_.value_or("");
    }
    if (why.empty() || task.when_run_waits == WhenRunWaits::run_anyway) {
      task.work(*history_);
    } else if (task.when_run_waits == WhenRunWaits::refuse) {
      task.refuse({ErrorCode::unavailable, "this run is not written yet: " + why, "", "try again later"});
    } else {
      kept.push_back(std::move(task));
    }
  }
  const std::lock_guard lock(mutex_);
  for (; !kept.empty(); kept.pop_back()) tasks_.push_front(std::move(kept.back()));
}

Result<void> HistoryWriter::stop(std::int64_t deadline_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_by_) stop_by_ = Clock::now() + milliseconds(deadline_ms);
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  history_.reset();
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return {};
  return Error{ErrorCode::unavailable, std::to_string(pending_.size()) + " runs could not be written: " +
                                           last_error_.value_or("there was not enough time")};
}

void HistoryWriter::amend(std::string run_id, RunPatch patch, Callback<bool> done) {
  const std::string id = run_id;
  enqueue<bool>(
      std::move(run_id), WhenRunWaits::refuse,
      [id, patch = std::move(patch)](RunHistory& history) { return history.amend(id, patch); }, std::move(done));
}

void HistoryWriter::remove(std::string run_id, Callback<bool> done) {
  const std::string id = run_id;
  enqueue<bool>(
      std::move(run_id), WhenRunWaits::refuse, [id](RunHistory& history) { return history.remove(id); },
      std::move(done));
}

struct HistoryWriter::Prune {
  PruneRule rule;
  Callback<PruneReport> done;
  std::unique_ptr<Pruning> pruning;
};

void HistoryWriter::prune(PruneRule rule, Callback<PruneReport> done) {
  auto prune = std::make_shared<Prune>(Prune{std::move(rule), std::move(done), nullptr});
  add({"", WhenRunWaits::run_anyway, [this, prune](RunHistory& history) { begin_prune(prune, history); },
       [this, prune](const Error& error) { answer<PruneReport>(prune->done, error); }});
}

void HistoryWriter::begin_prune(const std::shared_ptr<Prune>& prune, RunHistory& history) {
  if (prune->rule.dry_run) return answer<PruneReport>(prune->done, history.foresee(prune->rule));
  if (pruning_) {
    return answer<PruneReport>(
        prune->done, Error{ErrorCode::conflict, "runs are being pruned already", "", "try again when that has ended"});
  }
  auto pruning = history.begin_prune(prune->rule);
  if (!pruning) return answer<PruneReport>(prune->done, pruning.error());
  prune->pruning = std::move(*pruning);
  pruning_ = true;
  prune_on(prune);
}

// Each step is a task of its own behind those that wait, so that runs are written between any two.
void HistoryWriter::prune_on(const std::shared_ptr<Prune>& prune) {
  const auto end = [this, prune](Result<PruneReport> report) {
    pruning_ = false;
    prune->pruning.reset();
    answer<PruneReport>(prune->done, std::move(report));
  };
  add({"", WhenRunWaits::run_anyway,
       [this, prune, end](RunHistory&) {
         const auto more = prune->pruning->step();
         if (!more) return end(more.error());
         if (!*more) return end(prune->pruning->report());
         prune_on(prune);
       },
       // The history is being closed: what went so far has gone.
       [prune, end](const Error&) { end(prune->pruning->report()); }});
}

void HistoryWriter::save_samples(SampleSeries series) {
  std::string run_id = series.run_id;
  enqueue<void>(
      std::move(run_id), WhenRunWaits::wait,
      [series = std::move(series)](RunHistory& history) { return history.save_samples(std::span(&series, 1)); }, {});
}

void HistoryWriter::save_worker(model::Worker worker) {
  task<void>([worker = std::move(worker)](RunHistory& history) { return history.save_worker(worker); }, {});
}

void HistoryWriter::save_preset(FilterPreset preset, Callback<void> done) {
  task<void>([preset = std::move(preset)](RunHistory& history) { return history.save_preset(preset); },
             std::move(done));
}

void HistoryWriter::remove_preset(std::string name, Callback<bool> done) {
  task<bool>([name = std::move(name)](RunHistory& history) { return history.remove_preset(name); }, std::move(done));
}

void HistoryWriter::save_recommendation(Recommendation recommendation, Callback<void> done) {
  task<void>([recommendation = std::move(recommendation)](
                 RunHistory& history) { return history.save_recommendation(recommendation); },
             std::move(done));
}

void HistoryWriter::save_alert(Alert alert) {
  task<void>([alert = std::move(alert)](RunHistory& history) { return history.save_alert(alert); }, {});
}

void HistoryWriter::backup(std::filesystem::path path, Callback<void> done) {
  task<void>([path = std::move(path)](RunHistory& history) { return history.backup(path); }, std::move(done));
}

}  // namespace comfytrace::history
