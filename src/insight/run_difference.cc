#include "insight/run_difference.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "base/enum_names.h"
#include "history/run_facts.h"
#include "insight/node_difference.h"
#include "insight/run_texts.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/quantile.h"
#include "insight/trait.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using model::Run;
using model::Scene;

using Runs = std::span<const Run>;
using SceneRow = std::vector<const Scene*>;  // one a run, nullptr where it has none

// Scenes by id where each run's ids are those of the first, else by order.
std::vector<SceneRow> matched_scenes(Runs runs) {
  const auto find = [](const Run& run, const std::string& id) -> const Scene* {
    const auto at = std::ranges::find(run.scenes, id, &Scene::scene_id);
    return at == run.scenes.end() ? nullptr : &*at;
  };
  const bool share_ids = std::ranges::any_of(runs.front().scenes, [&](const Scene& scene) {
    return std::ranges::all_of(runs, [&](const Run& run) { return find(run, scene.scene_id) != nullptr; });
  });
  std::vector<SceneRow> rows;
  if (share_ids) {
    std::set<std::string> seen;
    for (const Run& run : runs) {
      for (const Scene& scene : run.scenes) {
        if (!seen.insert(scene.scene_id).second) continue;
        SceneRow row;
        for (const Run& other : runs) row.push_back(find(other, scene.scene_id));
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }
  std::size_t longest = 0;
  for (const Run& run : runs) longest = std::max(longest, run.scenes.size());
  for (std::size_t i = 0; i < longest; ++i) {
    SceneRow row;
    for (const Run& run : runs) row.push_back(i < run.scenes.size() ? &run.scenes[i] : nullptr);
    rows.push_back(std::move(row));
  }
  return rows;
}

// Splits rows of texts, one list a run, into those that differ and the names of those that are known and equal.
void split(const std::vector<std::vector<TextRow>>& of_runs, std::vector<TextDifference>& differing,
           std::vector<std::string>& equal) {
  const auto with_rows = std::ranges::find_if(of_runs, [](const auto& rows) { return !rows.empty(); });
  if (with_rows == of_runs.end()) return;
  for (std::size_t row = 0; row < with_rows->size(); ++row) {
    TextDifference difference{std::string((*with_rows)[row].name), {}, (*with_rows)[row].may_explain};
    for (const auto& rows : of_runs) {
      difference.values.push_back(rows.empty() ? std::nullopt : rows[row].value);
    }
    const auto& first = difference.values.front();
    const bool same = std::ranges::all_of(difference.values, [&](const auto& value) { return value == first; });
    if (!same) {
      differing.push_back(std::move(difference));
    } else if (first) {
      equal.push_back(std::move(difference.name));
    }
  }
}

SceneDifference difference_of_scenes(const SceneRow& scenes) {
  SceneDifference difference;
  std::vector<std::vector<TextRow>> rows;
  for (const Scene* scene : scenes) {
    difference.scene_ids.push_back(scene ? std::optional(scene->scene_id) : std::nullopt);
    rows.push_back(scene ? parameter_rows(*scene) : std::vector<TextRow>{});
  }
  split(rows, difference.parameters, difference.equal);
  return difference;
}

std::vector<TextRow> outcome_rows(const Run& run) {
  const model::RunSummary line = model::summarise(run);
  std::optional<std::string> exit;
  if (run.exit_reason) exit = std::string(base::enum_name(*run.exit_reason));
  return {{"status", std::string(base::enum_name(run.status)), false},
          {"exit reason", exit, false},
          {"error", line.error, false}};
}

using ValueOf = std::optional<double> (*)(const Scene&);

std::optional<double> of_attempt(const Scene& scene, std::optional<std::int64_t> model::Attempt::*member) {
  if (scene.attempts.empty() || !(scene.attempts.back().*member)) return std::nullopt;
  return static_cast<double>(*(scene.attempts.back().*member));
}
std::optional<double> duration(const Scene& scene) {
  if (scene.status != model::Status::success) return std::nullopt;
  return of_attempt(scene, &model::Attempt::duration_ms);
}
std::optional<double> queue_wait(const Scene& scene) {
  return of_attempt(scene, &model::Attempt::queue_wait_ms);
}
std::optional<double> vram_peak(const Scene& scene) {
  return of_attempt(scene, &model::Attempt::vram_peak_bytes);
}
std::optional<double> attempts(const Scene& scene) {
  return static_cast<double>(scene.attempts.size());
}
std::optional<double> successes(const Scene& scene) {
  if (model::is_open(scene.status)) return std::nullopt;
  return scene.status == model::Status::success ? 1 : 0;
}

struct NumberRule {
  const char* name;
  ValueOf value;
  bool is_sum;     // of the scenes; else their median
  int worse_sign;  // +1: more is worse; 0: neither
  bool judged;     // by a rank test over the scenes
};
constexpr NumberRule kNumbers[] = {
    {"durationMs", duration, false, 1, true},     {"queueWaitMs", queue_wait, false, 1, false},
    {"vramPeakBytes", vram_peak, false, 1, true}, {"attempts", attempts, true, 1, false},
    {"successes", successes, true, -1, false},
};

void test(NumberDifference& number, const std::vector<std::vector<double>>& values, const NumberRule& rule,
          bool like_for_like) {
  const auto needs = static_cast<std::int64_t>(stats::rank_test_needs());
  const auto fewest = std::min<std::int64_t>(number.n[0], number.n[1]);
  number.needed = std::max<std::int64_t>(needs - fewest, 0);
  if (!rule.judged || !like_for_like) return;
  // The smallest ratio of second to first: on logs, the shift is one.
  std::vector<double> logs[2];
  for (int side = 0; side < 2; ++side) {
    for (const double value : values[static_cast<std::size_t>(side)]) {
      if (value > 0) logs[side].push_back(std::log(value));
    }
  }
  const stats::RankTest ranks = stats::rank_test(logs[0], logs[1]);
  if (ranks.shift_interval) {
    number.delta_ratio_interval = stats::Interval{std::expm1(ranks.shift_interval->low),
                                                  std::expm1(ranks.shift_interval->high), ranks.shift_interval->level};
  }
  if (number.needed > 0) return;
  number.p_value = ranks.p_value;
  number.verdict = Verdict::noEvidence;
  const bool counts = number.delta_ratio && std::abs(*number.delta_ratio) >= 0.02;
  if (counts && ranks.p_value <= 0.05) {
    number.verdict = *number.delta_ratio * rule.worse_sign > 0 ? Verdict::worse : Verdict::better;
  }
}

NumberDifference number_of(Runs runs, const NumberRule& rule, bool like_for_like) {
  NumberDifference number;
  number.name = rule.name;
  std::vector<std::vector<double>> values;
  for (const Run& run : runs) {
    auto& of = values.emplace_back();
    double sum = 0;
    for (const Scene& scene : run.scenes) {
      const auto value = rule.value(scene);
      if (!value) continue;
      of.push_back(*value);
      sum += *value;
    }
    number.n.push_back(static_cast<std::int64_t>(of.size()));
    number.values.push_back(of.empty() ? std::nullopt : rule.is_sum ? std::optional(sum) : stats::median(of));
  }
  if (runs.size() != 2) return number;
  const auto& first = number.values[0];
  const auto& second = number.values[1];
  if (first && second) {
    number.delta = *second - *first;
    if (*first > 0) number.delta_ratio = *second / *first - 1;
  }
  test(number, values, rule, like_for_like);
  return number;
}

void judge_likeness(Runs runs, RunDifference& answer) {
  std::vector<history::RunFacts> facts;
  for (const Run& run : runs) facts.push_back(history::facts_of(run));
  for (const Trait& trait : run_traits()) {
    if (trait.kind != TraitKind::work && trait.kind != TraitKind::circumstance) continue;
    if (!trait.held_from) continue;
    const std::string first = trait.value(facts.front());
    const bool unknown = std::ranges::any_of(facts, [&](const auto& of) { return trait.value(of).empty(); });
    const bool equal = std::ranges::all_of(facts, [&](const auto& of) { return trait.value(of) == first; });
    if (unknown && trait.kind == TraitKind::circumstance) continue;
    const std::string what(trait.what);
    const bool many = what.ends_with('s') && !what.starts_with("number of");
    if (unknown) answer.not_like.push_back(what + (many ? " are" : " is") + " not known of every run");
    if (!unknown && !equal) answer.not_like.push_back(what + (many ? " differ" : " differs"));
  }
  answer.like_for_like = answer.not_like.empty();
}

std::vector<ArtifactRow> artifact_rows(Runs runs, const std::vector<SceneRow>& scenes) {
  // Within a scene the artifacts of one node stand beside each other in their order.
  std::vector<ArtifactRow> rows;
  std::vector<std::vector<model::ArtifactPlace>> places;
  for (const Run& run : runs) places.push_back(model::artifacts_of(run));
  for (const SceneRow& scene : scenes) {
    const std::size_t begin = rows.size();
    for (std::size_t run = 0; run < runs.size(); ++run) {
      for (std::size_t i = 0; i < places[run].size(); ++i) {
        const model::ArtifactPlace& place = places[run][i];
        if (place.scene != scene[run] || !scene[run] || place.attempt != &scene[run]->attempts.back()) continue;
        const std::string kind(base::enum_name(place.artifact->kind));
        auto row =
            std::find_if(rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.end(), [&](const ArtifactRow& r) {
              return !r.indexes[run] && r.kind == kind && r.node_id == place.artifact->node_id;
            });
        if (row == rows.end()) {
          rows.push_back({kind, place.artifact->node_id, std::vector<std::optional<std::int64_t>>(runs.size()),
                          std::vector<std::optional<std::string>>(runs.size())});
          row = std::prev(rows.end());
        }
        row->indexes[run] = static_cast<std::int64_t>(i);
        row->scene_ids[run] = scene[run]->scene_id;
      }
    }
  }
  return rows;
}

// "B took 18 % longer than A; VAEDecode and KSampler explain 54 s of 54.2 s a scene; ComfyUI version differs"
std::string sentence_of(const RunDifference& answer) {
  if (answer.runs.size() != 2)
    return count_words(static_cast<std::int64_t>(answer.runs.size()), "run") + " side by side";
  const NumberDifference& duration = answer.numbers.front();
  if (!duration.delta_ratio) return "The durations cannot be compared: not both runs have a successful scene";
  std::string sentence =
      "B took " + percent_words(*duration.delta_ratio) + (*duration.delta >= 0 ? " longer" : " less time") + " than A";
  if (duration.n[0] > 1 || duration.n[1] > 1) sentence += " a scene";
  if (duration.delta_ratio_interval) {
    sentence += " (95 % interval " +
                percent_range_words(duration.delta_ratio_interval->low, duration.delta_ratio_interval->high) + ")";
  }
  if (!answer.like_for_like) return sentence + "; not like for like: " + list_words(answer.not_like, 3);
  if (duration.verdict == Verdict::noEvidence) sentence += "; no evidence that this is more than chance";
  if (duration.verdict == Verdict::notEnoughData) sentence += "; one against one cannot tell chance from change";
  std::vector<std::string> differs;
  for (const auto& row : answer.environment) {
    if (row.may_explain) differs.push_back(row.name);
  }
  if (!differs.empty()) sentence += "; what they ran on differs in " + list_words(differs, 3);
  return sentence;
}

}  // namespace

RunDifference difference_of(std::span<const Run> runs) {
  RunDifference answer;
  for (const Run& run : runs) {
    answer.runs.push_back({run.run_id, run.title, run.created_at_ms, static_cast<std::int64_t>(run.scenes.size())});
  }
  if (runs.empty()) return answer;
  judge_likeness(runs, answer);
  const std::vector<SceneRow> scenes = matched_scenes(runs);
  std::vector<std::vector<TextRow>> outcomes;
  std::vector<std::vector<TextRow>> environments;
  for (const Run& run : runs) {
    outcomes.push_back(outcome_rows(run));
    environments.push_back(run.scenes.empty() ? std::vector<TextRow>{} : environment_rows(run.scenes.front()));
  }
  std::vector<std::string> equal_outcome;
  split(outcomes, answer.outcome, equal_outcome);
  split(environments, answer.environment, answer.environment_equal);
  for (const SceneRow& row : scenes) answer.scenes.push_back(difference_of_scenes(row));
  for (const NumberRule& rule : kNumbers) answer.numbers.push_back(number_of(runs, rule, answer.like_for_like));
  add_node_differences(runs, answer);
  answer.artifacts = artifact_rows(runs, scenes);
  answer.sentence = sentence_of(answer);
  return answer;
}

Result<RunDifference> difference_of(const history::RunHistoryReader& reader, std::span<const std::string> run_ids) {
  if (run_ids.size() < 2 || run_ids.size() > kMaxComparedRuns)
    return Error{ErrorCode::invalid, "2 to " + std::to_string(kMaxComparedRuns) + " runs can be compared", "ids"};
  std::vector<Run> runs;
  for (const std::string& id : run_ids) {
    if (std::ranges::find(runs, id, &Run::run_id) != runs.end())
      return Error{ErrorCode::invalid, "run " + id + " is named twice", "ids"};
    auto stored = reader.get(id);
    if (!stored) return stored.error();
    if (!*stored) return Error{ErrorCode::not_found, "there is no run " + id, "ids"};
    runs.push_back(std::move(**stored));
  }
  return difference_of(runs);
}

}  // namespace comfytrace::insight
