#include "history/node_records.h"

namespace comfytrace::history {

std::uint32_t NodeRecorder::text(std::string_view text) {
  const auto at = texts_.find(text);
  if (at != texts_.end()) return at->second;
  const auto position = static_cast<std::uint32_t>(records_.texts.size());
  records_.texts.emplace_back(text);
  texts_.emplace(text, position);
  return position;
}

std::uint32_t NodeRecorder::identity(const model::NodeExecution& node) {
  const NodeRecords::Identity identity{text(node.node_id), text(node.display_node_id), text(node.class_type),
                                       text(node.title)};
  const auto [at, is_new] = identities_.try_emplace(identity, static_cast<std::uint32_t>(records_.identities.size()));
  if (is_new) records_.identities.push_back(identity);
  return at->second;
}

void NodeRecorder::begin_scene(std::uint32_t structure) {
  records_.scenes.push_back({structure, false, records_.nodes.size(), 0});
  ++records_.runs.back().scene_count;
}

void NodeRecorder::begin_attempt(bool times_known) {
  NodeRecords::Scene& scene = records_.scenes.back();
  records_.nodes.resize(scene.first_node);
  scene.node_count = 0;
  scene.times_known = times_known;
}

void NodeRecorder::add(const model::Scene& scene, const model::Attempt& attempt) {
  begin_scene(text(scene.workflow_fingerprint));
  begin_attempt(attempt.node_times_known);
  for (const auto& node : attempt.nodes) add_node(identity(node), node.state, node.duration_ms);
}

void NodeRecorder::add(const model::Run& run) {
  begin_run();
  for (const auto& scene : run.scenes) {
    if (scene.attempts.empty()) {
      begin_scene(text(scene.workflow_fingerprint));
    } else {
      add(scene, scene.attempts.back());
    }
  }
}

}  // namespace comfytrace::history
