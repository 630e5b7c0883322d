#include "insight/deviation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "insight/deviation_series.h"
#include "insight/outlying.h"
#include "insight/outlying_line.h"
#include "insight/stats/multiple_tests.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::RunFacts;

constexpr std::size_t kMostBeforeScenes = 256;  // with more tests behind them, scenes are not tested
constexpr std::size_t kLinesAtOnce = 16;
constexpr auto kNowhere = static_cast<std::size_t>(-1);

// A test of one run, and what it gave.
struct Tested {
  Deviation deviation;
  double p_value = 1;
  bool holds = false;
  // Of runs and nodes: the series that the run is in, and the others in a row with it, by their place among the like.
  std::size_t series = kNowhere;
  std::vector<std::size_t> before;
};

std::string workflow_of(const RunFacts& run) {
  return run.workflow_name.empty() ? run.fingerprint : run.workflow_name;
}

// The newest run of some work with those like it, and which of the runs that are looked at stand where among them.
struct Series {
  const RunFacts* newest = nullptr;
  std::vector<std::size_t> runs;       // of those looked at; ascending
  std::vector<std::size_t> positions;  // of each; ascending
  std::vector<DeviationLine> lines;
};

// Runs are newest first.
class SeriesOfRuns {
 public:
  SeriesOfRuns(const std::vector<RunFacts>& runs, const DeviationOptions& options) : runs_(runs), options_(options) {}

  // Errors: those of the reader.
  [[nodiscard]] Result<void> find(const history::RunHistoryReader& reader) {
    history::LikeQuery query{
        {}, options_.cohort.needs, options_.cohort.limit + static_cast<std::int64_t>(runs_.size() + kNewNormal)};
    std::vector<std::size_t> series_of_run;
    for (const RunFacts& run : runs_) {
      const auto known = std::ranges::find(query.to, run.key, &history::LikeTo::key);
      series_of_run.push_back(static_cast<std::size_t>(known - query.to.begin()));
      if (known != query.to.end()) continue;
      query.to.push_back({run.key, run.created_at_ms, run.node_classes});
      series_.push_back({&run, {}, {}, {}});
    }
    auto like = reader.like_runs(query);
    if (!like) return like.error();
    like_ = std::move(*like);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (auto done = place(i, series_of_run[i]); !done) return done;
    }
    return {};
  }

  // By run: in everything that is known of it.
  [[nodiscard]] std::vector<std::vector<Tested>> test() {
    std::vector<std::pair<std::size_t, std::size_t>> lines;  // series, line
    for (std::size_t i = 0; i < series_.size(); ++i) {
      if (series_[i].positions.empty()) continue;
      series_[i].lines = lines_of(*series_[i].newest, like_.series[i]);
      for (std::size_t line = 0; line < series_[i].lines.size(); ++line) lines.emplace_back(i, line);
    }
    std::vector<std::vector<std::optional<LineTested>>> results(lines.size());
    base::parallel((lines.size() + kLinesAtOnce - 1) / kLinesAtOnce, [&](std::size_t part) {
      for (std::size_t i = part * kLinesAtOnce; i < std::min(lines.size(), (part + 1) * kLinesAtOnce); ++i) {
        const Series& of = series_[lines[i].first];
        results[i] = of.lines[lines[i].second].test(of.positions, of.lines.front().values(), options_);
      }
    });
    std::vector<std::vector<Tested>> by_run(runs_.size());
    for (const Series& of : series_) {
      for (const std::size_t run : of.runs) by_run[run].reserve(of.lines.size());
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto [series, line] = lines[i];
      for (std::size_t k = 0; k < series_[series].runs.size(); ++k) {
        if (results[i][k])
          by_run[series_[series].runs[k]].push_back(
              describe(series, series_[series].runs[k], series_[series].lines[line], *results[i][k]));
      }
    }
    return by_run;
  }

  // Puts the run_ids of the others in a row into what was found. Errors: those of the reader.
  [[nodiscard]] Result<void> name(Tested& tested) const {
    if (tested.before.empty()) return {};
    auto run_ids = like_.run_ids(tested.series, tested.before);
    if (!run_ids) return run_ids.error();
    std::ranges::move(*run_ids, std::back_inserter(tested.deviation.run_ids));
    return {};
  }

 private:
  // Finds a run among those like the newest of its work.
  [[nodiscard]] Result<void> place(std::size_t run, std::size_t of_series) {
    Series& series = series_[of_series];
    const history::LikeRuns::Series& like = like_.series[of_series];
    if (!like.level) return {};
    if (series.newest == &runs_[run]) {
      series.runs.push_back(run);
      series.positions.push_back(0);
      return {};
    }
    for (std::size_t i = 0; i < like.runs.size(); ++i) {
      if (like.runs[i].created_at_ms != runs_[run].created_at_ms) continue;
      const auto run_ids = like_.run_ids(of_series, std::array{i});
      if (!run_ids) return run_ids.error();
      if (run_ids->front() != runs_[run].run_id) continue;
      series.runs.push_back(run);
      series.positions.push_back(i + 1);
      break;
    }
    return {};
  }

  [[nodiscard]] Tested describe(std::size_t series, std::size_t number, const DeviationLine& line,
                                const LineTested& of) const {
    Tested tested;
    tested.p_value = of.p_value;
    tested.holds = of.side != 0;
    if (!tested.holds) return tested;
    const RunFacts& run = runs_[number];
    Deviation& deviation = tested.deviation;
    deviation.subject = line.subject();
    deviation.run_id = run.run_id;
    deviation.created_at_ms = run.created_at_ms;
    deviation.workflow = workflow_of(run);
    deviation.class_type = line.class_type();
    deviation.metric = line.metric() == Metric::vramPeak ? "vramPeakBytes" : "durationMs";
    deviation.verdict = of.side > 0 ? Verdict::worse : Verdict::better;
    deviation.value = of.value;
    deviation.baseline_median = of.median;
    if (of.median > 0) deviation.ratio = of.value / of.median;
    deviation.n = of.n;
    deviation.level = *like_.series[series].level;
    deviation.in_a_row = static_cast<std::int64_t>(of.streak.size());
    deviation.persistent = deviation.in_a_row >= options_.in_a_row;
    deviation.run_ids.push_back(run.run_id);
    tested.series = series;
    // The run itself is none of those like it, of which the first stands behind it.
    for (std::size_t i = 1; i < of.streak.size(); ++i) tested.before.push_back(of.streak[i] - 1);
    return tested;
  }

  const std::vector<RunFacts>& runs_;
  const DeviationOptions& options_;
  std::vector<Series> series_;
  history::LikeRuns like_;
};

