#include "history_changer.h"

#include <fmt/format.h>

#include <algorithm>

namespace comfytrace::bench {
namespace {

generate::Options options(std::uint64_t seed) {
  generate::Options of;
  of.seed = seed + 1000;
  of.runs = 1'000'000;
  of.workers = 12;
  return of;
}

}  // namespace

Changer::Changer(SqliteHistory& history, std::vector<std::string> run_ids, std::uint64_t seed,
                 std::chrono::milliseconds pause)
    : history_(history),
      run_ids_(std::move(run_ids)),
      most_(run_ids_.size()),
      random_(seed, "changes"),
      generator_(options(seed)),
      pause_(pause),
      thread_([this] { run(); }) {}

Changer::~Changer() {
  stop_ = true;
  thread_.join();
}

std::deque<Change> Changer::changes_until(Version version) {
  while (complete_ < version) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::lock_guard lock(mutex_);
  std::deque<Change> taken;
  while (!changes_.empty() && changes_.front().version <= version) {
    taken.push_back(std::move(changes_.front()));
    changes_.pop_front();
  }
  return taken;
}

void Changer::run() {
  while (!stop_) {
    if (goes_on_) {
      ++begun_;
      change();
      complete_ = begun_.load();
    }
    std::this_thread::sleep_for(pause_);
  }
}

void Changer::change() {
  const std::int64_t what = random_.below(10);
  if (what < 6) return save();
  std::string& any = one();
  const std::string run_id = any;
  if (what < 8) {
    must(history_.remove(run_id));
    std::swap(any, run_ids_.back());
    run_ids_.pop_back();
  } else {
    RunPatch patch;
    patch.tags = std::vector<std::string>{"keep", fmt::format("tag {}", random_.below(4))};
    patch.archived = random_.chance(0.5);
    must(history_.amend(run_id, patch));
  }
  write_down({run_id});
}

// New runs, others under the ids of old ones, or both.
void Changer::save() {
  std::vector<model::Run> runs;
  std::vector<std::string> ids;
  for (std::int64_t i = 1 + random_.below(20); i > 0; --i) {
    auto run = generator_.next();
    if (!run) break;
    if (run_ids_.size() >= most_ || random_.chance(0.5)) {
      run->run_id = one();
      if (std::ranges::find(ids, run->run_id) != ids.end()) continue;
    } else {
      run_ids_.push_back(run->run_id);
    }
    ids.push_back(run->run_id);
    runs.push_back(std::move(*run));
  }
  must(history_.save(runs));
  write_down(ids);
}

void Changer::write_down(const std::vector<std::string>& run_ids) {
  std::vector<Change> changes;
  for (const std::string& id : run_ids) {
    const auto run = must(history_.get(id));
    changes.push_back({begun_, id, run ? std::optional(facts_of(*run)) : std::nullopt});
  }
  const std::lock_guard lock(mutex_);
  for (Change& change : changes) changes_.push_back(std::move(change));
}

std::string& Changer::one() {
  return run_ids_[static_cast<std::size_t>(random_.below(std::ssize(run_ids_)))];
}

}  // namespace comfytrace::bench
