#include "insight/trend.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "insight/stats/mann_kendall.h"
#include "insight/stats/minimum_effect.h"
#include "insight/stats/quantile.h"
#include "insight/trend_series.h"
#include "insight/trend_steps.h"
#include "insight/trend_values.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::int64_t kMaxBuckets = 2'000;
constexpr std::size_t kStepRuns = 8;  // within which the smallest step that can be seen is told

// The filter, narrowed to runs that have something to say of the metric; false: none can.
bool narrow(history::RunFilter& filter, Metric metric) {
  const auto& wanted = trend_statuses(metric);
  if (wanted.empty()) return true;
  if (filter.statuses.empty()) {
    filter.statuses = wanted;
    return true;
  }
  std::erase_if(filter.statuses,
                [&](model::Status status) { return std::ranges::find(wanted, status) == wanted.end(); });
  return !filter.statuses.empty();
}

history::OneMeasure measure_of(Metric metric) {
  switch (metric) {
    case Metric::duration:
      return history::OneMeasure::duration;
    case Metric::vramPeak:
      return history::OneMeasure::vramPeak;
    case Metric::queueWait:
      return history::OneMeasure::queueWait;
    case Metric::successRate:
      break;
  }
  return history::OneMeasure::none;
}

std::vector<std::size_t> positions_of(const TrendValues& values) {
  std::vector<std::size_t> positions;
  for (const TrendRun& run : values.runs) positions.push_back(run.position);
  return positions;
}

std::string slope_sentence(const TrendSlope& slope, const TrendQuery& query, bool is_whole) {
  const std::string where = count_words(slope.n, "run") + " since " + day_words(slope.from_ms, query.utc_offset_ms);
  if (slope.verdict == Verdict::notEnoughData) {
    const std::int64_t takes = slope.n + slope.needed;
    return "Not enough data for a trend: " + std::to_string(slope.n) + " of the " + count_words(takes, "run") +
           " that it takes";
  }
  if (slope.verdict == Verdict::noEvidence)
    return std::string("No evidence of a trend") + (is_whole ? " or a step" : "") + " in " + where;
  const bool is_more = *slope.ratio_per_day > 0;
  const auto& interval = *slope.ratio_per_day_interval;
  const char* words[2] = {"slower", "faster"};
  if (query.metric == Metric::vramPeak) words[0] = "higher in VRAM peak", words[1] = "lower in VRAM peak";
  if (query.metric == Metric::queueWait) words[0] = "longer in queue wait", words[1] = "shorter in queue wait";
  if (query.metric == Metric::successRate) words[0] = "higher in success rate", words[1] = "lower in success rate";
  return percent_words(*slope.ratio_per_day) + " " + words[is_more ? 0 : 1] + " each day (95 % interval " +
         (is_more ? percent_range_words(interval.low, interval.high)
                  : percent_range_words(-interval.high, -interval.low)) +
         ", " + where + ")";
}

bool is_claim(Verdict verdict) {
  return verdict == Verdict::better || verdict == Verdict::worse;
}

void conclude(Trend& trend) {
  const std::int64_t n = trend.runs_judged;
  if (!trend.steps.empty()) {
    const TrendStep& newest = trend.steps.back();
    trend.verdict = newest.verdict;
    trend.confidence = newest.confidence;
    trend.sentence = newest.sentence;
    if (is_claim(trend.slope.verdict)) trend.sentence += "; since then " + trend.slope.sentence;
    return;
  }
  trend.verdict = trend.slope.verdict;
  trend.confidence = is_claim(trend.verdict) ? trend.slope.confidence : confidence_of(n, 0);
  trend.sentence = trend.slope.sentence;
  if (trend.verdict == Verdict::notEnoughData && trend.cohorts == 0 && trend.runs_left_out > 0)
    trend.sentence = "Not enough data: " + trend.scale_sentence;
}

// What the values alone tell.
struct Judged {
  TrendPoints points;
  StepSearch search;
};