// What the scenes of runs are compared with: all that are alike are asked about once.
class ScenesLike {
 public:
  [[nodiscard]] static Result<ScenesLike> find(const history::RunHistoryReader& reader,
                                               const std::vector<RunFacts>& runs,
                                               const std::vector<std::vector<Tested>>& tests,
                                               const DeviationOptions& options) {
    history::LikeQuery query{{}, options.cohort.needs, options.cohort.limit};
    ScenesLike scenes;
    std::size_t before = 0;  // tests at the least, when the scenes of a run are come to
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const RunFacts& run = runs[i];
      before += tests[i].size();
      const auto begin = static_cast<std::ptrdiff_t>(query.to.size());
      auto& kinds = scenes.kinds_.emplace_back();
      for (const auto& scene : run.scenes) {
        kinds.push_back(kNowhere);
        if (!is_tested(run, scene) || before > kMostBeforeScenes) continue;
        const auto known = std::find_if(query.to.begin() + begin, query.to.end(),
                                        [&](const history::LikeTo& to) { return to.key == scene.key; });
        kinds.back() = static_cast<std::size_t>(known - query.to.begin());
        if (known == query.to.end()) query.to.push_back({scene.key, run.created_at_ms, {}});
      }
    }
    auto like = reader.like_scenes(query);
    if (!like) return like.error();
    scenes.like_ = std::move(*like);
    scenes.lines_.reserve(scenes.like_.size());
    for (const history::LikeScenes& of : scenes.like_) {
      std::vector<double> durations_ms(of.durations_ms.begin(), of.durations_ms.end());
      const std::size_t all = durations_ms.size();
      auto& line = scenes.lines_.emplace_back(std::move(durations_ms), all, static_cast<std::size_t>(query.needs));
      line.prepare(std::array{std::size_t{0}}, 0);
    }
    return scenes;
  }
  [[nodiscard]] static bool is_tested(const RunFacts& run, const history::SceneFacts& scene) {
    return run.scenes.size() >= 2 && scene.status == model::Status::success && scene.duration_ms;
  }
  // Of a scene that is tested.
  [[nodiscard]] std::size_t kind(std::size_t run, std::size_t scene) const { return kinds_[run][scene]; }
  [[nodiscard]] const history::LikeScenes& of(std::size_t kind) const { return like_[kind]; }
  // What those took, from 0 on.
  [[nodiscard]] const OutlyingLine& line(std::size_t kind) const { return lines_[kind]; }

 private:
  std::vector<std::vector<std::size_t>> kinds_;  // by run and scene
  std::vector<history::LikeScenes> like_;
  std::vector<OutlyingLine> lines_;
};

