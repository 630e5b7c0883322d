#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "insight/stats/robust_student.h"

namespace comfytrace::insight::stats {

// What the tests of a step between two levels have in common, worked out once. Each side holds 2 or more finite values.
class TwoLevels {
 public:
  TwoLevels(std::span<const double> left, std::span<const double> right);
  // The same where both are known in ascending order too.
  TwoLevels(std::span<const double> left, std::span<const double> right, std::span<const double> ascending_left,
            std::span<const double> ascending_right);

  // As robust_student.h has them.
  [[nodiscard]] RobustTTest t_test(double autocorrelation = 0) const;
  [[nodiscard]] double autocorrelation() const;
  // Of the medians, right - left.
  [[nodiscard]] double shift() const { return right_.median - left_.median; }

 private:
  struct Side {
    double median = 0;
    double mean = 0;     // of the residuals
    double squares = 0;  // sum of squared distances from that
  };
  [[nodiscard]] std::span<const double> residuals_of_left() const { return std::span(residuals_).first(n_left_); }
  [[nodiscard]] std::span<const double> residuals_of_right() const { return std::span(residuals_).subspan(n_left_); }

  std::size_t n_left_;
  Side left_;
  Side right_;
  std::vector<double> residuals_;  // values less the median of their side, outliers drawn in
};

}  // namespace comfytrace::insight::stats
