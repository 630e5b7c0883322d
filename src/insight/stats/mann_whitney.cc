#include "insight/stats/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/pair_differences.h"

namespace comfytrace::insight::stats {
namespace {

constexpr double kCountable = 9007199254740992.0;  // 2^53: up to here a double counts exactly

bool countable(std::size_t n, std::size_t m) {
  return n > 0 && m > 0 && choose(static_cast<std::int64_t>(n + m), static_cast<std::int64_t>(n)) <= kCountable;
}

// In how many ways U comes out as 0, 1, ... upto, when n and m values share out the ranks: the coefficients of the
// Gaussian binomial, the product of (1 - q^(m + i)) / (1 - q^i) over i = 1..n.
std::vector<double> ways_of_u(std::size_t n, std::size_t m, std::size_t upto) {
  if (n > m) std::swap(n, m);
  std::vector<double> ways(upto + 1, 0.0);
  ways[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t u = upto; u >= m + i && u > 0; --u) ways[u] -= ways[u - m - i];
    for (std::size_t u = i; u <= upto; ++u) ways[u] += ways[u - i];
  }
  return ways;
}

// U of `after` and what ties take from its variance: the sum of t^3 - t over groups of t equal values.
struct Ranks {
  double u = 0;
  double ties = 0;
};

Ranks rank(std::span<const double> before, std::span<const double> after) {
  // Both ascend. Walks the groups of equal values of the two together.
  Ranks ranks;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    const bool from_before = j == after.size() || (i < before.size() && before[i] <= after[j]);
    const double value = from_before ? before[i] : after[j];
    const std::size_t smaller = i;
    const std::size_t first = j;
    while (i < before.size() && before[i] == value) ++i;
    while (j < after.size() && after[j] == value) ++j;
    const auto equal_before = static_cast<double>(i - smaller);
    const auto equal_after = static_cast<double>(j - first);
    ranks.u += equal_after * (static_cast<double>(smaller) + equal_before / 2);
    const double t = equal_before + equal_after;
    ranks.ties += t * t * t - t;
  }
  return ranks;
}

double exact_p(double u, std::size_t n, std::size_t m) {
  const auto least = static_cast<std::size_t>(std::min(u, static_cast<double>(n * m) - u));
  double sum = 0;
  for (const double ways : ways_of_u(n, m, least)) sum += ways;
  return std::min(1.0, 2 * sum / choose(static_cast<std::int64_t>(n + m), static_cast<std::int64_t>(n)));
}

double normal_p(const Ranks& ranks, double n, double m) {
  const double total = n + m;
  const double variance = n * m / 12 * (total + 1 - ranks.ties / (total * (total - 1)));
  if (variance <= 0) return 1;  // all values are equal
  const double off = std::max(0.0, std::fabs(ranks.u - n * m / 2) - 0.5);
  return normal_two_sided(off / std::sqrt(variance));
}

// The c for which the c-th smallest and the c-th largest difference hold the shift with `level`; c = 0: there is none.
struct Depth {
  std::uint64_t c = 0;
  double level = 0;
};

Depth shift_depth(std::size_t n, std::size_t m, double level) {
  const auto pairs = static_cast<double>(n) * static_cast<double>(m);
  if (!countable(n, m)) {
    const double deviation = std::sqrt(pairs * static_cast<double>(n + m + 1) / 12);
    const double c = std::floor(pairs / 2 - normal_quantile(0.5 + level / 2) * deviation);
    return {c < 1 ? 0 : static_cast<std::uint64_t>(c), level};
  }
  const double all = choose(static_cast<std::int64_t>(n + m), static_cast<std::int64_t>(n));
  Depth depth;
  double sum = 0;
  for (const double ways : ways_of_u(n, m, n * m / 2)) {
    sum += ways;
    if (2 * sum / all > 1 - level) break;
    ++depth.c;
    depth.level = 1 - 2 * sum / all;
  }
  return depth;
}

}  // namespace

RankTest rank_test_of_sorted(std::span<const double> before, std::span<const double> after) {
  RankTest test;
  test.n_before = before.size();
  test.n_after = after.size();
  if (before.empty() || after.empty()) return test;
  const Ranks ranks = rank(before, after);
  const auto n = static_cast<double>(before.size());
  const auto m = static_cast<double>(after.size());
  test.u = ranks.u;
  test.superiority = ranks.u / (n * m);
  test.cliffs_delta = 2 * test.superiority - 1;
  const bool exact = ranks.ties == 0 && countable(before.size(), after.size());
  test.method = exact ? RankMethod::exact : RankMethod::normal;
  test.p_value = exact ? exact_p(ranks.u, before.size(), after.size()) : normal_p(ranks, n, m);
  return test;
}

RankTest rank_test_only(std::span<const double> before, std::span<const double> after) {
  return rank_test_of_sorted(sorted_finite(before), sorted_finite(after));
}

RankTest rank_test_of_sorted(std::span<const double> before, std::span<const double> after, double level) {
  CHECK(level > 0 && level < 1);
  RankTest test = rank_test_of_sorted(before, after);
  if (test.method == RankMethod::none) return test;
  const PairDifferences differences(before, after);
  test.shift = differences.median();
  const Depth depth = shift_depth(before.size(), after.size(), level);
  if (depth.c > 0) {
    test.shift_interval =
        Interval{differences.at(depth.c - 1), differences.at(differences.count() - depth.c), depth.level};
  }
  return test;
}

RankTest rank_test(std::span<const double> before, std::span<const double> after, double level) {
  return rank_test_of_sorted(sorted_finite(before), sorted_finite(after), level);
}

bool rank_test_can_reach(std::size_t n_before, std::size_t n_after, double alpha) {
  if (n_before == 0 || n_after == 0) return false;
  const auto n = static_cast<std::int64_t>(n_before);
  return 2 / choose(n + static_cast<std::int64_t>(n_after), n) <= alpha;
}

std::size_t rank_test_needs(double alpha) {
  CHECK(alpha > 0);
  std::size_t n = 1;
  while (!rank_test_can_reach(n, n, alpha)) ++n;
  return n;
}

}  // namespace comfytrace::insight::stats
