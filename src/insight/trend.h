#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "history/run_questions.h"
#include "insight/stats/interval.h"
#include "insight/verdict.h"

// How a number of the runs goes with time: slope, steps, and what changed where it stepped.
namespace comfytrace::insight {

enum class TrendBucket { run, day, week };
BOOST_DESCRIBE_ENUM(TrendBucket, run, day, week)

struct TrendQuery {
  history::RunFilter filter;
  Metric metric = Metric::duration;
  std::optional<TrendBucket> bucket;  // absent: runs if they are few enough, else days
  std::int64_t utc_offset_ms = 0;     // of the days
  bool like_for_like = true;          // false: values as they are, whatever work is mixed
  std::int64_t max_runs = 2'000;      // the newest so many bear the claims, and are told one by one
};

// How runs of different work were made comparable.
enum class TrendScale {
  plain,        // not at all: all of one kind, or nobody asked for it
  cohortRatio,  // each run over the median of the runs like it in this selection
  workRatio,    // each run's time per size of work, over the median of its workflow and models
};
BOOST_DESCRIBE_ENUM(TrendScale, plain, cohortRatio, workRatio)

// Something whose value switched where the series stepped.
struct WhatChanged {
  std::string what;  // "ComfyUI version", "GPU", "worker", "sampler", …
  std::string before;
  std::string after;
  std::int64_t at_ms = 0;  // created, of the first run with the new value
  // 1: every run before has the old value and every run after the new one; 0: the value says nothing about the step.
  double explains_ratio = 0;
};
BOOST_DESCRIBE_STRUCT(WhatChanged, (), (what, before, after, at_ms, explains_ratio))

struct TrendStep {
  std::int64_t at_ms = 0;  // created, of the first run (or bucket) of the new level
  std::string run_id;      // that run; empty in buckets
  Verdict verdict = Verdict::noEvidence;
  Confidence confidence = Confidence::low;
  double before_median = 0;  // of rates: the rates
  double after_median = 0;
  double size = 0;  // ratio - 1; of rates and queue waits the difference
  std::optional<stats::Interval> size_interval;
  double p_value = 1;
  std::int64_t n_before = 0;  // runs of the level before and after that it was judged by
  std::int64_t n_after = 0;
  std::vector<WhatChanged> what_changed;  // best explanation first; none: nothing that is recorded changed there
  std::string sentence;                   // "18 % slower since 16 Nov, when ComfyUI went from 0.3.60 to 0.3.64"
};
BOOST_DESCRIBE_STRUCT(TrendStep, (),
                      (at_ms, run_id, verdict, confidence, before_median, after_median, size, size_interval, p_value,
                       n_before, n_after, what_changed, sentence))

// The robust slope of the newest level: since the last step.
struct TrendSlope {
  Verdict verdict = Verdict::notEnoughData;
  Confidence confidence = Confidence::low;
  std::int64_t from_ms = 0;
  std::int64_t n = 0;
  std::int64_t needed = 0;
  std::optional<double> per_day;        // in the series' unit
  std::optional<double> ratio_per_day;  // over the level's median
  std::optional<stats::Interval> ratio_per_day_interval;
  std::optional<double> p_value;  // Mann-Kendall, prewhitened where the series has memory
  std::optional<double> tau;
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(TrendSlope, (),
                      (verdict, confidence, from_ms, n, needed, per_day, ratio_per_day, ratio_per_day_interval, p_value,
                       tau, sentence))

// For charts, in columns of one length, oldest first.
struct TrendSeries {
  TrendBucket bucket = TrendBucket::run;
  Unit unit = Unit::ms;
  TrendScale scale = TrendScale::plain;
  std::vector<std::int64_t> x_ms;            // created; of buckets their begin
  std::vector<std::optional<double>> y;      // the run's value; of buckets the median, or the rate
  std::vector<std::int64_t> n;               // runs behind it
  std::vector<std::optional<double>> lower;  // 95 % of the median or rate; absent where n is too small, and for runs
  std::vector<std::optional<double>> upper;
  std::vector<std::string> run_ids;  // of runs; else empty
};
BOOST_DESCRIBE_STRUCT(TrendSeries, (), (bucket, unit, scale, x_ms, y, n, lower, upper, run_ids))

struct Trend {
  Metric metric = Metric::duration;
  Verdict verdict = Verdict::notEnoughData;  // of the newest step, else of the slope
  Confidence confidence = Confidence::low;
  std::string sentence;
  std::int64_t runs = 0;           // that match the filter and are of a status that tells the number
  std::int64_t runs_judged = 0;    // that bear the claims: the newest that have the number
  std::int64_t runs_missing = 0;   // of the newest max_runs, those without the number
  std::int64_t runs_left_out = 0;  // too few like them in this selection, or not known what they are
  std::int64_t cohorts = 0;
  TrendScale scale = TrendScale::plain;
  std::string scale_sentence;           // what was done to compare different work
  std::optional<std::int64_t> from_ms;  // of the runs judged
  std::optional<std::int64_t> to_ms;
  std::optional<double> median;         // in the unit of the metric where scale is plain
  std::optional<double> variation;      // robust coefficient of variation around the levels: the noise
  std::optional<double> smallest_step;  // that 8 more runs would show, a ratio
  std::vector<TrendStep> steps;         // oldest first
  TrendSlope slope;
  TrendSeries series;
};
BOOST_DESCRIBE_STRUCT(Trend, (),
                      (metric, verdict, confidence, sentence, runs, runs_judged, runs_missing, runs_left_out, cohorts,
                       scale, scale_sentence, from_ms, to_ms, median, variation, smallest_step, steps, slope, series))

// Errors: invalid (max_runs not 1..20000); those of the reader.
[[nodiscard]] base::Result<Trend> trend_of(const history::RunHistoryReader& reader, const TrendQuery& query);

}  // namespace comfytrace::insight