// Of a run of several scenes; of one the run says it all.
void test_scenes(const ScenesLike& scenes, const RunFacts& run, std::size_t number, const DeviationOptions& options,
                 std::vector<Tested>& tests) {
  // Tests that hold, by kind and side.
  std::map<std::pair<std::size_t, Verdict>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < run.scenes.size(); ++i) {
    const auto& scene = run.scenes[i];
    if (!ScenesLike::is_tested(run, scene)) continue;
    if (tests.size() > kMostBeforeScenes) break;
    const std::size_t kind = scenes.kind(number, i);
    const history::LikeScenes& like = scenes.of(kind);
    const auto value = static_cast<double>(*scene.duration_ms);
    if (!like.level) continue;
    const auto place = scenes.line(kind).place(value, 0);
    if (!place) continue;
    Tested tested;
    tested.p_value = place->p_value;
    tested.holds = place->stands_out && change_counts(Metric::duration, value, place->median);
    Deviation& of = tested.deviation;
    of = {DeviationSubject::scene,
          run.run_id,
          run.created_at_ms,
          workflow_of(run),
          scene.scene_id,
          "",
          "durationMs",
          value > place->median ? Verdict::worse : Verdict::better,
          value,
          place->median,
          1,
          1,
          static_cast<std::int64_t>(like.durations_ms.size()),
          *like.level,
          1,
          false,
          {run.run_id},
          ""};
    if (place->median > 0) of.ratio = value / place->median;
    if (tested.holds) alike[{kind, of.verdict}].push_back(tests.size());
    tests.push_back(std::move(tested));
  }
  for (const auto& [kind, places] : alike) {
    for (const std::size_t place : places) {
      tests[place].deviation.in_a_row = static_cast<std::int64_t>(places.size());
      tests[place].deviation.persistent = tests[place].deviation.in_a_row >= options.in_a_row;
    }
  }
}

std::string sentence_of(const Deviation& deviation) {
  const bool is_vram = deviation.metric == "vramPeakBytes";
  const bool is_worse = deviation.verdict == Verdict::worse;
  std::string what = deviation.workflow;
  if (deviation.subject == DeviationSubject::nodeClass) what = deviation.class_type + " in " + what;
  if (deviation.subject == DeviationSubject::scene) what = deviation.scene_id + " of " + what;
  const std::string size = deviation.baseline_median > 0 ? percent_words(deviation.ratio - 1) + " " : "";
  std::string sentence = what + ": " + (is_vram ? "VRAM peak " : "") + size +
                         (is_vram ? (is_worse ? "higher" : "lower") : (is_worse ? "slower" : "faster")) +
                         " than the median of " + count_words(deviation.n, "run") + " like it";
  if (deviation.subject == DeviationSubject::scene) {
    if (deviation.in_a_row > 1) sentence += ", " + count_words(deviation.in_a_row, "scene") + " of this run";
  } else if (deviation.in_a_row > 1) {
    sentence += ", " + std::to_string(deviation.in_a_row) + " runs in a row";
  }
  return sentence;
}

