#include "alert/alert_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace comfytrace::alert {
namespace {

using history::Alert;
using model::ConnectionState;

constexpr double kMebibyte = 1024.0 * 1024;

std::string spoken(std::int64_t duration_ms) {
  const std::int64_t seconds = std::max<std::int64_t>(0, duration_ms) / 1'000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3'600);
}

std::string worker_subject(const std::string& worker_id) {
  return "worker:" + worker_id;
}

// Its address beside its name, unless it is called by that.
std::string place_words(const model::Worker& worker) {
  if (worker.url.find(worker.name) != std::string::npos) return worker.name;
  return worker.name + " (" + worker.url + ")";
}

// Anything that keeps a person's text to one line of a message.
std::string behind_colon(const std::optional<std::string>& text) {
  return text && !text->empty() ? ": " + *text : "";
}

Level down_level(const model::Connection& connection) {
  switch (connection.state) {
    case ConnectionState::disconnected:
      return Level::raise;
    case ConnectionState::connecting:
      // The first contact has not been tried out; a later one has failed before.
      return connection.attempt > 0 ? Level::raise : Level::between;
    default:
      return Level::clear;
  }
}

Level below(double value, double limit, double clear_factor) {
  if (value < limit) return Level::raise;
  return value >= limit * clear_factor ? Level::clear : Level::between;
}

}  // namespace

AlertEngine::AlertEngine(EngineOptions options, const Moment& begun)
    : begun_at_ms_(begun.at_ms), book_(std::move(options)) {}

double AlertEngine::threshold(Rule rule, std::string_view name) const {
  return book_.rules().threshold(rule, name);
}

