#include "history/run_facts.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/saturate.h"

namespace comfytrace::history {
namespace {

using model::Attempt;
using model::ExitReason;
using model::NodeState;
using model::Scene;
using model::Status;

// 64 bits tell apart what one history can hold.
template <class Text>
void mix(base::Hash64& hash, const std::vector<Text>& texts) {
  hash.mix(texts.size());
  for (const std::string_view text : texts) hash.mix(text);
}

void mix(base::Hash64& hash, const std::optional<double>& number) {
  hash.mix(number.has_value());
  // Plus zero: the two zeros are one strength.
  hash.mix(std::bit_cast<std::uint64_t>(number.value_or(0) + 0.0));
}

std::string models_of(const model::Parameters& parameters) {
  if (parameters.checkpoints.empty() && parameters.loras.empty() && parameters.vaes.empty() &&
      parameters.text_encoders.empty()) {
    return "";
  }
  base::Hash64 hash;
  mix(hash, parameters.checkpoints);
  hash.mix(parameters.loras.size());
  for (const model::Lora& lora : parameters.loras) {
    hash.mix(lora.name);
    mix(hash, lora.strength_model);
    mix(hash, lora.strength_clip);
  }
  mix(hash, parameters.vaes);
  mix(hash, parameters.text_encoders);
  return hash.hex();
}

bool loads_model(const model::NodeExecution& node) {
  const std::string& type = node.class_type;
  return type.find("Loader") != std::string::npos || type.find("LoadDiffusionModel") != std::string::npos;
}

// The classes of the nodes that were cached: ids differ between graphs of one structure.
std::string executed_of(const Attempt& attempt) {
  if (!attempt.cached_known) return "";
  std::vector<std::string_view> cached;
  for (const auto& node : attempt.nodes) {
    if (node.state == NodeState::cached) cached.push_back(node.class_type);
  }
  std::ranges::sort(cached);
  base::Hash64 hash;
  hash.mix(attempt.cached_node_ids.size());
  hash.mix(cached.size());
  for (const std::string_view class_type : cached) hash.mix(class_type);
  return hash.hex();
}

WorkKey key_of(const Scene& scene) {
  WorkKey key;
  key.structure = scene.workflow_fingerprint;
  key.models = models_of(scene.parameters);
  key.work_size = scene.work_size;
  if (scene.attempts.empty()) return key;
  const Attempt& last = scene.attempts.back();
  if (last.environment) key.device = last.environment->device_name;
  key.executed = executed_of(last);
  key.is_cold = is_cold(scene, last);
  return key;
}

// One text of several: the common one, or a digest over all of them in order; empty if one is not known.
template <class Get>
std::string joined(const std::vector<SceneFacts>& scenes, Get get) {
  std::vector<std::string_view> texts;
  texts.reserve(scenes.size());
  for (const SceneFacts& scene : scenes) {
    if (get(scene.key).empty()) return "";
    texts.push_back(get(scene.key));
  }
  if (texts.empty()) return "";
  if (std::ranges::all_of(texts, [&](std::string_view text) { return text == texts.front(); }))
    return std::string(texts.front());
  std::ranges::sort(texts);
  base::Hash64 hash;
  mix(hash, texts);
  return hash.hex();
}

WorkKey key_of(const std::vector<SceneFacts>& scenes) {
  WorkKey key;
  key.scene_count = static_cast<std::int64_t>(scenes.size());
  key.structure = joined(scenes, [](const WorkKey& of) -> const std::string& { return of.structure; });
  key.models = joined(scenes, [](const WorkKey& of) -> const std::string& { return of.models; });
  key.executed = joined(scenes, [](const WorkKey& of) -> const std::string& { return of.executed; });
  const bool one_device = std::ranges::all_of(
      scenes, [&](const SceneFacts& scene) { return scene.key.device == scenes.front().key.device; });
  if (one_device && !scenes.empty()) key.device = scenes.front().key.device;
  std::int64_t size = 0;
  bool size_known = !scenes.empty();
  bool cold_known = !scenes.empty();
  bool cold = false;
  for (const SceneFacts& scene : scenes) {
    size_known = size_known && scene.key.work_size && !__builtin_add_overflow(size, *scene.key.work_size, &size);
    cold_known = cold_known && scene.key.is_cold;
    cold = cold || scene.key.is_cold.value_or(false);
  }
  if (size_known) key.work_size = size;
  if (cold || cold_known) key.is_cold = cold;
  return key;
}

// ComfyUI counts pictures; a film is one file of as many frames as its latent had.
std::optional<std::int64_t> frames_of(const Scene& scene) {
  if (scene.status != Status::success || scene.attempts.empty()) return std::nullopt;
  std::int64_t pictures = 0;
  std::int64_t films = 0;
  for (const model::Artifact& artifact : scene.attempts.back().artifacts) {
    if (artifact.type != "output" || artifact.cached) continue;
    pictures += artifact.kind == model::MediaKind::image;
    films += artifact.kind == model::MediaKind::video;
  }
  return std::max(pictures, films > 0 ? scene.parameters.frames.value_or(films) : 0);
}

bool timed_out(const Attempt& attempt) {
  return attempt.status == Status::timeout || attempt.exit_reason == ExitReason::maxWait ||
         attempt.exit_reason == ExitReason::attemptLimit;
}

// What the nodes of each class did. The attempts of a run have mostly the same nodes in the same order, so the class of
// the next node is looked for behind that of the one before.
class ClassSums {
 public:
  void add(const Attempt& attempt) {
    if (!attempt.node_times_known) return;
    for (const auto& node : attempt.nodes) {
      if (!node.duration_ms || node.class_type.empty() || node.state == NodeState::cached) continue;
      NodeClassFacts& sum = sum_of(node.class_type);
      ++sum.executions;
      sum.duration_ms = base::saturating_add(sum.duration_ms, *node.duration_ms);
    }
  }
  [[nodiscard]] std::vector<NodeClassFacts> sorted() && {
    std::ranges::sort(sums_, {}, &NodeClassFacts::class_type);
    return std::move(sums_);
  }

