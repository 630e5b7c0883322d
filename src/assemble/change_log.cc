#include "assemble/change_log.h"

#include <algorithm>

#include "assemble/node_timeline.h"

namespace comfytrace::assemble {

model::LiveScene live_scene(const model::Run& run, std::size_t index, const Memo* memo, const WorkerLife* worker,
                            std::int64_t updated_at_ms) {
  const model::Scene& scene = run.scenes[index];
  const model::Attempt& attempt = scene.attempts.back();
  model::LiveScene live;
  live.run_id = run.run_id;
  live.scene_id = scene.scene_id;
  live.prompt_id = attempt.prompt_id;
  live.worker_id = attempt.worker_id;
  live.run_title = run.title;
  live.scene_title = scene.title;
  live.status = attempt.status;
  live.exit_reason = attempt.exit_reason;
  live.attempts = static_cast<std::int64_t>(scene.attempts.size());
  live.updated_at_ms = updated_at_ms;
  live.queued_at_ms = attempt.queued_at_ms;
  live.started_at_ms = attempt.started_at_ms;
  live.finished_at_ms = attempt.finished_at_ms;
  live.queue_number = attempt.queue_number;
  live.node_count = attempt.node_count;
  live.nodes_done = nodes_done(attempt);
  live.node_times_known = attempt.node_times_known;
  for (auto node = attempt.nodes.rbegin(); node != attempt.nodes.rend(); ++node) {
    if (node->state != model::NodeState::running) continue;
    model::LiveNode& now = live.node.emplace();
    now.node_id = node->display_node_id;
    now.class_type = node->class_type;
    now.title = node->title;
    if (memo && memo->graph) {
      if (const comfyui::GraphNode* known = memo->graph->find(node->display_node_id)) {
        now.class_type = known->class_type;
        now.title = known->title;
      }
    }
    now.progress_value = node->progress_value;
    now.progress_max = node->progress_max;
    if (node->start_offset_ms && attempt.started_at_ms)
      now.started_at_ms = *attempt.started_at_ms + *node->start_offset_ms;
    break;
  }
  if (worker && attempt.status == model::Status::executing && !worker->samples().empty()) {
    live.vram_free_bytes = worker->samples().back().vram_free_bytes;
    live.gpu_utilization_ratio = worker->samples().back().utilization_ratio;
  }
  return live;
}

void ChangeLog::run_changed(RunRecord& record) {
  if (record.is_changed) return;
  record.is_changed = true;
  runs.push_back(record.run.run_id);
}

void ChangeLog::scene_changed(const std::string& run_id, std::size_t scene, std::int64_t at_ms) {
  for (auto pending = scenes.rbegin(); pending != scenes.rend(); ++pending) {
    if (pending->scene != scene || pending->run_id != run_id) continue;
    if (pending->built) break;
    pending->at_ms = at_ms;
    return;
  }
  scenes.push_back({run_id, scene, at_ms, std::nullopt});
}

void ChangeLog::status_changed(model::LiveScene scene, std::size_t index) {
  std::erase_if(scenes, [&](const PendingScene& pending) {
    return !pending.built && pending.scene == index && pending.run_id == scene.run_id;
  });
  PendingScene pending{scene.run_id, index, scene.updated_at_ms, std::nullopt};
  pending.built = std::move(scene);
  scenes.push_back(std::move(pending));
}

void ChangeLog::want_history(const std::string& worker_id, const std::string& prompt_id) {
  for (const Changes::Wanted& known : wanted) {
    if (known.worker_id == worker_id && known.prompt_id == prompt_id) return;
  }
  wanted.push_back({worker_id, prompt_id});
}

void ChangeLog::forget(std::string_view run_id) {
  std::erase(runs, run_id);
  std::erase_if(scenes, [&](const PendingScene& pending) { return pending.run_id == run_id; });
}

}  // namespace comfytrace::assemble
