#include "generate/facts_maker.h"

#include <algorithm>
#include <string_view>

#include "generate/random.h"
#include "generate/run_maker.h"

namespace comfytrace::generate {
namespace {

using history::NodeClassFacts;
using history::RunFacts;
using model::ExitReason;
using model::Status;

void add_nodes(const PlannedRun& plan, const PlannedAttempt& attempt, std::vector<NodeClassFacts>& classes) {
  if (!attempt.started_at_ms || !plan.worker->tells_nodes || plan.backfilled) return;
  for (std::size_t i = 0; i < attempt.nodes_begun; ++i) {
    if (was_cached(*plan.workflow, i, attempt.cached)) continue;
    const std::string& type = plan.workflow->nodes[i].class_type;
    auto at = std::ranges::lower_bound(classes, type, {}, &NodeClassFacts::class_type);
    if (at == classes.end() || at->class_type != type) {
      at = classes.insert(at, NodeClassFacts{});
      at->class_type = type;
    }
    ++at->executions;
    at->duration_ms += attempt.node_ms[i];
  }
}

// As model::roll_up decides it; all scenes of a plan have ended.
void set_outcome(const PlannedRun& plan, RunFacts& facts) {
  const Status first = facts.scenes.front().status;
  const bool agree = std::ranges::all_of(facts.scenes, [&](const auto& scene) { return scene.status == first; });
  facts.status = agree ? first : facts.scenes_succeeded > 0 ? Status::partial : Status::failed;
  facts.exit_reason = ExitReason::success;
  for (const auto& scene : facts.scenes) {
    if (scene.status == Status::success) continue;
    facts.exit_reason = scene.exit_reason;
    break;
  }
  const PlannedAttempt& attempt = plan.scenes.front().attempts.front();
  if (attempt.started_at_ms) facts.queue_wait_ms = *attempt.started_at_ms - attempt.queued_at_ms;
}

void add_attempt(const PlannedRun& plan, const PlannedAttempt& attempt, RunFacts& facts) {
  if (attempt.started_at_ms)
    facts.started_at_ms = std::min(facts.started_at_ms.value_or(*attempt.started_at_ms), *attempt.started_at_ms);
  facts.finished_at_ms = std::max(facts.finished_at_ms.value_or(attempt.finished_at_ms), attempt.finished_at_ms);
  if (attempt.vram_peak_bytes)
    facts.vram_peak_bytes = std::max(facts.vram_peak_bytes.value_or(0), *attempt.vram_peak_bytes);
  if (!facts.vram_free_before_bytes) facts.vram_free_before_bytes = attempt.vram_free_before_bytes;
  facts.attempts_out_of_memory += attempt.exit_reason == ExitReason::outOfMemory;
  facts.attempts_timed_out += status_of(attempt.exit_reason) == Status::timeout;
  facts.fallback_count += plan.on_cpu;
  ++facts.attempt_count;
  add_nodes(plan, attempt, facts.node_classes);
}

}  // namespace

RunFacts FactsMaker::facts_of(const PlannedRun& plan) {
  RunFacts facts;
  facts.run_id = uuid_of(plan.run_id.high, plan.run_id.low);
  facts.created_at_ms = plan.created_at_ms;
  facts.vram_total_bytes = plan.environment->vram_total_bytes;
  facts.scene_count = static_cast<std::int64_t>(plan.scenes.size());
  facts.workflow_name = workflow_name_of(plan);
  facts.fingerprint = plan.workflow->fingerprint;
  facts.models = checkpoints_of(plan);
  if (!facts.models.empty()) facts.model = facts.models.front();
  std::ranges::sort(facts.models);
  facts.worker_ids = {plan.worker->worker.worker_id};
  facts.devices = {plan.environment->device_name};
  facts.story_id = story_id_of(plan);
  facts.story_title = story_title_of(plan);
  facts.tags = tags_of(plan);
  facts.archived = plan.archived;
  facts.comfyui_version = plan.environment->comfyui_version;
  facts.pytorch_version = plan.environment->pytorch_version;
  const Keys& keys = keys_of(plan);
  facts.key = keys.run;
  facts.scenes.resize(plan.scenes.size());
  for (std::size_t i = 0; i < plan.scenes.size(); ++i) {
    const auto& attempts = plan.scenes[i].attempts;
    const PlannedAttempt& last = attempts.back();
    history::SceneFacts& scene = facts.scenes[i];
    scene.scene_id = scene_id_of(i);
    scene.status = status_of(last.exit_reason);
    scene.exit_reason = last.exit_reason;
    scene.attempt_count = static_cast<std::int64_t>(attempts.size());
    scene.key = keys.scenes[i];
    if (last.started_at_ms) {
      scene.duration_ms = last.finished_at_ms - *last.started_at_ms;
      facts.duration_ms = facts.duration_ms.value_or(0) + *scene.duration_ms;
    }
    if (scene.status == Status::success) {
      ++facts.scenes_succeeded;
      facts.frames = facts.frames.value_or(0) + plan.workflow->frames();
    }
    for (const PlannedAttempt& attempt : attempts) add_attempt(plan, attempt, facts);
  }
  set_outcome(plan, facts);
  return facts;
}

// What a key depends on is little: the history's own code makes each one once, from the run written out.
const FactsMaker::Keys& FactsMaker::keys_of(const PlannedRun& plan) {
  name_.clear();
  const auto add = [&](std::string_view text) { name_.append(text).push_back('\n'); };
  add(plan.workflow->name);
  add(plan.environment->device_name);
  name_ += {static_cast<char>('0' + plan.size), static_cast<char>('0' + plan.model_changed),
            static_cast<char>('0' + (plan.worker->tells_nodes && !plan.backfilled))};
  for (const PlannedScene& scene : plan.scenes) {
    const PlannedAttempt& last = scene.attempts.back();
    name_ += static_cast<char>('0' + static_cast<int>(last.cached));
    name_ += static_cast<char>('0' + last.nodes_begun);
  }
  const auto known = keys_.find(name_);
  if (known != keys_.end()) return known->second;
  const RunFacts facts = history::facts_of(run_of(plan));
  Keys keys;
  keys.run = facts.key;
  for (const auto& scene : facts.scenes) keys.scenes.push_back(scene.key);
  return keys_.emplace(name_, std::move(keys)).first->second;
}

}  // namespace comfytrace::generate