std::int64_t AlertEngine::threshold_ms(Rule rule, std::string_view name) const {
  return std::llround(threshold(rule, name) * 1'000);
}

std::string AlertEngine::name_of(const std::string& worker_id) const {
  const auto place = workers_.find(worker_id);
  const bool named = place != workers_.end() && !place->second.state().worker.name.empty();
  return named ? place->second.state().worker.name : worker_id;
}

void AlertEngine::restore(std::span<const Alert> alerts, std::span<const std::string> worker_ids, const Moment& now) {
  book_.restore(alerts, worker_ids, now);
}

void AlertEngine::remember(const model::RunSummary& run) {
  for (const std::string& worker_id : run.worker_ids) streaks_.note(worker_subject(worker_id), run);
  if (!run.workflow_fingerprint.empty()) streaks_.note("workflow:" + run.workflow_fingerprint, run);
}

void AlertEngine::run_changed(const model::Run& run, const Moment& now) {
  for (const model::Scene& scene : run.scenes) {
    for (const model::Attempt& attempt : scene.attempts) {
      if (model::is_open(attempt.status)) continue;
      if (attempt.duration_ms && durations_seen_.is_new(attempt)) {
        workers_[attempt.worker_id].learn_duration(*attempt.duration_ms);
      }
      look_at_headroom(run, attempt, now);
    }
  }
  if (model::is_open(run.status)) return;
  const model::RunSummary line = model::summarise(run);
  remember(line);
  if (line.finished_at_ms.value_or(0) >= begun_at_ms_) look_at_streaks(line, now);
}

void AlertEngine::look_at_headroom(const model::Run& run, const model::Attempt& attempt, const Moment& now) {
  const auto total = workers_[attempt.worker_id].vram_total_bytes();
  // What was free is often known only a while after the end.
  if (!attempt.vram_free_after_bytes || !total || attempt.finished_at_ms.value_or(0) < begun_at_ms_) return;
  if (!headroom_seen_.is_new(attempt)) return;
  constexpr Rule kRule = Rule::vramHeadroom;
  const auto free = static_cast<double>(*attempt.vram_free_after_bytes);
  const double limit =
      std::max(threshold(kRule, "min_free_ratio") * static_cast<double>(*total), threshold(kRule, "min_free_bytes"));
  const Holds holds{0, 0, std::llround(threshold(kRule, "attempts")), std::llround(threshold(kRule, "clear_attempts"))};
  book_.look(kRule, worker_subject(attempt.worker_id), below(free, limit, threshold(kRule, "clear_factor")), holds, now,
             [&](Alert& alert) {
               alert.worker_id = attempt.worker_id;
               alert.run_id = run.run_id;
               alert.message = fmt::format("The last {} attempts on {} ended with {:.0f} MiB of device memory free.",
                                           holds.raise_looks, name_of(attempt.worker_id), free / kMebibyte);
               alert.evidence = {{"vramFreeBytes", free},
                                 {"vramTotalBytes", static_cast<double>(*total)},
                                 {"attempts", static_cast<double>(holds.raise_looks)}};
             });
}

void AlertEngine::look_at_streaks(const model::RunSummary& run, const Moment& now) {
  constexpr Rule kRule = Rule::failureStreak;
  const auto look = [&](const std::string& subject, const std::string& where, std::size_t least_workflows,
                        const std::optional<std::string>& worker_id) {
    const OutcomeStreaks::Streak streak = streaks_.streak(subject);
    Level level = Level::between;
    if (streak.failed >= std::llround(threshold(kRule, "runs")) && streak.workflows >= least_workflows) {
      level = Level::raise;
    } else if (streak.succeeded >= std::llround(threshold(kRule, "clear_runs"))) {
      level = Level::clear;
    }
    book_.look(kRule, subject, level, {}, now, [&](Alert& alert) {
      alert.worker_id = worker_id;
      alert.run_id = run.run_id;
      alert.message = fmt::format("The last {} runs {} failed{}", streak.failed, where, behind_colon(run.error));
      alert.evidence = {{"failedRuns", static_cast<double>(streak.failed)},
                        {"workflows", static_cast<double>(streak.workflows)}};
    });
  };
  if (!OutcomeStreaks::counts(run)) return;
  if (!run.workflow_fingerprint.empty()) {
    const std::string name = run.workflow_name.value_or(run.title.empty() ? run.workflow_fingerprint : run.title);
    look("workflow:" + run.workflow_fingerprint, "of \"" + name + "\"", 1, std::nullopt);
  }
  // One broken workflow is no fault of its worker, and has an alert of its own.
  for (const std::string& worker_id : run.worker_ids) {
    look(worker_subject(worker_id), "on " + name_of(worker_id), 2, worker_id);
  }
}

void AlertEngine::scene_changed(const model::LiveScene& scene, const Moment& now) {
  // Scenes change by the thousand: what that means for the queue is looked at once a tick.
  if (!scene.worker_id.empty()) workers_[scene.worker_id].take(scene, now.steady_ms);
}

void AlertEngine::worker_changed(const model::WorkerState& state, const Moment& now) {
  WorkerProgress& worker = workers_[state.worker.worker_id];
  worker.take(state, now.steady_ms);
  look_at_connection(worker, now);
  look_at_queue(worker, now);
}

void AlertEngine::look_at_connection(const WorkerProgress& worker, const Moment& now) {
  const model::WorkerState& state = worker.state();
  const std::string& worker_id = state.worker.worker_id;
  if (worker_id.empty()) return;  // known from its runs alone
  const std::string subject = worker_subject(worker_id);
  const auto holds = [&](Rule rule) {
    return Holds{threshold_ms(rule, "after_s"), threshold_ms(rule, "clear_after_s"), 1, 1};
  };
  book_.look(Rule::workerDown, subject, down_level(state.connection), holds(Rule::workerDown), now, [&](Alert& alert) {
    const std::int64_t down_ms = now.steady_ms - book_.since_ms(Rule::workerDown, subject).value_or(now.steady_ms);
    alert.worker_id = worker_id;
    alert.message = fmt::format("{} has not been reachable for {}{}", place_words(state.worker), spoken(down_ms),
                                behind_colon(state.connection.last_error));
    alert.evidence = {{"disconnectedMs", static_cast<double>(down_ms)},
                      {"attempts", static_cast<double>(state.connection.attempt)}};
  });
  const Level stalled = state.connection.state == ConnectionState::stalled ? Level::raise : Level::clear;
  book_.look(Rule::workerStalled, subject, stalled, holds(Rule::workerStalled), now, [&](Alert& alert) {
    alert.worker_id = worker_id;
    alert.message = fmt::format("Something runs on {} and nothing is heard of it{}", state.worker.name,
                                behind_colon(state.connection.last_error));
    alert.evidence = {{"queueRunning", static_cast<double>(state.queue_running)},
                      {"queuePending", static_cast<double>(state.queue_pending)}};
  });
}

void AlertEngine::look_at_queue(const WorkerProgress& worker, const Moment& now) {
  constexpr Rule kRule = Rule::queueStuck;
  const model::WorkerState& state = worker.state();
  if (state.worker.worker_id.empty()) return;
  const auto longest_ms = worker.longest_ms();
  const std::int64_t explained_ms = longest_ms
                                        ? std::llround(threshold(kRule, "factor") * static_cast<double>(*longest_ms))
                                        : threshold_ms(kRule, "without_history_s");
  const std::int64_t limit_ms = std::max(threshold_ms(kRule, "after_s"), explained_ms);
  const std::int64_t still_ms = now.steady_ms - worker.still_since_ms().value_or(now.steady_ms);
  book_.look(kRule, worker_subject(state.worker.worker_id), still_ms >= limit_ms ? Level::raise : Level::clear,
             {0, threshold_ms(kRule, "clear_after_s"), 1, 1}, now, [&](Alert& alert) {
               alert.worker_id = state.worker.worker_id;
               alert.message = fmt::format("{} prompts wait on {} and nothing there has moved for {}",
                                           state.queue_pending, state.worker.name, spoken(still_ms));
               alert.evidence = {{"queuePending", static_cast<double>(state.queue_pending)},
                                 {"queueRunning", static_cast<double>(state.queue_running)},
                                 {"stillMs", static_cast<double>(still_ms)},
                                 {"limitMs", static_cast<double>(limit_ms)}};
             });
}

void AlertEngine::verdict(const RunVerdict& verdict, const Moment& now) {
  constexpr Rule kRule = Rule::deviation;
  if (!std::isfinite(verdict.ratio) || verdict.ratio <= 0) return;
  if (static_cast<double>(verdict.n) < threshold(kRule, "min_runs")) return;
  const double distance = std::max(verdict.ratio, 1 / verdict.ratio);
  Level level = Level::between;
  if (distance >= threshold(kRule, "min_ratio") && verdict.persistent) level = Level::raise;
  if (distance < std::min(threshold(kRule, "clear_ratio"), threshold(kRule, "min_ratio"))) level = Level::clear;
  book_.look(kRule, "workflow:" + verdict.workflow + "/" + verdict.metric, level,
             {0, 0, 1, std::llround(threshold(kRule, "clear_runs"))}, now, [&](Alert& alert) {
               alert.run_id = verdict.run_id;
               alert.message = fmt::format("{} of \"{}\" is {:.2f} times its baseline of {} runs, run after run.",
                                           verdict.metric, verdict.workflow, verdict.ratio, verdict.n);
               alert.evidence = {{"ratio", verdict.ratio}, {"runs", static_cast<double>(verdict.n)}};
             });
}

void AlertEngine::store_health(const StoreHealth& health, const Moment& now) {
  store_ = health;
  const std::string subject = "history";
  if (health.free_bytes) {
    constexpr Rule kRule = Rule::diskFull;
    const auto free = static_cast<double>(*health.free_bytes);
    book_.look(kRule, subject, below(free, threshold(kRule, "min_free_bytes"), threshold(kRule, "clear_factor")),
               {threshold_ms(kRule, "after_s"), 0, 1, 1}, now, [&](Alert& alert) {
                 alert.message = fmt::format("The disk that holds the history has {:.0f} MiB free.", free / kMebibyte);
                 alert.evidence = {{"freeBytes", free}};
               });
  }
  constexpr Rule kRule = Rule::writerFailing;
  book_.look(kRule, subject, health.failing ? Level::raise : Level::clear,
             {threshold_ms(kRule, "after_s"), threshold_ms(kRule, "clear_after_s"), 1, 1}, now, [&](Alert& alert) {
               alert.message =
                   "The history cannot be written; what is recorded waits in memory" + behind_colon(health.last_error);
             });
}

void AlertEngine::tick(const Moment& now) {
  for (const auto& [id, worker] : workers_) {
    look_at_connection(worker, now);
    look_at_queue(worker, now);
  }
  if (store_) store_health(StoreHealth(*store_), now);
  book_.tick(now);
}

}  // namespace comfytrace::alert
