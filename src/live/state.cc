#include "live/state.h"

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "live/update.h"

namespace comfytrace::live {

void State::seed_recent(std::vector<model::RunSummary> newest_first) {
  recent_.assign(std::make_move_iterator(newest_first.begin()), std::make_move_iterator(newest_first.end()));
  if (recent_.size() > recent_runs_) recent_.resize(recent_runs_);
}

bool State::worker_changed(const model::WorkerState& state) {
  const auto known = std::find_if(workers_.begin(), workers_.end(), [&](const model::WorkerState& other) {
    return other.worker.worker_id == state.worker.worker_id;
  });
  if (known == workers_.end()) {
    workers_.push_back(state);
    return true;
  }
  if (*known == state) return false;
  *known = state;
  return true;
}

bool State::scene_changed(const model::LiveScene& scene) {
  const auto same = [](const model::LiveScene& known, model::LiveScene told) {
    told.updated_at_ms = known.updated_at_ms;  // that alone is no news
    return known == told;
  };
  std::string subject = scene_subject(scene.run_id, scene.scene_id, scene.prompt_id);
  const auto order = order_of_.find(subject);
  if (model::is_open(scene.status)) {
    if (order == order_of_.end()) {
      // An attempt that ended can open again only if its end was read wrongly; what is told last counts.
      ended_.erase(subject);
      open_.emplace(next_order_, scene);
      order_of_.emplace(std::move(subject), next_order_++);
      return true;
    }
    auto& known = open_.at(order->second);
    if (same(known, scene)) return false;
    known = scene;
    return true;
  }
  if (order != order_of_.end()) {
    open_.erase(order->second);
    order_of_.erase(order);
  }
  if (const auto known = ended_.find(subject); known != ended_.end()) {
    if (same(known->second, scene)) return false;
    known->second = scene;
    return true;
  }
  ended_.emplace(subject, scene);
  ended_order_.push_back(std::move(subject));
  if (ended_order_.size() > kEndedKept) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
  return true;
}

bool State::run_changed(const model::RunSummary& run) {
  const auto known =
      std::find_if(recent_.begin(), recent_.end(), [&](const auto& other) { return other.run_id == run.run_id; });
  if (known != recent_.end()) {
    if (*known == run) return false;
    recent_.erase(known);
  }
  const auto place = std::find_if(recent_.begin(), recent_.end(),
                                  [&](const auto& other) { return other.created_at_ms <= run.created_at_ms; });
  recent_.insert(place, run);
  if (recent_.size() > recent_runs_) recent_.pop_back();
  return true;
}

void State::run_deleted(std::string_view run_id) {
  std::erase_if(recent_, [&](const auto& run) { return run.run_id == run_id; });
  for (auto it = open_.begin(); it != open_.end();) {
    const auto& scene = it->second;
    if (scene.run_id != run_id) {
      ++it;
      continue;
    }
    order_of_.erase(scene_subject(scene.run_id, scene.scene_id, scene.prompt_id));
    it = open_.erase(it);
  }
}

bool State::alert_changed(const history::Alert& alert) {
  const auto known =
      std::find_if(alerts_.begin(), alerts_.end(), [&](const auto& other) { return other.id == alert.id; });
  if (known != alerts_.end() && *known == alert) return false;
  if (alert.cleared_at_ms) {
    if (known != alerts_.end()) alerts_.erase(known);
  } else if (known != alerts_.end()) {
    *known = alert;
  } else {
    alerts_.push_back(alert);
  }
  return true;
}

std::string State::snapshot_json(std::int64_t now_ms, std::size_t max_bytes) const {
  std::string recent;
  for (const auto& run : recent_) {
    if (!recent.empty()) recent.push_back(',');
    base::encode(recent, run);
  }
  std::string out = "\"workers\":";
  base::encode(out, workers_);
  out += ",\"scenes\":[";
  bool first = true;
  for (const bool executing : {true, false}) {
    for (const auto& [order, scene] : open_) {
      if ((scene.status == model::Status::executing) != executing) continue;
      if (out.size() + recent.size() >= max_bytes) break;
      if (!std::exchange(first, false)) out.push_back(',');
      out += scene_json(scene, now_ms);
    }
  }
  out += "],\"openScenes\":" + std::to_string(open_.size()) + ",\"recent\":[" + recent + "],\"alerts\":";
  base::encode(out, alerts_);
  return out;
}

}  // namespace comfytrace::live
