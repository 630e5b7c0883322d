#include "insight/eta.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "insight/cohort.h"
#include "insight/node_times.h"
#include "insight/stats/prediction.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

using base::Result;
using history::LikeLevel;
using model::Attempt;
using model::NodeState;

using NodeKey = std::pair<std::string, std::string>;  // display id, class

// What is done, what runs, and how far.
struct Progress {
  std::map<NodeKey, bool> over;  // finished or cached
  std::optional<NodeKey> running;
  double elapsed_ms = 0;  // of the running node
  double done_ratio = 0;  // of its steps
};

Progress progress_of(const Attempt& attempt, double attempt_elapsed_ms) {
  Progress progress;
  for (const auto& node : attempt.nodes) {
    if (node.node_id != node.display_node_id) continue;  // counts within the node that people see
    const NodeKey key(node.display_node_id, node.class_type);
    if (node.state != NodeState::running) {
      progress.over[key] = true;
      continue;
    }
    progress.running = key;
    if (node.start_offset_ms)
      progress.elapsed_ms = std::max(0.0, attempt_elapsed_ms - static_cast<double>(*node.start_offset_ms));
    progress.done_ratio = 0;
    if (node.progress_value && node.progress_max && *node.progress_max > 0)
      progress.done_ratio = std::clamp(*node.progress_value / *node.progress_max, 0.0, 1.0);
  }
  for (const auto& id : attempt.cached_node_ids) progress.over[NodeKey(id, "")] = true;
  return progress;
}

bool is_over(const Progress& progress, const PastNode& node) {
  return progress.over.contains(NodeKey(node.node_id, node.class_type)) ||
         progress.over.contains(NodeKey(node.node_id, ""));
}

// What the running node still needs, by one past attempt in which it took `past_ms`: by its pace where steps are told,
// the more the further it is; else what is left of what it took then. nullopt: it has outlasted that.
std::optional<double> left_of_running(const Progress& progress, double past_ms, double median_past_ms) {
  if (progress.done_ratio > 0 && progress.elapsed_ms > 0) {
    const double by_pace = progress.elapsed_ms / progress.done_ratio * (1 - progress.done_ratio);
    const double relative = median_past_ms > 0 ? past_ms / median_past_ms - 1 : 0;
    return std::max(0.0, by_pace * (1 + relative * (1 - progress.done_ratio)));
  }
  if (past_ms <= progress.elapsed_ms) return std::nullopt;
  return past_ms - progress.elapsed_ms;
}

double median_of_running(const Progress& progress, const EtaPast& past) {
  std::vector<double> durations;
  for (const PastAttempt& attempt : past.attempts) {
    for (const PastNode& node : attempt.nodes) {
      if (progress.running == NodeKey(node.node_id, node.class_type)) durations.push_back(node.duration_ms);
    }
  }
  return stats::median(durations).value_or(0);
}

// How much was left of each past attempt where this one is now. Kept together per attempt: what made one node slow made
// the others slow too.
std::vector<double> left_by_nodes(const Progress& progress, const EtaPast& past, double elapsed_ms) {
  std::vector<double> left;
  const double median_ms = progress.running ? median_of_running(progress, past) : 0;
  for (const PastAttempt& attempt : past.attempts) {
    if (attempt.nodes.empty()) continue;
    double rest = 0;
    bool outlasted = false;
    for (const PastNode& node : attempt.nodes) {
      if (progress.running == NodeKey(node.node_id, node.class_type)) {
        const auto of_running = left_of_running(progress, node.duration_ms, median_ms);
        outlasted = outlasted || !of_running;
        rest += of_running.value_or(0);
      } else if (!is_over(progress, node)) {
        rest += node.duration_ms;
      }
    }
    // What no node accounts for lies spread over the attempt; before its first node all of it is to come.
    const double whole = std::max(attempt.duration_ms - attempt.overhead_ms, 1.0);
    const double share_left = std::clamp(rest / whole, 0.0, 1.0);
    if (outlasted && rest == 0) continue;
    rest += attempt.overhead_ms * share_left;
    if (progress.over.empty() && !progress.running) rest = std::max(0.0, rest - elapsed_ms);
    left.push_back(rest);
  }
  return left;
}

std::vector<double> left_by_attempts(const EtaPast& past, double elapsed_ms) {
  std::vector<double> left;
  for (const PastAttempt& attempt : past.attempts) {
    if (attempt.duration_ms > elapsed_ms) left.push_back(attempt.duration_ms - elapsed_ms);
  }
  return left;
}

void claim(Eta& eta, EtaBasis basis, const stats::Prediction& left, std::int64_t now_ms) {
  eta.basis = basis;
  const auto whole = [](double ms) { return static_cast<std::int64_t>(std::llround(std::clamp(ms, 0.0, 1e15))); };
  eta.remaining_ms = whole(left.median);
  eta.remaining_low_ms = whole(left.interval.low);
  eta.remaining_high_ms = whole(left.interval.high);
  eta.done_at_ms = now_ms + *eta.remaining_ms;
}

double steps_per_second(const Attempt& attempt, double elapsed_ms) {
  double rate = 0;
  for (const auto& node : attempt.nodes) {
    if (node.state != NodeState::running || !node.progress_value || !node.start_offset_ms) continue;
    const double seconds = (elapsed_ms - static_cast<double>(*node.start_offset_ms)) / 1000;
    if (*node.progress_value > 0 && seconds > 0) rate = *node.progress_value / seconds;
  }
  return rate;
}

