#include "insight/trait.h"

#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using history::LikeLevel;
using history::RunFacts;

std::string workflow(const RunFacts& run) {
  return run.key.structure;
}
std::string workflow_words(const RunFacts& run) {
  return run.workflow_name.empty() ? run.key.structure.substr(0, 8) : run.workflow_name;
}
std::string models(const RunFacts& run) {
  return run.key.models;
}
std::string models_words(const RunFacts& run) {
  return run.models.empty() ? "other model files" : list_words(run.models);
}
std::string size(const RunFacts& run) {
  return run.key.work_size ? std::to_string(*run.key.work_size) : "";
}
std::string scenes(const RunFacts& run) {
  return std::to_string(run.key.scene_count);
}
std::string device(const RunFacts& run) {
  return run.key.device;
}
std::string warmth(const RunFacts& run) {
  if (!run.key.is_cold) return "";
  return *run.key.is_cold ? "cold" : "warm";
}
std::string cached(const RunFacts& run) {
  return run.key.executed;
}
std::string cached_words(const RunFacts& run) {
  return "set " + run.key.executed.substr(0, 6);
}
std::string comfyui(const RunFacts& run) {
  return run.comfyui_version;
}
std::string pytorch(const RunFacts& run) {
  return run.pytorch_version;
}
std::string worker(const RunFacts& run) {
  return list_words(run.worker_ids, 100);
}
std::string fallbacks(const RunFacts& run) {
  return run.fallback_count > 0 ? "some" : "none";
}

}  // namespace

const std::vector<Trait>& run_traits() {
  static const std::vector<Trait> traits{
      {"ComfyUI version", TraitKind::environment, std::nullopt, comfyui, comfyui},
      {"PyTorch version", TraitKind::environment, std::nullopt, pytorch, pytorch},
      {"GPU", TraitKind::environment, LikeLevel::device, device, device},
      {"worker", TraitKind::environment, std::nullopt, worker, worker},
      {"fallback notes", TraitKind::circumstance, std::nullopt, fallbacks, fallbacks},
      {"cold or warm start", TraitKind::circumstance, LikeLevel::warmth, warmth, warmth},
      {"cached nodes", TraitKind::circumstance, LikeLevel::executed, cached, cached_words},
      {"model files", TraitKind::work, LikeLevel::models, models, models_words},
      {"workflow", TraitKind::work, LikeLevel::structure, workflow, workflow_words},
      {"size of work", TraitKind::work, LikeLevel::structure, size, size},
      {"number of scenes", TraitKind::work, LikeLevel::structure, scenes, scenes},
  };
  return traits;
}

}  // namespace comfytrace::insight
