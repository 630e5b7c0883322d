#include "insight/stats/pair_differences.h"

#include <numeric>

#include "base/check.h"
#include "insight/stats/double_order.h"

namespace comfytrace::insight::stats {
std::uint64_t PairDifferences::count_up_to(double difference) const {
  std::uint64_t count = 0;
  std::size_t i = 0;  // the first of `before_` whose difference from this `value` is small enough
  for (const double value : after_) {
    while (i < before_.size() && value - before_[i] > difference) ++i;
    if (i == before_.size()) break;
    count += before_.size() - i;
  }
  return count;
}

double PairDifferences::at(std::uint64_t rank) const {
  CHECK(rank < count());
  std::uint64_t low = to_order(after_.front() - before_.back());
  std::uint64_t high = to_order(after_.back() - before_.front());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (count_up_to(from_order(middle)) > rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_order(low) + 0.0;  // +0.0 also where halving came upon -0.0
}

double PairDifferences::median() const {
  const std::uint64_t n = count();
  const double upper = at(n / 2);
  return n % 2 == 1 ? upper : std::midpoint(at(n / 2 - 1), upper);
}

}  // namespace comfytrace::insight::stats
