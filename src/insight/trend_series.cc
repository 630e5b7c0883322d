#include "insight/trend_series.h"

#include <map>
#include <numeric>
#include <optional>
#include <vector>

#include "history/time_bucket.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

void add(TrendSeries& series, std::int64_t x_ms, std::optional<double> y, std::int64_t n,
         const std::optional<stats::Interval>& interval) {
  series.x_ms.push_back(x_ms);
  series.y.push_back(y);
  series.n.push_back(n);
  series.lower.push_back(interval ? std::optional(interval->low) : std::nullopt);
  series.upper.push_back(interval ? std::optional(interval->high) : std::nullopt);
}

Unit unit_of_series(Metric metric, TrendScale scale) {
  return scale == TrendScale::plain ? unit_of(metric) : Unit::ratio;
}

void add_bucket(TrendSeries& series, std::int64_t x_ms, const std::vector<double>& of, Metric metric) {
  const auto n = static_cast<std::int64_t>(of.size());
  if (metric == Metric::successRate) {
    const double good = std::accumulate(of.begin(), of.end(), 0.0);
    add(series, x_ms, good / static_cast<double>(n), n,
        stats::wilson_interval(static_cast<std::size_t>(good), of.size()));
  } else {
    add(series, x_ms, stats::median(of), n, stats::median_interval(of));
  }
}

}  // namespace

TrendSeries series_of(const TrendValues& values, const TrendQuery& query, TrendBucket bucket) {
  TrendSeries series;
  series.bucket = bucket;
  series.scale = values.scale;
  series.unit = unit_of_series(query.metric, values.scale);
  if (bucket == TrendBucket::run) {
    for (std::size_t i = 0; i < values.runs.size(); ++i)
      add(series, values.runs[i].created_at_ms, values.y[i], 1, std::nullopt);
    return series;
  }
  const auto by = bucket == TrendBucket::day ? history::GroupBy::day : history::GroupBy::week;
  std::map<std::int64_t, std::vector<double>> buckets;
  for (std::size_t i = 0; i < values.runs.size(); ++i)
    buckets[history::bucket_start(by, values.runs[i].created_at_ms, query.utc_offset_ms)].push_back(values.y[i]);
  for (const auto& [x_ms, of] : buckets) add_bucket(series, x_ms, of, query.metric);
  return series;
}

TrendSeries series_of(std::span<const history::GroupStatistics> groups, Metric metric, TrendBucket bucket) {
  TrendSeries series;
  series.bucket = bucket;
  series.unit = unit_of(metric);
  for (const auto& group : groups) {
    if (!group.from_ms) continue;
    if (metric == Metric::successRate) {
      const std::int64_t n = group.runs_succeeded + group.runs_partial + group.runs_failed + group.runs_timed_out;
      add(series, *group.from_ms, group.success_rate, n,
          stats::wilson_interval(static_cast<std::size_t>(group.runs_succeeded), static_cast<std::size_t>(n)));
      continue;
    }
    const history::Distribution& of = metric == Metric::duration   ? group.duration_ms
                                      : metric == Metric::vramPeak ? group.vram_peak_bytes
                                                                   : group.queue_wait_ms;
    if (of.n > 0) add(series, *group.from_ms, of.median, of.n, std::nullopt);
  }
  return series;
}

}  // namespace comfytrace::insight
