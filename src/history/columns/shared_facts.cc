#include "history/columns/shared_facts.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "history/columns/label_book.h"
#include "history/words.h"

namespace comfytrace::history::columns {
namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

bool contains_folded(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::any_of(list, [&](const std::string& one) { return same_folded(one, text); });
}

template <class T>
bool shares(const std::vector<T>& wanted, const std::vector<T>& has) {
  return std::ranges::any_of(has, [&](const T& one) { return contains(wanted, one); });
}

bool within(const std::optional<std::int64_t>& min, const std::optional<std::int64_t>& max,
            const std::optional<std::int64_t>& value) {
  if (!min && !max) return true;
  return value && *value >= min.value_or(*value) && *value <= max.value_or(*value);
}

}  // namespace

Outcome outcome_of(const RunFacts& facts) {
  return {facts.status,
          facts.exit_reason,
          facts.archived,
          false,
          facts.scene_count,
          facts.scenes_succeeded,
          facts.attempt_count,
          facts.attempts_out_of_memory,
          facts.attempts_timed_out,
          facts.fallback_count,
          facts.frames};
}

Setting setting_of(const RunFacts& facts) {
  Setting setting;
  put_setting(facts, setting);
  return setting;
}

void put_setting(const RunFacts& facts, Setting& setting) {
  setting.workflow_name = facts.workflow_name;
  setting.fingerprint = facts.fingerprint;
  setting.model = facts.model;
  setting.models = facts.models;
  setting.worker_ids = facts.worker_ids;
  setting.devices = facts.devices;
  setting.vram_total_bytes = facts.vram_total_bytes;
  setting.comfyui_version = facts.comfyui_version;
  setting.pytorch_version = facts.pytorch_version;
  std::vector<std::string_view> fingerprints;
  for (const SceneFacts& scene : facts.scenes) {
    if (!scene.key.structure.empty()) fingerprints.push_back(scene.key.structure);
  }
  std::ranges::sort(fingerprints);
  fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
  setting.fingerprints.assign(fingerprints.begin(), fingerprints.end());
}

Label label_of(const RunFacts& facts) {
  return {facts.story_id, facts.story_title, facts.tags};
}

NodeShape shape_of(const RunFacts& facts) {
  NodeShape shape;
  for (const NodeClassFacts& of_class : facts.node_classes) {
    shape.classes.push_back(of_class.class_type);
    shape.executions.push_back(of_class.executions);
  }
  return shape;
}

WorkKey key_of(const Work& work) {
  return work;
}

void restore(RunFacts& facts, const Outcome& outcome, Setting setting, const Label& label) {
  facts.status = outcome.status;
  facts.exit_reason = outcome.exit_reason;
  facts.archived = outcome.archived;
  facts.scene_count = outcome.scene_count;
  facts.scenes_succeeded = outcome.scenes_succeeded;
  facts.attempt_count = outcome.attempt_count;
  facts.attempts_out_of_memory = outcome.attempts_out_of_memory;
  facts.attempts_timed_out = outcome.attempts_timed_out;
  facts.fallback_count = outcome.fallback_count;
  facts.frames = outcome.frames;
  facts.workflow_name = std::move(setting.workflow_name);
  facts.fingerprint = std::move(setting.fingerprint);
  facts.model = std::move(setting.model);
  facts.models = std::move(setting.models);
  facts.worker_ids = std::move(setting.worker_ids);
  facts.devices = std::move(setting.devices);
  facts.vram_total_bytes = setting.vram_total_bytes;
  facts.comfyui_version = std::move(setting.comfyui_version);
  facts.pytorch_version = std::move(setting.pytorch_version);
  facts.story_id = label.story_id;
  facts.story_title = label.story_title;
  facts.tags = label.tags;
}

bool asks_outcome(const RunFilter& filter) {
  return !filter.statuses.empty() || !filter.exit_reasons.empty() || filter.archived || filter.attempts_min ||
         filter.attempts_max;
}

bool asks_setting(const RunFilter& filter) {
  return !filter.worker_ids.empty() || !filter.gpus.empty() || !filter.workflows.empty() || !filter.models.empty();
}

bool asks_label(const RunFilter& filter) {
  return !filter.tags.empty() || filter.story;
}

bool meets(const Outcome& outcome, const RunFilter& filter) {
  if (!filter.statuses.empty() && !contains(filter.statuses, outcome.status)) return false;
  if (!filter.exit_reasons.empty() && !(outcome.exit_reason && contains(filter.exit_reasons, *outcome.exit_reason)))
    return false;
  if (filter.archived && outcome.archived != *filter.archived) return false;
  return within(filter.attempts_min, filter.attempts_max, outcome.attempt_count);
}

bool meets(const Workflow& workflow, const RunFilter& filter) {
  if (filter.workflows.empty()) return true;
  return !workflow.workflow_name.empty() && contains_folded(filter.workflows, workflow.workflow_name);
}

bool meets(const Graphs& graphs, const RunFilter& filter) {
  return filter.workflows.empty() || shares(filter.workflows, graphs.fingerprints);
}

bool meets(const Models& models, const RunFilter& filter) {
  return filter.models.empty() || shares(filter.models, models.models);
}

bool meets(const Machine& machine, const RunFilter& filter) {
  if (!filter.worker_ids.empty() && !shares(filter.worker_ids, machine.worker_ids)) return false;
  return filter.gpus.empty() || std::ranges::any_of(machine.devices, [&](const std::string& device) {
           return contains_folded(filter.gpus, device);
         });
}

bool meets(const RunFacts& facts, const RunFilter& filter) {
  if (filter.from_ms && facts.created_at_ms < *filter.from_ms) return false;
  if (filter.to_ms && facts.created_at_ms >= *filter.to_ms) return false;
  if (!within(filter.duration_min_ms, filter.duration_max_ms, facts.duration_ms)) return false;
  if (!within(filter.vram_peak_min_bytes, filter.vram_peak_max_bytes, facts.vram_peak_bytes)) return false;
  if (asks_outcome(filter) && !meets(outcome_of(facts), filter)) return false;
  if (asks_label(filter)) {
    std::string label;
    put_value(label, label_of(facts));
    if (!meets(LabelView(label), filter)) return false;
  }
  if (!asks_setting(filter)) return true;
  const Setting setting = setting_of(facts);
  return (meets(static_cast<const Workflow&>(setting), filter) || meets(static_cast<const Graphs&>(setting), filter)) &&
         meets(static_cast<const Models&>(setting), filter) && meets(static_cast<const Machine&>(setting), filter);
}

}  // namespace comfytrace::history::columns