Judged judge(const TrendQuery& query, const TrendValues& values, Trend& trend) {
  trend.runs_judged = static_cast<std::int64_t>(values.runs.size());
  trend.runs_missing = values.missing;
  trend.runs_left_out = values.left_out;
  trend.cohorts = values.cohorts;
  trend.scale = values.scale;
  trend.scale_sentence = values.sentence;
  if (!values.runs.empty()) {
    trend.from_ms = values.runs.front().created_at_ms;
    trend.to_ms = values.runs.back().created_at_ms;
    trend.median = stats::median(values.y);
  }
  Judged judged{points_of(values, query.metric), {}};
  judged.search = find_steps(values, judged.points, query);
  if (!is_linear(query.metric) && values.y.size() >= 2) {
    trend.variation = judged.search.variation;
    trend.smallest_step = stats::smallest_detectable_change(
        judged.search.variation, std::min<std::size_t>(judged.points.y.size() - judged.search.level_begin, 50),
        kStepRuns);
  }
  return judged;
}

// What changed at the steps, and the slope since the last.
Result<void> explain(const history::RunHistoryReader& reader, const TrendQuery& query, const history::BriefRuns& runs,
                     const TrendValues& values, Judged judged, Trend& trend) {
  Result<void> read;
  std::vector<std::vector<WhatChanged>> switches;
  base::parallel(3, [&](std::size_t part) {
    if (part == 0) {
      read = read_steps(reader, runs, values, query, judged.search);
    } else if (part == 1) {
      trend.slope = find_slope(judged.points, judged.search.level_begin, query);
    } else {
      switches = switches_at(runs, values, query, judged.search);
    }
  });
  if (!read) return read;
  explain_steps(std::move(switches), query, judged.search);
  trend.slope.sentence = slope_sentence(trend.slope, query, judged.search.steps.empty());
  trend.steps = std::move(judged.search.steps);
  conclude(trend);
  return {};
}

}  // namespace

Result<Trend> trend_of(const history::RunHistoryReader& reader, const TrendQuery& query) {
  if (query.max_runs < 1 || query.max_runs > 20'000)
    return Error{ErrorCode::invalid, "max_runs is 1 to 20000", "maxRuns"};
  Trend trend;
  trend.metric = query.metric;
  history::FactsQuery newest;
  newest.filter = query.filter;
  newest.limit = query.max_runs;
  if (!narrow(newest.filter, query.metric)) {
    trend.sentence = "Not enough data: runs of the chosen statuses do not tell this number";
    return trend;
  }
  history::StatisticsQuery groups;
  groups.filter = newest.filter;
  groups.utc_offset_ms = query.utc_offset_ms;
  groups.max_groups = kMaxBuckets;
  groups.group_by = query.bucket == TrendBucket::week ? history::GroupBy::week : history::GroupBy::day;
  groups.only = measure_of(query.metric);
  if (auto fits = history::check_query(groups); !fits) return fits.error();
  newest.limit = query.max_runs + 1;
  auto runs = reader.brief_runs(newest);
  if (!runs) return runs.error();
  const bool few = static_cast<std::int64_t>(runs->runs.size()) <= query.max_runs;
  if (!few) runs->runs.pop_back();

  const TrendBucket bucket =
      query.bucket.value_or(few && query.metric != Metric::successRate ? TrendBucket::run : TrendBucket::day);
  const TrendValues values = comparable_values(*runs, query);
  // The reader is asked on the thread that it belongs to.
  std::optional<Result<history::Statistics>> statistics;
  std::optional<Result<std::vector<std::string>>> run_ids;  // of the series
  Judged judged;
  base::parallel(2, [&](std::size_t part) {
    if (part == 1) {
      judged = judge(query, values, trend);
      return;
    }
    if (!few) statistics = reader.statistics(groups);
    if (bucket == TrendBucket::run) run_ids = runs->run_ids(positions_of(values));
  });
  if (statistics && !*statistics) return statistics->error();
  if (run_ids && !*run_ids) return run_ids->error();
  if (auto done = explain(reader, query, *runs, values, std::move(judged), trend); !done) return done.error();
  if (few) {
    trend.runs = static_cast<std::int64_t>(runs->runs.size());
  } else {
    trend.runs = (*statistics)->total.runs;
    if (bucket != TrendBucket::run) trend.series = series_of((*statistics)->groups, query.metric, bucket);
  }
  if (few || bucket == TrendBucket::run) trend.series = series_of(values, query, bucket);
  if (run_ids) trend.series.run_ids = std::move(**run_ids);
  return trend;
}

}  // namespace comfytrace::insight
