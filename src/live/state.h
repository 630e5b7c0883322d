#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/run_history.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::live {

// What a page that opens now is told. Each change answers whether it changed anything.
class State {
 public:
  explicit State(std::size_t recent_runs) : recent_runs_(recent_runs) {}

  void seed_recent(std::vector<model::RunSummary> newest_first);
  [[nodiscard]] bool worker_changed(const model::WorkerState& state);
  [[nodiscard]] bool scene_changed(const model::LiveScene& scene);
  [[nodiscard]] bool run_changed(const model::RunSummary& run);
  void run_deleted(std::string_view run_id);
  [[nodiscard]] bool alert_changed(const history::Alert& alert);

  [[nodiscard]] const std::vector<model::WorkerState>& workers() const { return workers_; }
  // `"workers":[…],"scenes":[…],"openScenes":n,"recent":[…],"alerts":[…]`. Executing scenes come first; no more of
  // the waiting ones than `max_bytes` holds.
  [[nodiscard]] std::string snapshot_json(std::int64_t now_ms, std::size_t max_bytes) const;

 private:
  // Scenes that ended last, so that being told again of an end is no news.
  static constexpr std::size_t kEndedKept = 256;

  const std::size_t recent_runs_;
  std::vector<model::WorkerState> workers_;
  std::uint64_t next_order_ = 0;
  std::map<std::uint64_t, model::LiveScene> open_;  // in order of first sight
  std::unordered_map<std::string, std::uint64_t> order_of_;
  std::unordered_map<std::string, model::LiveScene> ended_;
  std::deque<std::string> ended_order_;
  std::deque<model::RunSummary> recent_;  // newest first
  std::vector<history::Alert> alerts_;    // the open ones, in order of first sight
};

}  // namespace comfytrace::live
