#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "generate/generator.h"
#include "generate/random.h"
#include "history/run_facts.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::bench {

using namespace history;

template <class T>
T must(base::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().sentence().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using Version = std::int64_t;

struct Change {
  Version version = 0;
  std::string run_id;
  std::optional<RunFacts> facts;  // absent: the run went
};

// Saves, replaces, amends and removes runs of a history without end, in a thread of its own, and writes down what each
// version changed. The history stays about as large as it was.
class Changer {
 public:
  Changer(SqliteHistory& history, std::vector<std::string> run_ids, std::uint64_t seed, std::chrono::milliseconds pause)
      : history_(history),
        run_ids_(std::move(run_ids)),
        most_(run_ids_.size()),
        random_(seed, "changes"),
        generator_(options(seed)),
        pause_(pause),
        thread_([this] { run(); }) {}
  ~Changer() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] Version complete() const { return complete_; }
  [[nodiscard]] Version begun() const { return begun_; }
  std::deque<Change> changes_until(Version version) {
    while (complete_ < version) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex_);
    std::deque<Change> taken;
    while (!changes_.empty() && changes_.front().version <= version) {
      taken.push_back(std::move(changes_.front()));
      changes_.pop_front();
    }
    return taken;
  }

 private:
  static generate::Options options(std::uint64_t seed) {
    generate::Options of;
    of.seed = seed + 1000;
    of.runs = 1'000'000;
    of.workers = 12;
    return of;
  }

  void run() {
    while (!stop_) {
      ++begun_;
      change();
      complete_ = begun_.load();
      std::this_thread::sleep_for(pause_);
    }
  }

  void change() {
    const std::int64_t what = random_.below(10);
    if (what < 6) return save();
    const std::string run_id = one();
    if (what < 8) {
      must(history_.remove(run_id));
      std::erase(run_ids_, run_id);
    } else {
      RunPatch patch;
      patch.tags = std::vector<std::string>{"keep", fmt::format("tag {}", random_.below(4))};
      patch.archived = random_.chance(0.5);
      must(history_.amend(run_id, patch));
    }
    write_down({run_id});
  }

  // New runs, others under the ids of old ones, or both.
  void save() {
    std::vector<model::Run> runs;
    std::vector<std::string> ids;
    for (std::int64_t i = 1 + random_.below(20); i > 0; --i) {
      auto run = generator_.next();
      if (!run) break;
      if (run_ids_.size() >= most_ || random_.chance(0.5)) run->run_id = one();
      if (std::ranges::find(ids, run->run_id) != ids.end()) continue;
      ids.push_back(run->run_id);
      runs.push_back(std::move(*run));
    }
    must(history_.save(runs));
    for (const std::string& id : ids) {
      if (std::ranges::find(run_ids_, id) == run_ids_.end()) run_ids_.push_back(id);
    }
    write_down(ids);
  }

  void write_down(const std::vector<std::string>& run_ids) {
    std::vector<Change> changes;
    for (const std::string& id : run_ids) {
      const auto run = must(history_.get(id));
      changes.push_back({begun_, id, run ? std::optional(facts_of(*run)) : std::nullopt});
    }
    const std::lock_guard lock(mutex_);
    for (Change& change : changes) changes_.push_back(std::move(change));
  }

  [[nodiscard]] const std::string& one() {
    return run_ids_[static_cast<std::size_t>(random_.below(std::ssize(run_ids_)))];
  }

  SqliteHistory& history_;
  std::vector<std::string> run_ids_;
  const std::size_t most_;
  generate::Random random_;
  generate::Generator generator_;
  const std::chrono::milliseconds pause_;
  std::atomic<bool> stop_ = false;
  std::atomic<Version> begun_ = 0;
  std::atomic<Version> complete_ = 0;
  std::mutex mutex_;
  std::deque<Change> changes_;
  std::thread thread_;  // last: it uses all of them
};

}  // namespace comfytrace::bench
