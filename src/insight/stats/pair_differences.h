#pragma once

#include <cstdint>
#include <span>

namespace comfytrace::insight::stats {

// All differences after - before of two ascending, non-empty groups, in order but never listed: an element is found by
// holding all against one of those that it may be, again and again, each time in O(n + m).
class PairDifferences {
 public:
  PairDifferences(std::span<const double> before, std::span<const double> after) : before_(before), after_(after) {}

  [[nodiscard]] std::uint64_t count() const { return before_.size() * after_.size(); }
  // The difference with `rank` smaller ones; 0 <= rank < count().
  [[nodiscard]] double at(std::uint64_t rank) const;
  [[nodiscard]] double median() const;

 private:
  [[nodiscard]] double below(double difference, std::uint64_t rank) const;

  std::span<const double> before_;
  std::span<const double> after_;
};

}  // namespace comfytrace::insight::stats
