#include "assemble/grouping.h"

#include <algorithm>
#include <cstdio>

#include "assemble/explain.h"
#include "base/uuid.h"

namespace comfytrace::assemble {
namespace {

bool has_attempt(const model::Run& run, const std::string& worker_id, const std::string& prompt_id) {
  for (const model::Scene& scene : run.scenes) {
    for (const model::Attempt& attempt : scene.attempts) {
      if (attempt.worker_id == worker_id && attempt.prompt_id == prompt_id) return true;
    }
  }
  return false;
}

std::size_t find_scene(const model::Run& run, const std::string& scene_id) {
  const auto found = std::ranges::find(run.scenes, scene_id, &model::Scene::scene_id);
  return static_cast<std::size_t>(found - run.scenes.begin());
}

std::string free_scene_id(const model::Run& run) {
  for (std::size_t number = run.scenes.size() + 1;; ++number) {
    char id[32];
    std::snprintf(id, sizeof id, "scene-%03zu", number);
    if (find_scene(run, id) == run.scenes.size()) return id;
  }
}

std::size_t add_scene(model::Run& run, std::string scene_id) {
  model::Scene& scene = run.scenes.emplace_back();
  scene.scene_id = std::move(scene_id);
  return run.scenes.size() - 1;
}

// The scene that this prompt had before, when its id is used again; else the number of scenes.
std::size_t scene_of_older(AttemptBook& book, const Memo& memo, const RunRecord& record) {
  for (const auto& other : book.all(memo.worker_id, memo.prompt_id)) {
    if (other.get() != &memo && other->record == &record) return other->scene;
  }
  return record.run.scenes.size();
}

template <class T>
bool take(T& into, const T& told) {
  if (into == told) return false;
  into = told;
  return true;
}

bool take_known(std::optional<std::string>& into, const std::optional<std::string>& told) {
  return told && !into && take(into, told);
}

}  // namespace

RunRecord* find_home(AttemptBook& book, const std::string& worker_id, const std::string& prompt_id,
                     const comfyui::Grouping& grouping, std::string& run_id) {
  if (grouping.run_id && !grouping.run_id->empty()) {
    run_id = *grouping.run_id;
    return book.find_run(run_id);
  }
  run_id = prompt_id;
  RunRecord* record = book.find_run(run_id);
  if (!record) return nullptr;
  if (!record->run.grouped && has_attempt(record->run, worker_id, prompt_id)) return record;
  // Two workers may use the same prompt id, and a group may be named like a prompt.
  run_id = base::named_uuid(worker_id + prompt_id);
  return book.find_run(run_id);
}

void place_attempt(AttemptBook& book, Memo& memo, const comfyui::Grouping& grouping, std::int64_t at_ms) {
  std::string run_id;
  RunRecord* record = find_home(book, memo.worker_id, memo.prompt_id, grouping, run_id);
  const bool grouped = grouping.run_id && !grouping.run_id->empty();
  model::Attempt& attempt = memo.attempt();
  if (!record) {
    model::Run run;
    run.run_id = run_id;
    run.created_at_ms = attempt.queued_at_ms.value_or(attempt.started_at_ms.value_or(at_ms));
    record = &book.make_run(std::move(run));
  }
  if (grouped) {
    record->run.grouped = true;
    explain(attempt, at_ms, "belongs to run " + run_id, "its extra_data names that run_id");
  } else if (run_id != memo.prompt_id) {
    explain(attempt, at_ms, "belongs to run " + run_id, "another run already has the id of this prompt");
  }
  model::Run& run = record->run;
  std::size_t scene = 0;
  if (grouped && grouping.scene_id && !grouping.scene_id->empty()) {
    scene = find_scene(run, *grouping.scene_id);
    if (scene == run.scenes.size()) add_scene(run, *grouping.scene_id);
  } else {
    scene = scene_of_older(book, memo, *record);
    if (!grouped && !run.scenes.empty()) scene = 0;
    if (scene == run.scenes.size()) {
      add_scene(run, free_scene_id(run));
      if (grouped) explain(attempt, at_ms, "is " + run.scenes[scene].scene_id, "its extra_data names no scene_id");
    }
  }
  book.place(memo, *record, scene);
}

bool apply_workflow(Memo& memo, const comfyui::WorkflowFacts& facts) {
  model::Run& run = memo.record->run;
  model::Scene& scene = run.scenes[memo.scene];
  model::Attempt& attempt = memo.attempt();
  const comfyui::Grouping& grouping = facts.grouping;
  bool changed = take(attempt.node_count, static_cast<std::int64_t>(facts.nodes.size()));
  if (memo.index + 1 == scene.attempts.size()) {
    changed |= take(scene.workflow_fingerprint, facts.fingerprint);
    changed |= take(scene.work_size, facts.work_size);
    changed |= take(scene.parameters, facts.parameters);
    if (grouping.scene_title) changed |= take(scene.title, *grouping.scene_title);
  }
  changed |= take_known(run.story_id, grouping.story_id);
  changed |= take_known(run.story_title, grouping.story_title);
  changed |= take_known(run.workflow_name, grouping.workflow_name);
  for (const std::string& tag : grouping.tags) {
    if (std::ranges::find(run.tags, tag) != run.tags.end()) continue;
    run.tags.push_back(tag);
    changed = true;
  }
  if (run.title.empty()) {
    // What a person named comes before what was read from the graph.
    std::string title = grouping.workflow_name.value_or(facts.name);
    if (run.grouped && grouping.story_title) title = *grouping.story_title;
    changed |= take(run.title, title);
  }
  return changed;
}

}  // namespace comfytrace::assemble
