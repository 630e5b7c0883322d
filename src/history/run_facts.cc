#include "history/run_facts.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/saturate.h"
#include "history/text_lead.h"

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

void put(const std::optional<std::string>& text, std::string& to) {
  text ? void(to = *text) : to.clear();
}

void put_models(const model::Parameters& parameters, std::string& to) {
  if (parameters.checkpoints.empty() && parameters.loras.empty() && parameters.vaes.empty() &&
      parameters.text_encoders.empty()) {
    return to.clear();
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
  hash.put_hex(to);
}

bool loads_model(const model::NodeExecution& node) {
  const std::string& type = node.class_type;
  return type.find("Loader") != std::string::npos || type.find("LoadDiffusionModel") != std::string::npos;
}

// The classes of the nodes that were cached: ids differ between graphs of one structure.
void put_executed(const Attempt& attempt, std::string& to) {
  if (!attempt.cached_known) return to.clear();
  std::vector<std::string_view> cached;
  for (const auto& node : attempt.nodes) {
    if (node.state == NodeState::cached) cached.push_back(node.class_type);
  }
  std::ranges::sort(cached);
  base::Hash64 hash;
  hash.mix(attempt.cached_node_ids.size());
  hash.mix(cached.size());
  for (const std::string_view class_type : cached) hash.mix(class_type);
  hash.put_hex(to);
}

void put_key(const Scene& scene, WorkKey& key) {
  key.structure = scene.workflow_fingerprint;
  put_models(scene.parameters, key.models);
  key.work_size = scene.work_size;
  key.scene_count = 1;
  key.device.clear();
  key.executed.clear();
  key.is_cold.reset();
  if (scene.attempts.empty()) return;
  const Attempt& last = scene.attempts.back();
  if (last.environment) key.device = last.environment->device_name;
  put_executed(last, key.executed);
  key.is_cold = is_cold(scene, last);
}

// One text of several: the common one, or a digest over all of them in order; empty if one is not known.
template <class Get>
void put_joined(const std::vector<SceneFacts>& scenes, Get get, std::string& to) {
  to.clear();
  const auto text_of = [&](const SceneFacts& scene) -> const std::string& { return get(scene.key); };
  if (scenes.empty() || std::ranges::any_of(scenes, [&](const auto& scene) { return text_of(scene).empty(); })) return;
  if (std::ranges::all_of(scenes, [&](const auto& scene) { return text_of(scene) == text_of(scenes.front()); })) {
    to = text_of(scenes.front());
    return;
  }
  std::vector<std::string_view> texts;
  texts.reserve(scenes.size());
  for (const SceneFacts& scene : scenes) texts.push_back(text_of(scene));
  std::ranges::sort(texts);
  base::Hash64 hash;
  mix(hash, texts);
  hash.put_hex(to);
}

void put_key(const std::vector<SceneFacts>& scenes, WorkKey& key) {
  key.scene_count = static_cast<std::int64_t>(scenes.size());
  put_joined(
      scenes, [](const WorkKey& of) -> const std::string& { return of.structure; }, key.structure);
  put_joined(
      scenes, [](const WorkKey& of) -> const std::string& { return of.models; }, key.models);
  put_joined(
      scenes, [](const WorkKey& of) -> const std::string& { return of.executed; }, key.executed);
  key.device.clear();
  key.work_size.reset();
  key.is_cold.reset();
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
  ClassSums() { sums_.reserve(kFew); }
  void add(const Attempt& attempt) {
    if (!attempt.node_times_known) return;
    for (const auto& node : attempt.nodes) {
      if (!node.duration_ms || node.class_type.empty() || node.state == NodeState::cached) continue;
      Sum& sum = sum_of(node.class_type);
      ++sum.executions;
      sum.duration_ms = base::saturating_add(sum.duration_ms, *node.duration_ms);
    }
  }
  void put_sorted(std::vector<NodeClassFacts>& classes) && {
    for (Sum& sum : sums_) sum.lead = lead_of(sum.class_type);
    std::ranges::sort(sums_, [](const Sum& a, const Sum& b) {
      return a.lead != b.lead ? a.lead < b.lead : a.class_type < b.class_type;
    });
    classes.resize(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      classes[i].class_type = sums_[i].class_type;
      classes[i].executions = sums_[i].executions;
      classes[i].duration_ms = sums_[i].duration_ms;
    }
  }

 private:
  // Up to so many are looked through one by one.
  static constexpr std::size_t kFew = 32;
  struct Sum {
    std::string_view class_type;  // in the run
    std::int64_t executions = 0;
    std::int64_t duration_ms = 0;
    std::uint64_t lead = 0;
  };

  Sum& sum_of(std::string_view class_type) {
    const std::size_t next = last_ + 1 < sums_.size() ? last_ + 1 : 0;
    if (next < sums_.size() && sums_[next].class_type == class_type) {
      last_ = next;
      return sums_[last_];
    }
    last_ = place_of(class_type);
    if (last_ == sums_.size()) sums_.push_back({class_type});
    return sums_[last_];
  }
  // Where it is, or will be.
  std::size_t place_of(std::string_view class_type) {
    if (sums_.size() < kFew) {
      const auto at = std::ranges::find(sums_, class_type, &Sum::class_type);
      return static_cast<std::size_t>(at - sums_.begin());
    }
    for (std::size_t i = places_.size(); i < sums_.size(); ++i) places_.emplace(sums_[i].class_type, i);
    return places_.try_emplace(class_type, sums_.size()).first->second;
  }

  std::vector<Sum> sums_;
  std::unordered_map<std::string_view, std::size_t> places_;  // in sums_; once those are many
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
  put_facts(run, line, facts);
  return facts;
}

void put_facts(const model::Run& run, const model::RunSummary& line, RunFacts& facts) {
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
  put(run.workflow_name, facts.workflow_name);
  facts.fingerprint = line.workflow_fingerprint;
  put(line.model, facts.model);
  facts.worker_ids = line.worker_ids;
  facts.devices = line.device_names;
  put(run.story_id, facts.story_id);
  put(run.story_title, facts.story_title);
  facts.tags = run.tags;
  facts.archived = run.archived;

  facts.attempts_out_of_memory = facts.attempts_timed_out = facts.fallback_count = 0;
  facts.vram_free_before_bytes = facts.vram_total_bytes = facts.frames = std::nullopt;
  facts.comfyui_version.clear();
  facts.pytorch_version.clear();

  ClassSums classes;
  std::vector<std::string_view> models;
  bool environment_seen = false;
  facts.scenes.resize(run.scenes.size());
  auto next = facts.scenes.begin();
  for (const Scene& scene : run.scenes) {
    for (const std::string& model : scene.parameters.checkpoints) {
      if (std::ranges::find(models, model) == models.end()) models.push_back(model);
    }
    if (const auto frames = frames_of(scene)) facts.frames = facts.frames.value_or(0) + *frames;
    SceneFacts& of_scene = *next++;
    of_scene.scene_id = scene.scene_id;
    of_scene.status = scene.status;
    of_scene.exit_reason = scene.exit_reason;
    of_scene.attempt_count = static_cast<std::int64_t>(scene.attempts.size());
    put_key(scene, of_scene.key);
    of_scene.duration_ms = scene.attempts.empty() ? std::nullopt : scene.attempts.back().duration_ms;
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
  }
  put_key(facts.scenes, facts.key);
  std::ranges::sort(models);
  facts.models.assign(models.begin(), models.end());
  std::move(classes).put_sorted(facts.node_classes);
}

}  // namespace comfytrace::history
