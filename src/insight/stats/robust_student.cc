#include "insight/stats/robust_student.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "insight/stats/quantile.h"
#include "insight/stats/two_levels.h"

namespace comfytrace::insight::stats {

RobustTTest robust_t_test(std::span<const double> left, std::span<const double> right, double autocorrelation) {
  return TwoLevels(left, right).t_test(autocorrelation);
}

double step_free_deviation(std::span<const double> values) {
  std::vector<double> differences;
  return step_free_deviation(values, differences);
}

double step_free_deviation(std::span<const double> values, std::vector<double>& differences) {
  if (values.size() < 2) return 0;
  differences.clear();
  for (std::size_t i = 1; i < values.size(); ++i) differences.push_back(std::fabs(values[i] - values[i - 1]));
  return median_in_place(differences) / (0.6745 * std::numbers::sqrt2);
}

double two_level_autocorrelation(std::span<const double> left, std::span<const double> right) {
  return TwoLevels(left, right).autocorrelation();
}

}  // namespace comfytrace::insight::stats
