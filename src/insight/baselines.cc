#include "insight/baselines.h"

#include <algorithm>
#include <utility>

#include "insight/cohort.h"
#include "insight/comparison.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

RunBaseline baseline_of(const history::RunFacts& run, const Cohort& cohort) {
  std::vector<double> durations;
  for (const history::BriefRun& like : cohort.like.runs) {
    if (like.duration_ms) durations.push_back(static_cast<double>(*like.duration_ms));
  }
  // A run that did not succeed says nothing of speed: how long it took until then compares with nothing.
  const bool counts = run.status == model::Status::success && run.duration_ms;
  const MetricComparison duration =
      compare_metric(Metric::duration, counts ? std::optional(static_cast<double>(*run.duration_ms)) : std::nullopt,
                     durations, "like run");
  RunBaseline line;
  line.run_id = run.run_id;
  line.verdict = duration.verdict;
  line.sentence = duration.sentence;
  line.delta_ratio = duration.delta_ratio;
  line.median_ms = duration.baseline_median;
  line.n = duration.n;
  line.needed = duration.needed;
  for (auto like = cohort.like.runs.begin(); like != cohort.like.runs.end() && line.recent_ms.size() < kRecentLike;
       ++like) {
    if (like->duration_ms) line.recent_ms.push_back(*like->duration_ms);
  }
  std::ranges::reverse(line.recent_ms);
  if (durations.size() >= 4) {
    line.lower_ms = stats::quantile(durations, 0.25);
    line.upper_ms = stats::quantile(durations, 0.75);
  }
  return line;
}

}  // namespace

base::Result<std::vector<RunBaseline>> baselines_of(const history::RunHistoryReader& reader,
                                                    std::span<const std::string> run_ids) {
  std::vector<RunBaseline> lines;
  for (const std::string& run_id : run_ids) {
    const auto run = reader.get(run_id);
    if (!run) return run.error();
    if (!run->has_value()) continue;
    const history::RunFacts facts = history::facts_of(**run);
    const auto cohort = find_cohort(reader, facts);
    if (!cohort) return cohort.error();
    lines.push_back(baseline_of(facts, *cohort));
  }
  return lines;
}

}  // namespace comfytrace::insight
