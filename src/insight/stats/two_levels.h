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
  // The same where both are known in ascending order too, for callers that make many: `room` is this one's as long as
  // it lives.
  struct Room {
    std::vector<double> residuals;  // values less the median of their side, outliers drawn in
    std::vector<double> sides;
    std::vector<double> ascending;  // grows and never shrinks
  };
  TwoLevels(std::span<const double> left, std::span<const double> right, std::span<const double> ascending_left,
            std::span<const double> ascending_right, Room& room);
  TwoLevels(const TwoLevels&) = delete;

  // As robust_student.h has them.
  [[nodiscard]] RobustTTest t_test(double autocorrelation = 0) const;
  // Whether the p-value of that is surely above or below `alpha`, by bounds that are cheap.
  [[nodiscard]] bool is_surely_above(double alpha, double autocorrelation = 0) const;
  [[nodiscard]] bool is_surely_below(double alpha, double autocorrelation = 0) const;
  [[nodiscard]] double autocorrelation() const;
  // Of the medians, right - left.
  [[nodiscard]] double shift() const { return right_.median - left_.median; }

 private:
  struct Side {
    double median = 0;
    double mean = 0;     // of the residuals
    double squares = 0;  // sum of squared distances from that
  };
  // The difference, and in how many of its standard errors; of no scatter 0 or an infinity.
  struct Difference {
    double difference = 0;
    double t = 0;
    double degrees = 0;
  };
  [[nodiscard]] Difference difference(double autocorrelation) const;
  [[nodiscard]] std::span<const double> residuals_of_left() const { return residuals_.first(n_left_); }
  [[nodiscard]] std::span<const double> residuals_of_right() const { return residuals_.subspan(n_left_); }

  std::size_t n_left_;
  Side left_;
  Side right_;
  Room own_;
  std::span<const double> residuals_;
};

}  // namespace comfytrace::insight::stats
