#include "insight/cohort.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "insight/trait.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Result;
using history::FactsQuery;
using history::LikeLevel;
using history::RunFacts;
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

std::int64_t count_of(const Cohort& cohort) {
  return static_cast<std::int64_t>(cohort.like.runs.size());
}
std::int64_t count_of(const history::BriefScenes& like) {
  return static_cast<std::int64_t>(like.durations_ms.size());
}

struct Choice {
  std::optional<LikeLevel> level;
  std::int64_t most = 0;  // runs of the level that has most
};

// Asks level after level, strictest first, until one has enough. `ask` fills what it found.
template <class T, class Ask>
Result<Choice> choose(const WorkKey& key, const CohortOptions& options, T& found, Ask ask) {
  Choice choice;
  for (const LikeLevel level : like_levels()) {
    if (unknown_part(key, level)) continue;
    auto like = ask(level);
    if (!like) return like.error();
    const std::int64_t n = count_of(*like);
    choice.most = std::max(choice.most, n);
    if (n < options.needs) continue;
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

// With their names and positions; without those that went meanwhile.
Result<Cohort> runs_that_match(const history::RunHistoryReader& reader, const FactsQuery& query) {
  auto like = reader.brief_runs(query);
  if (!like) return like.error();
  std::vector<std::size_t> all(like->runs.size());
  std::iota(all.begin(), all.end(), 0);
  auto run_ids = like->run_ids(all);
  if (!run_ids) return run_ids.error();
  Cohort cohort;
  for (const std::size_t position : all) {
    if ((*run_ids)[position].empty()) continue;
    like->runs[cohort.positions.size()] = like->runs[position];
    cohort.evidence.run_ids.push_back(std::move((*run_ids)[position]));
    cohort.positions.push_back(position);
  }
  like->runs.resize(cohort.positions.size());
  cohort.like = std::move(*like);
  return cohort;
}

// What a trait is in each kind of run of the cohort.
using Values = std::vector<std::string>;

std::int64_t count_equal(const history::BriefRuns& like, const Values& values, const std::string& value) {
  std::vector<std::uint8_t> equal;
  for (const std::string& of : values) equal.push_back(of == value);
  return std::ranges::count_if(like.runs, [&](const history::BriefRun& run) { return equal[run.kind] != 0; });
}

// What the runs have in this trait, the most frequent first: "0.3.60 in 44 of 50".
std::string most_frequent(const Trait& trait, const history::BriefRuns& like, const Values& values) {
  std::map<std::string_view, std::pair<std::int64_t, const RunFacts*>> counts;
  for (const history::BriefRun& run : like.runs) {
    auto& [count, example] = counts[values[run.kind]];
    ++count;
    example = &like.kind_of(run);
  }
  const auto most =
      std::ranges::max_element(counts, [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  const std::string words = most->first.empty() ? "not known" : trait.words(*most->second.second);
  return words + " in " + std::to_string(most->second.first) + " of " + std::to_string(like.runs.size());
}

void compare_traits(CohortEvidence& evidence, const RunFacts& run, const history::BriefRuns& like) {
  Values values;
  for (const Trait& trait : run_traits()) {
    if (trait.held_from && evidence.level && holds(*evidence.level, *trait.held_from)) continue;
    const std::string value = trait.value(run);
    values.clear();
    for (const RunFacts& kind : like.kinds) values.push_back(trait.value(kind));
    const std::int64_t equal = count_equal(like, values, value);
    if (equal == static_cast<std::int64_t>(like.runs.size())) {
      if (!value.empty()) evidence.held_equal.emplace_back(trait.what);
      continue;
    }
    NotEqual difference{std::string(trait.what), std::nullopt, most_frequent(trait, like, values),
                        value.empty() ? 0 : equal};
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
  const auto choice = choose(run.key, options, cohort, [&](LikeLevel level) {
    FactsQuery query;
    query.filter.statuses = {model::Status::success};
    query.filter.to_ms = run.created_at_ms;
    query.like = run.key;
    query.level = level;
    query.without_run_id = run.run_id;
    query.limit = options.limit;
    query.held_will_do = true;
    return runs_that_match(reader, query);
  });
  if (!choice) return choice.error();
  CohortEvidence& evidence = cohort.evidence;
  evidence.n = count_of(cohort);
  describe(evidence, *choice, run.key, options, "run");
  if (cohort.like.runs.empty()) return cohort;
  evidence.from_ms = cohort.like.runs.back().created_at_ms;
  evidence.to_ms = cohort.like.runs.front().created_at_ms;
  compare_traits(evidence, run, cohort.like);
  return cohort;
}

Result<SceneCohort> find_scene_cohort(const history::RunHistoryReader& reader, const RunFacts& run,
                                      const history::SceneFacts& scene, const CohortOptions& options) {
  SceneCohort cohort;
  const auto choice = choose(scene.key, options, cohort.like, [&](LikeLevel level) {
    history::ScenesQuery query;
    query.like = scene.key;
    query.level = level;
    query.statuses = {model::Status::success};
    query.before_ms = run.created_at_ms;
    query.without_run_id = run.run_id;
    query.limit = options.limit;
    return reader.brief_scenes(query);
  });
  if (!choice) return choice.error();
  CohortEvidence& evidence = cohort.evidence;
  evidence.n = count_of(cohort.like);
  describe(evidence, *choice, scene.key, options, "scene");
  if (cohort.like.runs.empty()) return cohort;
  for (const auto& of : cohort.like.runs) evidence.run_ids.push_back(of.run_id);
  evidence.from_ms = cohort.like.runs.back().created_at_ms;
  evidence.to_ms = cohort.like.runs.front().created_at_ms;
  return cohort;
}

base::Result<const SceneCohorts::Known*> SceneCohorts::of(const history::SceneFacts& scene) {
  const auto at = std::ranges::find(known_, scene.key, &std::pair<history::WorkKey, Known>::first);
  if (at != known_.end()) return &at->second;
  auto cohort = find_scene_cohort(reader_, run_, scene, options_);
  if (!cohort) return cohort.error();
  Known known{std::move(*cohort), {}};
  for (const auto& duration_ms : known.cohort.like.durations_ms) {
    if (duration_ms) known.durations_ms.push_back(static_cast<double>(*duration_ms));
  }
  return &known_.emplace_back(scene.key, std::move(known)).second;
}

}  // namespace comfytrace::insight
