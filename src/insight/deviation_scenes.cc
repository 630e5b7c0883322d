#include "insight/deviation_scenes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace comfytrace::insight {
namespace {

using base::Result;
using history::RunFacts;

constexpr std::size_t kMostBefore = 256;  // with more tests behind them, scenes are not tested
// So many tests that may come do not, of runs that lack a number or others like them.
constexpr std::size_t kMissing = 64;

}  // namespace

std::string workflow_of(const RunFacts& run) {
  return run.workflow_name.empty() ? run.fingerprint : run.workflow_name;
}

DeviationScenes::DeviationScenes(const std::vector<RunFacts>& runs, const DeviationOptions& options)
    : runs_(runs), options_(options), query_{{}, options.cohort.needs, options.cohort.limit} {
  std::size_t most_before = 0;  // tests, when the scenes of a run are come to
  for (std::size_t i = 0; i < runs.size(); ++i) {
    most_before += 2 + runs[i].node_classes.size();
    if (most_before > kMostBefore + kMissing) break;
    ask(i, query_, 0);
  }
}

bool DeviationScenes::is_tested(const RunFacts& run, const history::SceneFacts& scene) {
  return run.scenes.size() >= 2 && scene.status == model::Status::success && scene.duration_ms;
}

// `asked`: so many are asked about elsewhere.
void DeviationScenes::ask(std::size_t number, history::LikeQuery& query, std::size_t asked) {
  const RunFacts& run = runs_[number];
  const auto begin = static_cast<std::ptrdiff_t>(query.to.size());
  auto& kinds = kinds_.emplace_back();
  kinds.reserve(run.scenes.size());
  for (const auto& scene : run.scenes) {
    kinds.push_back(DeviationTested::kNowhere);
    if (!is_tested(run, scene)) continue;
    const auto known = std::find_if(query.to.begin() + begin, query.to.end(),
                                    [&](const history::LikeTo& to) { return to.key == scene.key; });
    kinds.back() = asked + static_cast<std::size_t>(known - query.to.begin());
    if (known == query.to.end()) query.to.push_back({scene.key, run.created_at_ms, {}});
  }
}

Result<void> DeviationScenes::ask_rest(const history::RunHistoryReader& reader,
                                       const std::vector<std::vector<DeviationTested>>& tests) {
  history::LikeQuery rest{{}, query_.needs, query_.limit};
  const std::size_t asked = kinds_.size();
  std::size_t before = 0;  // tests at the least, when the scenes of a run are come to
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    before += tests[i].size();
    if (before > kMostBefore) break;
    if (i >= asked) ask(i, rest, query_.to.size());
  }
  if (!rest.to.empty()) {
    auto like = reader.like_scenes(rest);
    if (!like) return like.error();
    std::ranges::move(*like, std::back_inserter(like_));
  }
  lines_.reserve(like_.size());
  for (const history::LikeScenes& of : like_) {
    std::vector<double> durations_ms(of.durations_ms.begin(), of.durations_ms.end());
    const std::size_t all = durations_ms.size();
    auto& line = lines_.emplace_back(std::move(durations_ms), all, static_cast<std::size_t>(query_.needs));
    line.prepare(std::array{std::size_t{0}}, 0);
  }
  return {};
}

void DeviationScenes::test(std::size_t number, std::vector<DeviationTested>& tests) const {
  const RunFacts& run = runs_[number];
  // Tests that hold, by kind and side.
  std::map<std::pair<std::size_t, Verdict>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < run.scenes.size(); ++i) {
    const auto& scene = run.scenes[i];
    if (!is_tested(run, scene)) continue;
    if (tests.size() > kMostBefore) break;
    const std::size_t kind = kinds_[number][i];
    const history::LikeScenes& like = like_[kind];
    const auto value = static_cast<double>(*scene.duration_ms);
    if (!like.level) continue;
    const auto place = lines_[kind].place(value, 0);
    if (!place) continue;
    DeviationTested& tested = tests.emplace_back();
    tested.p_value = place->p_value;
    if (!place->stands_out || !change_counts(Metric::duration, value, place->median)) continue;
    tested.deviation = std::make_unique<Deviation>(Deviation{DeviationSubject::scene,
                                                             run.run_id,
                                                             run.created_at_ms,
                                                             workflow_of(run),
                                                             scene.scene_id,
                                                             "",
                                                             "durationMs",
                                                             value > place->median ? Verdict::worse : Verdict::better,
                                                             value,
                                                             place->median,
                                                             place->median > 0 ? value / place->median : 1,
                                                             1,
                                                             static_cast<std::int64_t>(like.durations_ms.size()),
                                                             *like.level,
                                                             1,
                                                             false,
                                                             {run.run_id},
                                                             ""});
    alike[{kind, tested.deviation->verdict}].push_back(tests.size() - 1);
  }
  for (const auto& [kind, places] : alike) {
    for (const std::size_t place : places) {
      Deviation& of = *tests[place].deviation;
      of.in_a_row = static_cast<std::int64_t>(places.size());
      of.persistent = of.in_a_row >= options_.in_a_row;
    }
  }
}

}  // namespace comfytrace::insight
