#include "insight/trend_steps.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "insight/stats/change_point.h"
#include "insight/stats/mann_kendall.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/quantile.h"
#include "insight/stats/theil_sen.h"

namespace comfytrace::insight {
namespace {

constexpr double kSlopeAlpha = 0.01;      // many series are looked at: an alarm in a hundred
constexpr double kSimplerBy = 1.05;       // a line may leave this much more scatter than steps and is still preferred
constexpr std::size_t kSlopeExact = 300;  // points whose pairs are all looked at

// Times from the world may be anything: their difference need not fit a whole number.
double days_between(std::int64_t from_ms, std::int64_t to_ms) {
  return (static_cast<double>(to_ms) - static_cast<double>(from_ms)) / 86'400'000;
}

std::vector<double> days_since_first(const TrendPoints& points, std::size_t begin) {
  std::vector<double> x;
  for (std::size_t i = begin; i < points.x_ms.size(); ++i)
    x.push_back(days_between(points.x_ms[begin], points.x_ms[i]));
  return x;
}

// Scatter is judged on the scale on which sizes are told.
double on_scale(double y, Metric metric) {
  return is_linear(metric) ? y : std::log(std::max(y, 1e-9));
}

std::vector<double> on_scale(const TrendPoints& points, Metric metric) {
  std::vector<double> y;
  for (const double value : points.y) y.push_back(on_scale(value, metric));
  return y;
}

double mean_absolute(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0, [](double sum, double v) { return sum + std::abs(v); }) /
         static_cast<double>(std::max<std::size_t>(values.size(), 1));
}

std::vector<double> around_levels(const std::vector<double>& y, const std::vector<std::size_t>& begins) {
  std::vector<double> residuals;
  for (std::size_t level = 0; level < begins.size(); ++level) {
    const std::size_t end = level + 1 < begins.size() ? begins[level + 1] : y.size();
    const std::span<const double> of(y.data() + begins[level], end - begins[level]);
    const double median = stats::median(of).value_or(0);
    for (const double value : of) residuals.push_back(value - median);
  }
  return residuals;
}

// Whether one line says as much as all the steps.
bool is_drift(const TrendPoints& points, const std::vector<double>& y, const std::vector<double>& step_residuals) {
  const std::vector<double> x = days_since_first(points, 0);
  const auto line = stats::theil_sen(x, y, {.max_exact = kSlopeExact, .with_interval = false});
  if (!line) return false;
  std::vector<double> residuals;
  residuals.reserve(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) residuals.push_back(y[i] - line->intercept - line->slope * x[i]);
  if (mean_absolute(residuals) > kSimplerBy * mean_absolute(step_residuals)) return false;
  // Last, for it takes most time, and steps are seldom said as well by a line.
  const auto monotone = stats::mann_kendall_prewhitened(y);
  return monotone && monotone->p_value <= kSlopeAlpha;
}

// The place within the blocks around it that splits successes from failures best.
std::size_t refined(const std::vector<double>& outcomes, std::size_t near, std::size_t reach) {
  const std::size_t low = near > reach ? near - reach : 0;
  const std::size_t high = std::min(near + reach, outcomes.size());
  const double total = std::accumulate(outcomes.begin() + static_cast<std::ptrdiff_t>(low),
                                       outcomes.begin() + static_cast<std::ptrdiff_t>(high), 0.0);
  const double n = static_cast<double>(high - low);
  double best = 0;
  std::size_t at = near;
  double sum = 0;
  for (std::size_t i = low; i < high; ++i) {
    const double before = static_cast<double>(i - low);
    const double gap = std::abs(sum - total * before / n);
    if (gap > best) {
      best = gap;
      at = i;
    }
    sum += outcomes[i];
  }
  return at;
}

// Rates of the runs before and after, with Newcombe's interval of their difference (1998, method 10).
void tell_rates(TrendStep& step, const std::vector<double>& outcomes, std::size_t at, std::size_t reach_before,
                std::size_t reach_after) {
  const std::size_t begin = at > reach_before ? at - reach_before : 0;
  const std::size_t end = std::min(at + reach_after, outcomes.size());
  const std::span<const double> before(outcomes.data() + begin, at - begin);
  const std::span<const double> after(outcomes.data() + at, end - at);
  const double good_before = std::accumulate(before.begin(), before.end(), 0.0);
  const double good_after = std::accumulate(after.begin(), after.end(), 0.0);
  step.n_before = static_cast<std::int64_t>(before.size());
  step.n_after = static_cast<std::int64_t>(after.size());
  if (before.empty() || after.empty()) return;
  step.before_median = good_before / static_cast<double>(before.size());
  step.after_median = good_after / static_cast<double>(after.size());
  step.size = step.after_median - step.before_median;
  step.p_value = stats::rank_test_only(before, after).p_value;
  const auto one = *stats::wilson_interval(static_cast<std::size_t>(std::llround(good_before)), before.size());
  const auto two = *stats::wilson_interval(static_cast<std::size_t>(std::llround(good_after)), after.size());
  step.size_interval = stats::Interval{
      step.size - std::hypot(step.after_median - two.low, one.high - step.before_median),
      step.size + std::hypot(two.high - step.after_median, step.before_median - one.low), stats::kLevel};
}

TrendStep step_of(const stats::ChangePoint& point, const TrendValues& values, const TrendPoints& points,
                  std::size_t run_index, Metric metric) {
  TrendStep step;
  step.at_ms = values.runs[run_index].created_at_ms;
  if (metric == Metric::successRate) {
    tell_rates(step, values.y, run_index, point.n_before * points.runs_a_point, point.n_after * points.runs_a_point);
  } else {
    step.n_before = static_cast<std::int64_t>(point.n_before);
    step.n_after = static_cast<std::int64_t>(point.n_after);
    step.before_median = point.before_median;
    step.after_median = point.after_median;
    step.p_value = point.p_value;
    const double origin = is_linear(metric) ? 0 : 1;
    step.size = point.size - origin;
    if (point.interval) {
      step.size_interval =
          stats::Interval{point.interval->low - origin, point.interval->high - origin, point.interval->level};
    }
  }
  step.verdict = step.size * worse_sign(metric) > 0 ? Verdict::worse : Verdict::better;
  step.confidence = confidence_of(2 * std::min(step.n_before, step.n_after), step.p_value);
  return step;
}

}  // namespace

