#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alert/alert_book.h"
#include "alert/facts.h"
#include "alert/outcome_streaks.h"
#include "alert/seen_attempts.h"
#include "alert/worker_progress.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::alert {

// Judges facts by the rules (alert/rules.h) and says which alerts are raised and cleared. Pure: no I/O, no clock; one
// thread. Every fact may come twice. What ended before the engine began is learnt from and raises nothing.
class AlertEngine {
 public:
  AlertEngine(EngineOptions options, const Moment& begun);

  // Takes up an earlier life: the alerts of the history and the workers that are watched now. Before any fact.
  void restore(std::span<const history::Alert> alerts, std::span<const std::string> worker_ids, const Moment& now);
  // A run of the history, so that a streak that was under way is known.
  void remember(const model::RunSummary& run);

  void run_changed(const model::Run& run, const Moment& now);
  void scene_changed(const model::LiveScene& scene, const Moment& now);
  void worker_changed(const model::WorkerState& state, const Moment& now);
  void verdict(const RunVerdict& verdict, const Moment& now);
  void store_health(const StoreHealth& health, const Moment& now);
  // Time goes by: about once a second.
  void tick(const Moment& now);
  // nullopt if no such alert is open.
  [[nodiscard]] std::optional<history::Alert> acknowledge(std::string_view id, const Moment& now) {
    return book_.acknowledge(id, now);
  }

  [[nodiscard]] Changes take_changes() { return book_.take_changes(); }
  [[nodiscard]] std::vector<history::Alert> open() const { return book_.open(); }

 private:
  void look_at_headroom(const model::Run& run, const model::Attempt& attempt, const Moment& now);
  void look_at_streaks(const model::RunSummary& run, const Moment& now);
  void look_at_connection(const WorkerProgress& worker, const Moment& now);
  void look_at_queue(const WorkerProgress& worker, const Moment& now);
  [[nodiscard]] double threshold(Rule rule, std::string_view name) const;
  [[nodiscard]] std::int64_t threshold_ms(Rule rule, std::string_view name) const;
  [[nodiscard]] std::string name_of(const std::string& worker_id) const;

  const std::int64_t begun_at_ms_;
  AlertBook book_;
  OutcomeStreaks streaks_;
  std::map<std::string, WorkerProgress> workers_;
  SeenAttempts durations_seen_;
  SeenAttempts headroom_seen_;
  std::optional<StoreHealth> store_;
};

}  // namespace comfytrace::alert
