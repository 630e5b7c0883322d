#include "insight/outlying.h"

#include <algorithm>
#include <cmath>

#include "insight/stats/distribution.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

struct Least {
  double ratio;
  double delta;  // in the metric's unit
};

Least least_of(Metric metric) {
  switch (metric) {
    case Metric::vramPeak:
      return {0.02, 64.0 * 1024 * 1024};
    case Metric::queueWait:
      return {0.10, 1'000};
    case Metric::duration:
    case Metric::successRate:
      break;
  }
  return {0.03, 50};
}

constexpr double kNodeRatio = 0.05;
constexpr double kNodeDelta_ms = 20;
constexpr double kNodeShare = 0.01;  // of the run's duration

bool counts(double value, double median, double ratio, double delta) {
  if (std::abs(value - median) < delta) return false;
  return median <= 0 || std::abs(value / median - 1) >= ratio;
}

}  // namespace

std::optional<Outlying> outlying(double value, std::span<const double> others, std::int64_t needs) {
  if (static_cast<std::int64_t>(others.size()) < needs) return std::nullopt;
  const bool positive = value > 0 && std::ranges::all_of(others, [](double of) { return of > 0; });
  std::vector<double> scaled(others.begin(), others.end());
  if (positive) {
    for (double& of : scaled) of = std::log(of);
  }
  const auto scale = stats::robust_scale(scaled);
  if (!scale) return std::nullopt;
  return outlying(value, others, *stats::median(others), positive, *scale);
}

Outlying outlying(double value, std::span<const double> others, double median, bool by_logs,
                  const stats::RobustScale& scale) {
  const double at = by_logs ? std::log(value) : value;
  const double z = stats::robust_z(at, scale);
  const auto n = static_cast<double>(others.size());
  Outlying answer;
  answer.median = median;
  if (std::isfinite(z)) answer.z = z;
  answer.p_value = std::isfinite(z) ? stats::student_two_sided(z / std::sqrt(1 + 1 / n), n - 1) : 0;
  const bool is_more = value > answer.median;
  if (!stats::is_outlier(at, scale).value_or(false)) return answer;
  const auto as_far = std::ranges::count_if(others, [&](double of) { return is_more ? of >= value : of <= value; });
  answer.stands_out = as_far <= static_cast<std::ptrdiff_t>(others.size() / 20);
  return answer;
}

bool change_counts(Metric metric, double value, double median) {
  const Least least = least_of(metric);
  return counts(value, median, least.ratio, least.delta);
}

bool node_change_counts(double value_ms, double median_ms, double run_duration_ms) {
  return counts(value_ms, median_ms, kNodeRatio, std::max(kNodeDelta_ms, kNodeShare * run_duration_ms));
}

}  // namespace comfytrace::insight
