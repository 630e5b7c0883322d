#include "insight/stats/pair_differences.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

void expect_as_listed(std::vector<double> before, std::vector<double> after) {
  std::ranges::sort(before);
  std::ranges::sort(after);
  std::vector<double> all;
  for (const double b : before) {
    for (const double a : after) all.push_back(a - b);
  }
  std::ranges::sort(all);
  const PairDifferences differences(before, after);
  ASSERT_EQ(differences.count(), all.size());
  for (std::size_t rank = 0; rank < all.size(); ++rank) ASSERT_EQ(differences.at(rank), all[rank]) << "rank " << rank;
  EXPECT_EQ(differences.median(), std::midpoint(all[(all.size() - 1) / 2], all[all.size() / 2]));
}

TEST(PairDifferences, AreThoseThatAListInOrderHas) {
  SeededValues random(31);
  for (const auto& [n, m] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {1, 40}, {37, 2}, {23, 31}, {24, 31}}) {
    expect_as_listed(random.normals(n), random.normals(m));
  }
}

TEST(PairDifferences, AreSoOfManyEqualValuesToo) {
  SeededValues random(32);
  auto before = random.normals(25);
  auto after = random.normals(33);
  for (double& value : before) value = std::round(2 * value);
  for (double& value : after) value = std::round(2 * value);
  expect_as_listed(before, after);
  expect_as_listed(std::vector<double>(20, 3), std::vector<double>(20, 3));
}

TEST(PairDifferences, HaveNoNegativeZero) {
  const std::vector<double> before{0.0};
  const std::vector<double> after{-0.0};
  const PairDifferences differences(before, after);
  EXPECT_FALSE(std::signbit(differences.at(0)));
}

}  // namespace
}  // namespace comfytrace::insight::stats