// `name`(test) of those that are told.
template <class Name>
Result<Deviations> conclude(std::vector<Tested> tests, std::int64_t runs, std::int64_t without,
                            const DeviationOptions& options, Name name) {
  Deviations answer;
  answer.runs = runs;
  answer.runs_without_baseline = without;
  answer.tests = static_cast<std::int64_t>(tests.size());
  std::vector<double> p_values;
  p_values.reserve(tests.size());
  for (const Tested& tested : tests) p_values.push_back(tested.p_value);
  const auto adjusted = stats::benjamini_hochberg(p_values);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (!tests[i].holds || adjusted[i] > options.false_discovery_rate) continue;
    if (Result<void> named = name(tests[i]); !named) return named.error();
    Deviation& deviation = answer.deviations.emplace_back(std::move(tests[i].deviation));
    deviation.p_value = adjusted[i];
    deviation.sentence = sentence_of(deviation);
  }
  std::ranges::stable_sort(answer.deviations, [](const Deviation& a, const Deviation& b) {
    if (a.created_at_ms != b.created_at_ms) return a.created_at_ms > b.created_at_ms;
    if (a.run_id != b.run_id) return a.run_id < b.run_id;
    return std::abs(std::log(std::max(a.ratio, 1e-9))) > std::abs(std::log(std::max(b.ratio, 1e-9)));
  });
  answer.sentence = answer.deviations.empty()
                        ? "Nothing deviates in " + count_words(runs, "run")
                        : count_words(static_cast<std::int64_t>(answer.deviations.size()), "deviation") + " in " +
                              count_words(runs, "run");
  if (without > 0) answer.sentence += "; " + std::to_string(without) + " of them have too few runs like them";
  return answer;
}

// Runs are newest first.
Result<Deviations> deviations_of(const history::RunHistoryReader& reader, const std::vector<RunFacts>& runs,
                                 const DeviationOptions& options) {
  SeriesOfRuns series(runs, options);
  if (auto done = series.find(reader); !done) return done.error();
  auto by_run = series.test();
  const auto scenes = ScenesLike::find(reader, runs, by_run, options);
  if (!scenes) return scenes.error();
  std::vector<Tested> tests;
  tests.reserve(std::accumulate(by_run.begin(), by_run.end(), std::size_t{0},
                                [](std::size_t sum, const auto& of) { return sum + of.size(); }));
  std::int64_t without = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    without += by_run[i].empty();
    std::ranges::move(by_run[i], std::back_inserter(tests));
    test_scenes(*scenes, runs[i], i, options, tests);
  }
  return conclude(std::move(tests), static_cast<std::int64_t>(runs.size()), without, options,
                  [&](Tested& tested) { return series.name(tested); });
}

}  // namespace

Result<Deviations> find_deviations(const history::RunHistoryReader& reader, const history::RunFilter& filter,
                                   std::int64_t limit, const DeviationOptions& options) {
  if (limit < 1 || limit > 500) return Error{ErrorCode::invalid, "limit is 1 to 500", "limit"};
  history::FactsQuery query;
  query.filter = filter;
  query.filter.statuses = {model::Status::success};
  query.limit = limit;
  const auto runs = reader.facts(query);
  if (!runs) return runs.error();
  return deviations_of(reader, *runs, options);
}

Result<Deviations> deviations_of_run(const history::RunHistoryReader& reader, std::string_view run_id,
                                     const DeviationOptions& options) {
  const auto stored = reader.get(run_id);
  if (!stored) return stored.error();
  if (!*stored) return Error{ErrorCode::not_found, "there is no run " + std::string(run_id), "runId"};
  if ((*stored)->status != model::Status::success)
    return conclude({}, 1, 1, options, [](Tested&) { return Result<void>(); });
  return deviations_of(reader, {history::facts_of(**stored)}, options);
}

}  // namespace comfytrace::insight
