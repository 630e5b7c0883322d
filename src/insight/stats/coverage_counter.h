#pragma once

#include <cstddef>
#include <optional>

#include "insight/stats/interval.h"

namespace comfytrace::insight::stats {

// How often the truth was inside what was predicted: kept beside every prediction that is shown.
class CoverageCounter {
 public:
  void add(const Interval& predicted, double truth);
  void merge(const CoverageCounter& other);

  [[nodiscard]] std::size_t n() const { return below_ + inside_ + above_; }
  [[nodiscard]] std::size_t below() const { return below_; }  // the truth was less than predicted
  [[nodiscard]] std::size_t inside() const { return inside_; }
  [[nodiscard]] std::size_t above() const { return above_; }
  [[nodiscard]] std::optional<double> rate() const;  // 0-1; missing when nothing was predicted yet
  [[nodiscard]] std::optional<Interval> rate_interval(double level = kLevel) const;

 private:
  std::size_t below_ = 0;
  std::size_t inside_ = 0;
  std::size_t above_ = 0;
};

}  // namespace comfytrace::insight::stats