double minimum_change(Metric metric) {
  switch (metric) {
    case Metric::successRate:
      return 0.1;
    case Metric::queueWait:
      return 1'000;
    case Metric::duration:
    case Metric::vramPeak:
      break;
  }
  return 0.02;
}

TrendPoints points_of(const TrendValues& values, Metric metric) {
  TrendPoints points;
  points.runs_a_point = metric == Metric::successRate ? kRateBlock : 1;
  // The newest runs fill their blocks; what is left over at the old end is left out.
  for (std::size_t i = values.y.size() % points.runs_a_point; i < values.y.size(); i += points.runs_a_point) {
    const auto begin = values.y.begin() + static_cast<std::ptrdiff_t>(i);
    const double sum = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(points.runs_a_point), 0.0);
    points.y.push_back(sum / static_cast<double>(points.runs_a_point));
    points.x_ms.push_back(values.runs[i].created_at_ms);
    points.first_run.push_back(i);
  }
  return points;
}

StepSearch find_steps(const TrendValues& values, const TrendPoints& points, const TrendQuery& query) {
  StepSearch search;
  if (points.y.empty()) return search;
  stats::ChangePointOptions options;
  options.scale = is_linear(query.metric) ? stats::ChangeScale::linear : stats::ChangeScale::log;
  options.minimum_effect = minimum_change(query.metric);
  const auto found = stats::change_points(points.y, options);
  std::vector<std::size_t> begins{0};
  for (const auto& point : found) begins.push_back(point.index);
  const std::vector<double> y = on_scale(points, query.metric);
  std::vector<double> residuals = around_levels(y, begins);
  if (!found.empty() && is_drift(points, y, residuals)) {
    residuals = around_levels(y, {0});
  } else {
    for (const auto& point : found) {
      std::size_t run_index = points.first_run[point.index];
      if (query.metric == Metric::successRate) run_index = refined(values.y, run_index, 2 * points.runs_a_point);
      search.steps.push_back(step_of(point, values, points, run_index, query.metric));
      search.run_index.push_back(run_index);
      search.level_begin = point.index;
    }
  }
  std::vector<double> off;
  off.reserve(residuals.size());
  for (const double value : residuals) off.push_back(std::abs(value));
  search.variation = 1.4826 * stats::median(off).value_or(0);
  return search;
}

TrendSlope find_slope(const TrendPoints& points, std::size_t begin, const TrendQuery& query) {
  TrendSlope slope;
  if (begin >= points.y.size()) {
    slope.needed = static_cast<std::int64_t>(stats::kMannKendallNeeds * points.runs_a_point);
    return slope;
  }
  const std::span<const double> y(points.y.data() + begin, points.y.size() - begin);
  slope.from_ms = points.x_ms[begin];
  slope.n = static_cast<std::int64_t>(y.size() * points.runs_a_point);
  const auto monotone = stats::mann_kendall_prewhitened(y);
  if (!monotone) {
    slope.needed = static_cast<std::int64_t>((stats::kMannKendallNeeds - y.size()) * points.runs_a_point);
    return slope;
  }
  slope.p_value = monotone->p_value;
  slope.tau = monotone->tau;
  const std::vector<double> x = days_since_first(points, begin);
  const double memory = std::clamp(monotone->autocorrelation, 0.0, 0.95);
  const auto line =
      stats::theil_sen(x, y, {.max_exact = kSlopeExact, .variance_inflation = (1 + memory) / (1 - memory)});
  slope.verdict = Verdict::noEvidence;
  slope.confidence = confidence_of(slope.n, slope.p_value.value_or(1));
  const double median = *stats::median(y);
  if (!line || median <= 0) return slope;
  slope.per_day = line->slope;
  slope.ratio_per_day = line->slope / median;
  if (!line->interval) return slope;
  slope.ratio_per_day_interval =
      stats::Interval{line->interval->low / median, line->interval->high / median, line->interval->level};
  const double change = is_linear(query.metric) ? line->slope * x.back() : *slope.ratio_per_day * x.back();
  const bool sure = monotone->p_value <= kSlopeAlpha && !line->interval->contains(0);
  if (sure && std::abs(change) >= minimum_change(query.metric)) {
    slope.verdict = change * worse_sign(query.metric) > 0 ? Verdict::worse : Verdict::better;
  }
  return slope;
}

}  // namespace comfytrace::insight
