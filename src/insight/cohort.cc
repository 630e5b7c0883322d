#include "insight/cohort.h"

#include <algorithm>
#include <map>
#include <utility>

#include "insight/trait.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Result;
using history::FactsQuery;
using history::LikeLevel;
using history::RunFacts;
using history::SceneSample;
using history::WorkKey;

// The first part that `level` asks for and `key` does not know; nullptr if it knows all.
const char* unknown_part(const WorkKey& key, LikeLevel level) {
  if (key.structure.empty()) return "its workflow";
  if (!key.work_size) return "the size of its work";
  if (holds(level, LikeLevel::models) && key.models.empty()) return "its model files";
  if (holds(level, LikeLevel::device) && key.device.empty()) return "its GPU";
  if (level == LikeLevel::warmth && !key.is_cold) return "whether it started cold";
  if (level == LikeLevel::executed && key.executed.empty()) return "which of its nodes were cached";
  return nullptr;
}

struct Choice {
  std::optional<LikeLevel> level;
  std::int64_t most = 0;  // runs of the level that has most
};

// Asks level after level, strictest first, until one has enough. `ask` fills what it found.
template <class T, class Ask>
Result<Choice> choose(const WorkKey& key, const CohortOptions& options, std::vector<T>& found, Ask ask) {
  Choice choice;
  for (const LikeLevel level : like_levels()) {
    if (unknown_part(key, level)) continue;
    auto like = ask(level);
    if (!like) return like.error();
    choice.most = std::max(choice.most, static_cast<std::int64_t>(like->size()));
    if (static_cast<std::int64_t>(like->size()) < options.needs) continue;
    found = std::move(*like);
    choice.level = level;
    break;
  }
  return choice;
}

void describe(CohortEvidence& evidence, const Choice& choice, const WorkKey& key, const CohortOptions& options,
              std::string_view noun) {
  evidence.limit = options.limit;
  evidence.level = choice.level;
  if (choice.level) {
    evidence.held_equal = held_equal(*choice.level);
    evidence.sentence = count_words(evidence.n, noun) + " with the same " + list_words(evidence.held_equal, 8);
    return;
  }
  evidence.n = choice.most;
  evidence.needed = std::max<std::int64_t>(options.needs - choice.most, 0);
  const char* unknown = unknown_part(key, LikeLevel::structure);
  evidence.sentence = unknown
                          ? std::string("Not enough data: ") + unknown + " is not known, so nothing can be held equal"
                          : "Not enough data: " + std::to_string(choice.most) + " of the " +
                                std::to_string(options.needs) + " like " + std::string(noun) + "s that it takes";
}