 private:
  NodeClassFacts& sum_of(const std::string& class_type) {
    const std::size_t next = last_ + 1 < sums_.size() ? last_ + 1 : 0;
    if (next < sums_.size() && sums_[next].class_type == class_type) {
      last_ = next;
      return sums_[last_];
    }
    const auto [at, is_new] = places_.try_emplace(class_type, sums_.size());
    if (is_new) sums_.emplace_back().class_type = class_type;
    last_ = at->second;
    return sums_[last_];
  }

  std::vector<NodeClassFacts> sums_;
  std::unordered_map<std::string_view, std::size_t> places_;  // in sums_, by names in the run
  std::size_t last_ = 0;
};

}  // namespace

std::optional<bool> is_cold(const Scene& scene, const Attempt& attempt) {
  bool cached = false;
  for (const auto& node : attempt.nodes) {
    if (!loads_model(node)) continue;
    if (node.state != NodeState::cached) return true;
    cached = true;
  }
  if (cached) return false;
  // A stock worker lists only what was cached: a loader that is not among it ran.
  if (attempt.cached_known && !scene.parameters.checkpoints.empty()) return true;
  return std::nullopt;
}

RunFacts facts_of(const model::Run& run) {
  return facts_of(run, model::summarise(run));
}

RunFacts facts_of(const model::Run& run, const model::RunSummary& line) {
  RunFacts facts;
  facts.run_id = run.run_id;
  facts.status = run.status;
  facts.exit_reason = run.exit_reason;
  facts.created_at_ms = run.created_at_ms;
  facts.started_at_ms = run.started_at_ms;
  facts.finished_at_ms = run.finished_at_ms;
  facts.duration_ms = run.duration_ms;
  facts.queue_wait_ms = run.queue_wait_ms;
  facts.vram_peak_bytes = line.vram_peak_bytes;
  facts.scene_count = line.scene_count;
  facts.scenes_succeeded = line.scenes_succeeded;
  facts.attempt_count = line.attempt_count;
  facts.workflow_name = run.workflow_name.value_or("");
  facts.fingerprint = line.workflow_fingerprint;
  facts.model = line.model.value_or("");
  facts.worker_ids = line.worker_ids;
  facts.devices = line.device_names;
  facts.story_id = run.story_id.value_or("");
  facts.story_title = run.story_title.value_or("");
  facts.tags = run.tags;
  facts.archived = run.archived;

  ClassSums classes;
  bool environment_seen = false;
  for (const Scene& scene : run.scenes) {
    for (const std::string& model : scene.parameters.checkpoints) {
      if (std::ranges::find(facts.models, model) == facts.models.end()) facts.models.push_back(model);
    }
    if (const auto frames = frames_of(scene)) facts.frames = facts.frames.value_or(0) + *frames;
    SceneFacts of_scene;
    of_scene.scene_id = scene.scene_id;
    of_scene.status = scene.status;
    of_scene.exit_reason = scene.exit_reason;
    of_scene.attempt_count = static_cast<std::int64_t>(scene.attempts.size());
    of_scene.key = key_of(scene);
    if (!scene.attempts.empty()) of_scene.duration_ms = scene.attempts.back().duration_ms;
    for (const Attempt& attempt : scene.attempts) {
      facts.attempts_out_of_memory += attempt.exit_reason == ExitReason::outOfMemory;
      facts.attempts_timed_out += timed_out(attempt);
      facts.fallback_count += static_cast<std::int64_t>(attempt.fallback_notes.size());
      if (!facts.vram_free_before_bytes) facts.vram_free_before_bytes = attempt.vram_free_before_bytes;
      classes.add(attempt);
      if (!attempt.environment) continue;
      if (std::exchange(environment_seen, true)) continue;
      facts.comfyui_version = attempt.environment->comfyui_version;
      facts.pytorch_version = attempt.environment->pytorch_version;
      facts.vram_total_bytes = attempt.environment->vram_total_bytes;
    }
    facts.scenes.push_back(std::move(of_scene));
  }
  facts.key = key_of(facts.scenes);
  std::ranges::sort(facts.models);
  facts.node_classes = std::move(classes).sorted();
  return facts;
}

}  // namespace comfytrace::history
