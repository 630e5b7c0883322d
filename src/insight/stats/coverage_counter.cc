#include "insight/stats/coverage_counter.h"

#include "insight/stats/median_interval.h"

namespace comfytrace::insight::stats {

void CoverageCounter::add(const Interval& predicted, double truth) {
  if (truth < predicted.low) {
    ++below_;
  } else if (truth > predicted.high) {
    ++above_;
  } else {
    ++inside_;
  }
}

void CoverageCounter::merge(const CoverageCounter& other) {
  below_ += other.below_;
  inside_ += other.inside_;
  above_ += other.above_;
}

std::optional<double> CoverageCounter::rate() const {
  if (n() == 0) return std::nullopt;
  return static_cast<double>(inside_) / static_cast<double>(n());
}

std::optional<Interval> CoverageCounter::rate_interval(double level) const {
  return wilson_interval(inside_, n(), level);
}

}  // namespace comfytrace::insight::stats
