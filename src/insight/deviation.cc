#include "insight/deviation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "insight/outlying.h"
#include "insight/stats/multiple_tests.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::RunFacts;

constexpr std::int64_t kMaxScenes = 64;
// A level that has lasted for so many runs is the new normal: it is judged against itself from then on.
constexpr std::size_t kNewNormal = 10;

// What a value is against the runs before it.
struct Judged {
  std::optional<Outlying> place;
  std::int64_t n = 0;
  int side = 0;  // +1 more, -1 less than the baseline explains
};

// One number of the runs of a cohort, newest first; absent where a run lacks it.
struct Line {
  DeviationSubject subject = DeviationSubject::run;
  std::string class_type;
  Metric metric = Metric::duration;
  std::vector<std::optional<double>> values;
  std::vector<std::optional<Judged>> judged;  // of those, as they are asked for
};

// A test of one run, and what it gave.
struct Tested {
  Deviation deviation;
  double p_value = 1;
  bool holds = false;
};

std::optional<double> as_number(const std::optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

std::string workflow_of(const RunFacts& run) {
  return run.workflow_name.empty() ? run.fingerprint : run.workflow_name;
}

// Of nodes those runs count that executed the class as often as the newest.
std::vector<Line> lines_of(const std::vector<RunFacts>& runs) {
  std::vector<Line> lines(2);
  lines[1].metric = Metric::vramPeak;
  for (const RunFacts& run : runs) {
    lines[0].values.push_back(as_number(run.duration_ms));
    lines[1].values.push_back(as_number(run.vram_peak_bytes));
  }
  for (const auto& of_class : runs.front().node_classes) {
    Line line{DeviationSubject::nodeClass, of_class.class_type, Metric::duration, {}, {}};
    for (const RunFacts& run : runs) {
      const auto same = std::ranges::find(run.node_classes, of_class.class_type, &history::NodeClassFacts::class_type);
      const bool is_like = same != run.node_classes.end() && same->executions == of_class.executions;
      line.values.push_back(is_like ? std::optional(static_cast<double>(same->duration_ms)) : std::nullopt);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

class Series {
 public:
  Series(std::vector<RunFacts> runs, history::LikeLevel level, const DeviationOptions& options)
      : runs_(std::move(runs)), level_(level), options_(options) {}

  // Tests the run at `position` in everything that is known of it.
  void test(std::size_t position, std::vector<Tested>& tests) {
    if (lines_.empty()) lines_ = lines_of(runs_);
    for (Line& line : lines_) {
      if (auto tested = test(line, position)) tests.push_back(std::move(*tested));
    }
  }
  [[nodiscard]] std::optional<std::size_t> position(const std::string& run_id) const {
    const auto at = std::ranges::find(runs_, run_id, &RunFacts::run_id);
    if (at == runs_.end()) return std::nullopt;
    return static_cast<std::size_t>(at - runs_.begin());
  }

 private:
  // Against the runs before it, without the last `skip`, which deviate themselves.
  [[nodiscard]] Judged judge(const Line& line, std::size_t position, std::size_t skip) const {
    Judged judged;
    const auto& value = line.values[position];
    if (!value) return judged;
    // Whole milliseconds of a node go down to 0: one is added so that every log is finite.
    const double added = line.subject == DeviationSubject::nodeClass ? 1 : 0;
    std::vector<double> baseline;
    for (std::size_t i = position + 1 + skip;
         i < line.values.size() && static_cast<std::int64_t>(baseline.size()) < options_.cohort.limit; ++i) {
      if (line.values[i]) baseline.push_back(*line.values[i] + added);
    }
    judged.n = static_cast<std::int64_t>(baseline.size());
    judged.place = outlying(*value + added, baseline, options_.cohort.needs);
    if (!judged.place) return judged;
    judged.place->median -= added;
    const double median = judged.place->median;
    const double run_ms = lines_[0].values[position].value_or(0);
    const bool counts = line.subject == DeviationSubject::nodeClass ? node_change_counts(*value, median, run_ms)
                                                                    : change_counts(line.metric, *value, median);
    if (judged.place->stands_out && counts) judged.side = *value > median ? 1 : -1;
    return judged;
  }

  // Against those right before it: runs that are tested one after the other ask that of the same ones again.
  [[nodiscard]] const Judged& judge_at(Line& line, std::size_t position) const {
    if (line.judged.empty()) line.judged.resize(line.values.size());
    auto& judged = line.judged[position];
    if (!judged) judged = judge(line, position, 0);
    return *judged;
  }

  [[nodiscard]] std::optional<Tested> test(Line& line, std::size_t position) const {
    std::vector<std::size_t> streak;  // positions, oldest first
    int streak_side = 0;
    Judged last;
    const std::size_t from = std::min(position + kNewNormal, line.values.size() - 1);
    for (std::size_t i = from + 1; i-- > position;) {
      const std::size_t skip = streak.size();
      last = skip == 0 ? judge_at(line, i) : judge(line, i, skip);
      if (last.side != streak_side && skip > 0 && last.side != 0) {
        streak.clear();
        last = judge_at(line, i);
      }
      if (last.side == 0) {
        if (line.values[i]) streak.clear();
      } else {
        streak.push_back(i);
      }
      streak_side = streak.empty() ? 0 : last.side;
    }
    if (!last.place || !line.values[position]) return std::nullopt;
    Tested tested;
    tested.p_value = last.place->p_value;
    tested.holds = last.side != 0;
    if (tested.holds) tested.deviation = describe(line, position, last, streak);
    return tested;
  }

  [[nodiscard]] Deviation describe(const Line& line, std::size_t position, const Judged& judged,
                                   const std::vector<std::size_t>& streak) const {
    const RunFacts& run = runs_[position];
    Deviation deviation;
    deviation.subject = line.subject;
    deviation.run_id = run.run_id;
    deviation.created_at_ms = run.created_at_ms;
    deviation.workflow = workflow_of(run);
    deviation.class_type = line.class_type;
    deviation.metric = line.metric == Metric::vramPeak ? "vramPeakBytes" : "durationMs";
    deviation.verdict = judged.side > 0 ? Verdict::worse : Verdict::better;
    deviation.value = *line.values[position];
    deviation.baseline_median = judged.place->median;
    if (deviation.baseline_median > 0) deviation.ratio = deviation.value / deviation.baseline_median;
    deviation.n = judged.n;
    deviation.level = level_;
    deviation.in_a_row = static_cast<std::int64_t>(streak.size());
    deviation.persistent = deviation.in_a_row >= options_.in_a_row;
    for (auto at = streak.rbegin(); at != streak.rend(); ++at) deviation.run_ids.push_back(runs_[*at].run_id);
    return deviation;
  }

  std::vector<RunFacts> runs_;
  std::vector<Line> lines_;
  history::LikeLevel level_;
  const DeviationOptions& options_;
};

Result<void> test_scenes(const history::RunHistoryReader& reader, const RunFacts& run, const DeviationOptions& options,
                         std::vector<Tested>& tests) {
  if (run.scenes.size() < 2) return {};  // of one scene the run says it all
  SceneCohorts cohorts(reader, run, options.cohort);
  std::map<std::pair<const SceneCohorts::Known*, Verdict>, std::vector<std::size_t>>
      alike;  // tests that hold, by kind and side
  for (const auto& scene : run.scenes) {
    if (scene.status != model::Status::success || !scene.duration_ms) continue;
    if (static_cast<std::int64_t>(tests.size()) > kMaxScenes * 4) break;
    const auto like = cohorts.of(scene);
    if (!like) return like.error();
    const CohortEvidence& evidence = (*like)->cohort.evidence;
    const std::vector<double>& baseline = (*like)->durations_ms;
    const auto value = static_cast<double>(*scene.duration_ms);
    const auto place = outlying(value, baseline, options.cohort.needs);
    if (!place || !evidence.level) continue;
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
          static_cast<std::int64_t>(baseline.size()),
          *evidence.level,
          1,
          false,
          {run.run_id},
          ""};
    if (place->median > 0) of.ratio = value / place->median;
    if (tested.holds) alike[{*like, of.verdict}].push_back(tests.size());
    tests.push_back(std::move(tested));
  }
  for (const auto& [kind, places] : alike) {
    for (const std::size_t place : places) {
      tests[place].deviation.in_a_row = static_cast<std::int64_t>(places.size());
      tests[place].deviation.persistent = tests[place].deviation.in_a_row >= options.in_a_row;
    }
  }
  return {};
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

Deviations conclude(std::vector<Tested> tests, std::int64_t runs, std::int64_t without,
                    const DeviationOptions& options) {
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
  std::vector<Tested> tests;
  std::vector<std::pair<history::WorkKey, std::optional<Series>>> known;
  std::int64_t without = 0;
  for (const RunFacts& run : runs) {
    auto at = std::ranges::find_if(known, [&](const auto& of) { return of.first == run.key; });
    if (at == known.end()) {
      CohortOptions wide = options.cohort;
      wide.limit += static_cast<std::int64_t>(runs.size() + kNewNormal);
      auto like = find_like_runs(reader, run, wide);
      if (!like) return like.error();
      std::optional<Series> series;
      if (like->level) {
        like->runs.insert(like->runs.begin(), run);
        series.emplace(std::move(like->runs), *like->level, options);
      }
      known.emplace_back(run.key, std::move(series));
      at = std::prev(known.end());
    }
    const auto position = at->second ? at->second->position(run.run_id) : std::nullopt;
    const std::size_t before = tests.size();
    if (position) at->second->test(*position, tests);
    without += tests.size() == before;
    if (auto done = test_scenes(reader, run, options, tests); !done) return done.error();
  }
  return conclude(std::move(tests), static_cast<std::int64_t>(runs.size()), without, options);
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
  if ((*stored)->status != model::Status::success) return conclude({}, 1, 1, options);
  return deviations_of(reader, {history::facts_of(**stored)}, options);
}

}  // namespace comfytrace::insight
