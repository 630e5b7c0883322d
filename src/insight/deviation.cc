#include "insight/deviation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "base/parallel.h"
#include "insight/deviation_scenes.h"
#include "insight/deviation_series.h"
#include "insight/stats/multiple_tests.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::RunFacts;

using Tested = DeviationTested;

constexpr std::size_t kLinesAtOnce = 16;
constexpr std::size_t kSeriesAtOnce = 2;

// The newest run of some work with those like it, and which of the runs that are looked at stand where among them.
struct Series {
  const RunFacts* newest = nullptr;
  std::vector<std::size_t> of_work;    // all that are looked at; ascending
  std::vector<std::size_t> runs;       // of those, where they stand is known; ascending
  std::vector<std::size_t> positions;  // of each; ascending
  std::vector<DeviationLine> lines;
};

// Runs are newest first.
class SeriesOfRuns {
 public:
  SeriesOfRuns(const std::vector<RunFacts>& runs, const DeviationOptions& options) : runs_(runs), options_(options) {}

  // What is like the newest of each work.
  [[nodiscard]] history::LikeQuery query() {
    history::LikeQuery query{
        {}, options_.cohort.needs, options_.cohort.limit + static_cast<std::int64_t>(runs_.size() + kNewNormal)};
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const RunFacts& run = runs_[i];
      const auto known = std::ranges::find(query.to, run.key, &history::LikeTo::key);
      const auto series = static_cast<std::size_t>(known - query.to.begin());
      if (known == query.to.end()) {
        query.to.push_back({run.key, run.created_at_ms, run.node_classes});
        series_.push_back({&run, {}, {}, {}, {}});
      }
      series_[series].of_work.push_back(i);
    }
    return query;
  }

  // The answer to that. Errors: those of the reader.
  [[nodiscard]] Result<void> take(history::LikeRuns like) {
    like_ = std::move(like);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      if (auto done = place(i); !done) return done;
    }
    return {};
  }

  // By run: in everything that is known of it.
  [[nodiscard]] std::vector<std::vector<Tested>> test() {
    base::parallel((series_.size() + kSeriesAtOnce - 1) / kSeriesAtOnce, [&](std::size_t part) {
      for (std::size_t i = part * kSeriesAtOnce; i < std::min(series_.size(), (part + 1) * kSeriesAtOnce); ++i) {
        if (!series_[i].positions.empty()) series_[i].lines = lines_of(*series_[i].newest, like_.series[i]);
      }
    });
    std::vector<std::pair<std::size_t, std::size_t>> lines;  // series, line
    for (std::size_t i = 0; i < series_.size(); ++i) {
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
    std::ranges::move(*run_ids, std::back_inserter(tested.deviation->run_ids));
    return {};
  }

 private:
  // Finds the runs of one work among those like the newest of them.
  [[nodiscard]] Result<void> place(std::size_t of_series) {
    Series& series = series_[of_series];
    const history::LikeRuns::Series& like = like_.series[of_series];
    if (!like.level) return {};
    // Of each run but the newest, those created with it: which it is, its id tells.
    std::vector<std::pair<std::size_t, std::size_t>> may_be;  // run, position among the like
    std::vector<std::size_t> asked;
    for (const std::size_t run : std::span(series.of_work).subspan(1)) {
      for (std::size_t i = 0; i < like.runs.size(); ++i) {
        if (like.runs[i].created_at_ms != runs_[run].created_at_ms) continue;
        may_be.emplace_back(run, i);
        asked.push_back(i);
      }
    }
    series.runs.push_back(series.of_work.front());
    series.positions.push_back(0);
    if (asked.empty()) return {};
    const auto run_ids = like_.run_ids(of_series, asked);
    if (!run_ids) return run_ids.error();
    for (std::size_t i = 0; i < may_be.size(); ++i) {
      const auto [run, position] = may_be[i];
      if (series.runs.back() == run || (*run_ids)[i] != runs_[run].run_id) continue;
      series.runs.push_back(run);
      series.positions.push_back(position + 1);
    }
    return {};
  }

  [[nodiscard]] Tested describe(std::size_t series, std::size_t number, const DeviationLine& line,
                                const LineTested& of) const {
    Tested tested;
    tested.p_value = of.p_value;
    if (of.side == 0) return tested;
    const RunFacts& run = runs_[number];
    tested.deviation = std::make_unique<Deviation>();
    Deviation& deviation = *tested.deviation;
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
    if (!tests[i].deviation || adjusted[i] > options.false_discovery_rate) continue;
    if (Result<void> named = name(tests[i]); !named) return named.error();
    Deviation& deviation = answer.deviations.emplace_back(std::move(*tests[i].deviation));
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
  DeviationScenes scenes(runs, options);
  auto like = reader.like(series.query(), scenes.query());
  if (!like) return like.error();
  if (auto done = series.take(std::move(like->runs)); !done) return done.error();
  scenes.take(std::move(like->scenes));
  auto by_run = series.test();
  if (auto done = scenes.ask_rest(reader, by_run); !done) return done.error();
  std::vector<Tested> tests;
  tests.reserve(std::accumulate(by_run.begin(), by_run.end(), std::size_t{0},
                                [](std::size_t sum, const auto& of) { return sum + of.size(); }));
  std::int64_t without = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    without += by_run[i].empty();
    std::ranges::move(by_run[i], std::back_inserter(tests));
    scenes.test(i, tests);
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