PastAttempt past_of(const model::Scene& scene, const Attempt& attempt) {
  PastAttempt past;
  past.duration_ms = static_cast<double>(*attempt.duration_ms);
  past.overhead_ms = past.duration_ms;
  for (const NodeTime& node : node_times(scene, attempt)) {
    if (node.executions == 0) continue;
    past.nodes.push_back({node.node_id, node.class_type, static_cast<double>(node.duration_ms)});
    past.overhead_ms -= static_cast<double>(node.duration_ms);
  }
  past.overhead_ms = std::max(0.0, past.overhead_ms);
  return past;
}

Result<void> read_past(const history::RunHistoryReader& reader, const std::vector<history::SceneSample>& samples,
                       EtaPast& past) {
  std::optional<model::Run> run;
  for (const auto& sample : samples) {
    if (!run || run->run_id != sample.run_id) {
      auto stored = reader.get(sample.run_id);
      if (!stored) return stored.error();
      run = std::move(*stored);
      if (!run) continue;  // deleted meanwhile
    }
    const auto scene = std::ranges::find(run->scenes, sample.scene.scene_id, &model::Scene::scene_id);
    if (scene == run->scenes.end() || scene->attempts.empty()) continue;
    const Attempt& attempt = scene->attempts.back();
    if (attempt.duration_ms && *attempt.duration_ms > 0) past.attempts.push_back(past_of(*scene, attempt));
  }
  return {};
}

}  // namespace

EtaScore score_of(const stats::CoverageCounter& counter) {
  EtaScore score;
  score.n = static_cast<std::int64_t>(counter.n());
  score.inside = static_cast<std::int64_t>(counter.inside());
  score.sooner = static_cast<std::int64_t>(counter.below());
  score.later = static_cast<std::int64_t>(counter.above());
  score.coverage_rate = counter.rate();
  score.coverage_interval = counter.rate_interval();
  score.sentence = score.n == 0
                       ? "not measured yet"
                       : "measured: " + std::to_string(score.inside) + " of " + std::to_string(score.n) + " inside";
  return score;
}

Result<EtaPast> load_eta_past(const history::RunHistoryReader& reader, const history::WorkKey& key,
                              const EtaOptions& options) {
  EtaPast past;
  // Which nodes are cached is known only once it runs, and then each node's own past says more than the level could.
  for (const LikeLevel level : {LikeLevel::device, LikeLevel::models, LikeLevel::structure}) {
    history::ScenesQuery query;
    query.like = key;
    query.level = level;
    query.statuses = {model::Status::success};
    query.limit = options.limit;
    const auto samples = reader.scene_samples(query);
    if (!samples) return samples.error();
    past.attempts.clear();
    if (auto done = read_past(reader, *samples, past); !done) return done.error();
    past.level = level;
    if (static_cast<std::int64_t>(past.attempts.size()) >= options.needs) return past;
  }
  past.level.reset();
  return past;
}

Eta estimate_scene(const model::Scene& scene, const EtaPast& past, std::int64_t now_ms) {
  Eta eta;
  const auto needs = static_cast<std::int64_t>(stats::kPredictionNeeds);
  eta.level = past.level;
  eta.n = static_cast<std::int64_t>(past.attempts.size());
  if (!past.level || eta.n < needs) {
    eta.needed = std::max<std::int64_t>(needs - eta.n, past.level ? 0 : 1);
    eta.reason = std::to_string(eta.n) + " of the " + std::to_string(needs) + " like scenes that it takes";
    return eta;
  }
  if (scene.attempts.empty() || !model::is_open(scene.attempts.back().status)) {
    eta.reason = "nothing of it waits or executes";
    return eta;
  }
  const Attempt& attempt = scene.attempts.back();
  // A clock that was set back gives no negative time.
  const double elapsed_ms =
      attempt.started_at_ms ? std::max(0.0, static_cast<double>(now_ms) - static_cast<double>(*attempt.started_at_ms))
                            : 0;
  if (attempt.node_times_known && attempt.started_at_ms) {
    const auto left = left_by_nodes(progress_of(attempt, elapsed_ms), past, elapsed_ms);
    if (const auto next = stats::predict_next(left, kEtaLevel)) {
      claim(eta, EtaBasis::nodes, *next, now_ms);
      eta.n = static_cast<std::int64_t>(left.size());
      if (const double rate = steps_per_second(attempt, elapsed_ms); rate > 0) eta.steps_per_second = rate;
      return eta;
    }
  }
  const auto left = left_by_attempts(past, elapsed_ms);
  eta.n = static_cast<std::int64_t>(left.size());
  if (const auto next = stats::predict_next(left, kEtaLevel)) {
    claim(eta, EtaBasis::attempts, *next, now_ms);
    if (attempt.started_at_ms && !attempt.node_times_known)
      eta.reason = "by time alone: this source does not tell nodes";
    return eta;
  }
  eta.reason = "it has taken longer than all but " + std::to_string(left.size()) + " of " +
               std::to_string(past.attempts.size()) + " like scenes";
  return eta;
}

}  // namespace comfytrace::insight
