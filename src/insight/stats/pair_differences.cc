#include "insight/stats/pair_differences.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::size_t kFew = 32;  // differences that are put in order

}  // namespace

// A row is the differences of one of `after_`, which ascend as `before_` descends. What may be wanted of each is
// between two places, which draw together around the middle of what is left; all three fall from row to row.
double PairDifferences::at(std::uint64_t rank) const {
  CHECK(rank < count());
  const std::size_t n = before_.size();
  const auto difference = [&](std::size_t row, std::size_t place) { return after_[row] - before_[n - 1 - place]; };
  std::vector<std::size_t> low(after_.size(), 0);
  std::vector<std::size_t> high(after_.size(), n);
  std::vector<std::size_t> below(after_.size());
  std::vector<std::size_t> up_to(after_.size());
  std::uint64_t before = 0;  // differences left of `low`
  std::uint64_t left = count();
  while (left > kFew) {
    // The middle of the row that has the middle of all rows.
    std::uint64_t sum = 0;
    std::size_t row = 0;
    while (sum + (high[row] - low[row]) <= left / 2) {
      sum += high[row] - low[row];
      ++row;
    }
    const double pivot = difference(row, low[row] + (high[row] - low[row]) / 2);
    std::uint64_t n_below = 0;
    std::uint64_t n_up_to = 0;
    std::size_t b = n;
    std::size_t u = n;
    for (std::size_t i = 0; i < after_.size(); ++i) {
      while (b > 0 && difference(i, b - 1) >= pivot) --b;
      while (u > 0 && difference(i, u - 1) > pivot) --u;
      n_below += below[i] = b;
      n_up_to += up_to[i] = u;
    }
    if (rank < n_below) {
      high = below;
      left = n_below - before;
    } else if (rank >= n_up_to) {
      low = up_to;
      left -= n_up_to - before;
      before = n_up_to;
    } else {
      return pivot + 0.0;
    }
  }
  std::vector<double> few;
  for (std::size_t i = 0; i < after_.size(); ++i) {
    for (std::size_t place = low[i]; place < high[i]; ++place) few.push_back(difference(i, place));
  }
  const auto wanted = few.begin() + static_cast<std::ptrdiff_t>(rank - before);
  std::nth_element(few.begin(), wanted, few.end());
  return *wanted + 0.0;  // never -0.0
}

double PairDifferences::median() const {
  const std::uint64_t n = count();
  const double upper = at(n / 2);
  return n % 2 == 1 ? upper : std::midpoint(below(upper, n / 2 - 1), upper);
}

// The largest of those that are smaller, if there are so few of these that `rank` is among them; else the same again.
double PairDifferences::below(double difference, std::uint64_t rank) const {
  std::uint64_t smaller = 0;
  double largest = -std::numeric_limits<double>::infinity();
  std::size_t place = before_.size();
  for (const double after : after_) {
    while (place > 0 && after - before_[before_.size() - place] >= difference) --place;
    if (place == 0) break;
    smaller += place;
    largest = std::max(largest, after - before_[before_.size() - place]);
  }
  return rank < smaller ? largest + 0.0 : difference;
}

}  // namespace comfytrace::insight::stats
