#include "history/sqlite/run_index.h"

#include <algorithm>
#include <optional>

#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

using Facets = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <class T>
void keep_each_once(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

std::int64_t place_hash(std::string_view worker_id, std::string_view prompt_id) {
  std::uint32_t hash = 2166136261u;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  };
  mix(worker_id);
  mix(std::string_view("\0", 1));
  mix(prompt_id);
  return hash;
}

Facets facets_of(const model::Run& run, SharedTexts& texts) {
  Facets facets;
  const auto put = [&](Facet kind, std::int64_t value) { facets.emplace_back(static_cast<std::int64_t>(kind), value); };
  const auto facet = [&](Facet kind, std::string_view text) { put(kind, texts.name_id(text)); };
  // Scenes mostly have what the one before has.
  const model::Scene* last_scene = nullptr;
  const model::Attempt* last = nullptr;
  std::string_view device;
  const auto prompt = [&](const std::optional<std::string> model::Parameters::*which, const model::Scene& scene) {
    const auto& text = scene.parameters.*which;
    if (text && !(last_scene && last_scene->parameters.*which == text)) put(Facet::prompt, texts.prompt_id(*text));
  };
  for (const auto& scene : run.scenes) {
    if (!scene.workflow_fingerprint.empty()) facet(Facet::fingerprint, scene.workflow_fingerprint);
    for (const auto& name : scene.parameters.checkpoints) facet(Facet::model, name);
    prompt(&model::Parameters::positive_prompt, scene);
    prompt(&model::Parameters::negative_prompt, scene);
    for (const auto& attempt : scene.attempts) {
      if (!last || last->worker_id != attempt.worker_id) facet(Facet::worker, attempt.worker_id);
      if (attempt.environment && attempt.environment->device_name != device) {
        device = attempt.environment->device_name;
        if (!device.empty()) facet(Facet::gpu, folded(device));
      }
      last = &attempt;
    }
    last_scene = &scene;
  }
  for (const auto& tag : run.tags) facet(Facet::tag, tag);
  if (run.workflow_name) facet(Facet::workflow_name, folded(*run.workflow_name));
  if (run.story_id) facet(Facet::story_id, *run.story_id);
  if (run.story_title) facet(Facet::story_title, folded(*run.story_title));
  keep_each_once(facets);
  return facets;
}

RunIndex index_of(const model::Run& run, SharedTexts& texts, SearchTexts& words) {
  RunIndex index;
  index.words = words.of(run);
  index.facets = facets_of(run, texts);
  for (const auto& scene : run.scenes) {
    for (const auto& attempt : scene.attempts) index.places.push_back(place_hash(attempt.worker_id, attempt.prompt_id));
  }
  keep_each_once(index.places);
  return index;
}

}  // namespace comfytrace::history::sqlite
