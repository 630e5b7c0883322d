#include "insight/node_times.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/saturate.h"

namespace comfytrace::insight {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;

// Sums in order of first sight.
class Sums {
 public:
  NodeTime& of(const std::string& structure, const std::string& node_id, const std::string& class_type) {
    const auto [at, is_new] = places_.try_emplace(Key(structure, node_id, class_type), times_.size());
    if (is_new) times_.push_back(NodeTime{structure, node_id, class_type, {}, 0, 0, 0});
    return times_[at->second];
  }
  void add(const NodeTime& time) {
    NodeTime& sum = of(time.structure, time.node_id, time.class_type);
    if (sum.title.empty()) sum.title = time.title;
    sum.executions += time.executions;
    sum.cached += time.cached;
    sum.duration_ms = base::saturating_add(sum.duration_ms, time.duration_ms);
  }
  [[nodiscard]] std::vector<NodeTime> take() { return std::move(times_); }

 private:
  std::map<Key, std::size_t> places_;
  std::vector<NodeTime> times_;
};

}  // namespace

std::vector<NodeTime> node_times(const model::Scene& scene, const model::Attempt& attempt) {
  if (!attempt.node_times_known) return {};
  // An expansion's children count for the node that people see, once: as part of its execution.
  std::map<std::string_view, const model::NodeExecution*> shown;
  for (const auto& node : attempt.nodes) {
    if (node.node_id == node.display_node_id) shown.emplace(node.node_id, &node);
  }
  Sums sums;
  for (const auto& node : attempt.nodes) {
    const auto at = shown.find(node.display_node_id);
    const model::NodeExecution& as = at == shown.end() ? node : *at->second;
    const bool is_child = &as != &node;
    NodeTime time{scene.workflow_fingerprint, node.display_node_id, as.class_type, as.title, 0, 0, 0};
    if (node.state == model::NodeState::cached) {
      time.cached = !is_child;
    } else if (node.duration_ms) {
      time.executions = !is_child;
      time.duration_ms = *node.duration_ms;
    } else {
      continue;
    }
    sums.add(time);
  }
  return sums.take();
}

std::vector<NodeTime> node_times(const model::Run& run) {
  Sums sums;
  for (const auto& scene : run.scenes) {
    if (scene.attempts.empty() || !scene.attempts.back().node_times_known) return {};
    for (const NodeTime& time : node_times(scene, scene.attempts.back())) sums.add(time);
  }
  return sums.take();
}

std::vector<NodeTime> class_times(const std::vector<NodeTime>& nodes) {
  Sums sums;
  for (const NodeTime& node : nodes) {
    if (node.class_type.empty()) continue;
    NodeTime of_class = node;
    of_class.structure.clear();
    of_class.node_id.clear();
    of_class.title.clear();
    sums.add(of_class);
  }
  return sums.take();
}

}  // namespace comfytrace::insight