// What the runs have in this trait, the most frequent first: "0.3.60 in 44 of 50".
std::string most_frequent(const Trait& trait, const std::vector<RunFacts>& runs) {
  std::map<std::string, std::pair<std::int64_t, const RunFacts*>> counts;
  for (const RunFacts& run : runs) {
    auto& [count, example] = counts[trait.value(run)];
    ++count;
    example = &run;
  }
  const auto most =
      std::ranges::max_element(counts, [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  const std::string words = most->first.empty() ? "not known" : trait.words(*most->second.second);
  return words + " in " + std::to_string(most->second.first) + " of " + std::to_string(runs.size());
}

void compare_traits(CohortEvidence& evidence, const RunFacts& run, const std::vector<RunFacts>& runs) {
  for (const Trait& trait : run_traits()) {
    if (trait.held_from && evidence.level && holds(*evidence.level, *trait.held_from)) continue;
    const std::string value = trait.value(run);
    const auto equal = std::ranges::count_if(runs, [&](const RunFacts& of) { return trait.value(of) == value; });
    if (static_cast<std::size_t>(equal) == runs.size()) {
      if (!value.empty()) evidence.held_equal.emplace_back(trait.what);
      continue;
    }
    NotEqual difference{std::string(trait.what), std::nullopt, most_frequent(trait, runs), value.empty() ? 0 : equal};
    if (!value.empty()) difference.this_run = trait.words(run);
    evidence.not_equal.push_back(std::move(difference));
  }
  std::ranges::stable_sort(evidence.not_equal, [](const NotEqual& a, const NotEqual& b) {
    return std::pair(!a.this_run, a.n_equal) < std::pair(!b.this_run, b.n_equal);
  });
}

}  // namespace

const std::vector<LikeLevel>& like_levels() {
  static const std::vector<LikeLevel> levels{LikeLevel::executed, LikeLevel::warmth, LikeLevel::device,
                                             LikeLevel::models, LikeLevel::structure};
  return levels;
}

std::vector<std::string> held_equal(LikeLevel level) {
  std::vector<std::string> parts{"workflow", "size of work", "number of scenes"};
  if (holds(level, LikeLevel::models)) parts.emplace_back("model files");
  if (holds(level, LikeLevel::device)) parts.emplace_back("GPU");
  if (level == LikeLevel::warmth) parts.emplace_back("cold or warm start");
  if (level == LikeLevel::executed) parts.emplace_back("cached nodes");
  return parts;
}

Result<Cohort> find_cohort(const history::RunHistoryReader& reader, const RunFacts& run, const CohortOptions& options) {
  Cohort cohort;
  const auto choice = choose(run.key, options, cohort.runs, [&](LikeLevel level) {
    FactsQuery query;
    query.filter.statuses = {model::Status::success};
    query.filter.to_ms = run.created_at_ms;
    query.like = run.key;
    query.level = level;
    query.without_run_id = run.run_id;
    query.limit = options.limit;
    return reader.facts(query);
  });
  if (!choice) return choice.error();
  CohortEvidence& evidence = cohort.evidence;
  evidence.n = static_cast<std::int64_t>(cohort.runs.size());
  describe(evidence, *choice, run.key, options, "run");
  if (cohort.runs.empty()) return cohort;
  for (const RunFacts& of : cohort.runs) evidence.run_ids.push_back(of.run_id);
  evidence.from_ms = cohort.runs.back().created_at_ms;
  evidence.to_ms = cohort.runs.front().created_at_ms;
  compare_traits(evidence, run, cohort.runs);
  return cohort;
}

Result<SceneCohort> find_scene_cohort(const history::RunHistoryReader& reader, const RunFacts& run,
                                      const history::SceneFacts& scene, const CohortOptions& options) {
  SceneCohort cohort;
  const auto choice = choose(scene.key, options, cohort.scenes, [&](LikeLevel level) {
    history::ScenesQuery query;
    query.like = scene.key;
    query.level = level;
    query.statuses = {model::Status::success};
    query.before_ms = run.created_at_ms;
    query.without_run_id = run.run_id;
    query.limit = options.limit;
    return reader.scene_samples(query);
  });
  if (!choice) return choice.error();
  CohortEvidence& evidence = cohort.evidence;
  evidence.n = static_cast<std::int64_t>(cohort.scenes.size());
  describe(evidence, *choice, scene.key, options, "scene");
  if (cohort.scenes.empty()) return cohort;
  for (const SceneSample& of : cohort.scenes) {
    if (evidence.run_ids.empty() || evidence.run_ids.back() != of.run_id) evidence.run_ids.push_back(of.run_id);
  }
  evidence.from_ms = cohort.scenes.back().created_at_ms;
  evidence.to_ms = cohort.scenes.front().created_at_ms;
  return cohort;
}

base::Result<const SceneCohorts::Known*> SceneCohorts::of(const history::SceneFacts& scene) {
  const auto at = std::ranges::find(known_, scene.key, &std::pair<history::WorkKey, Known>::first);
  if (at != known_.end()) return &at->second;
  auto cohort = find_scene_cohort(reader_, run_, scene, options_);
  if (!cohort) return cohort.error();
  Known known{std::move(*cohort), {}};
  for (const auto& like : known.cohort.scenes) {
    if (like.scene.duration_ms) known.durations_ms.push_back(static_cast<double>(*like.scene.duration_ms));
  }
  return &known_.emplace_back(scene.key, std::move(known)).second;
}

}  // namespace comfytrace::insight
