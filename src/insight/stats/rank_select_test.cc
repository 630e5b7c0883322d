#include "insight/stats/rank_select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "insight/stats/double_order.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

TEST(RankSelect, AgreesWithSortingForFewAndForMany) {
  SeededValues random(7);
  for (const std::size_t n : {1UL, 2UL, 1'000UL, 4'095UL, 4'096UL, 32'767UL, 32'768UL, 100'000UL}) {
    auto values = random.normals(n);
    for (std::size_t i = 0; i < n; i += 3) values[i] = 0;  // many equal, in one bucket
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const std::vector<std::size_t> ranks = {n / 2, n - 1, 0, n / 3, n / 2};
    const auto found = values_at_ranks(values, ranks);
    ASSERT_EQ(found.size(), ranks.size());
    for (std::size_t i = 0; i < ranks.size(); ++i) EXPECT_EQ(found[i], sorted[ranks[i]]) << n;
  }
}

TEST(RankSelect, FindsRanksThatLieTogether) {
  SeededValues random(8);
  for (const std::size_t n : {4'096UL, 9'001UL, 32'768UL, 44'850UL}) {
    auto values = random.normals(n);
    // The second has many equal ones; what a sample of the third tells is wrong.
    auto equal = values;
    for (std::size_t i = 0; i < n; ++i) equal[i] = i % 3 == 0 ? values[i] : 0.5;
    auto odd = values;
    for (std::size_t i = 0; i < 1'024; ++i) odd[i * n / 1'024] = 9;
    for (auto& of : {values, equal, odd}) {
      auto sorted = of;
      std::sort(sorted.begin(), sorted.end());
      for (const std::size_t rank : {n / 2, std::size_t{1}, n / 3, n - 1}) {
        const std::vector<std::size_t> ranks = {rank, rank - 1, rank};
        auto copy = of;
        const auto found = values_at_ranks(copy, ranks);
        ASSERT_EQ(found, (std::vector<double>{sorted[rank], sorted[rank - 1], sorted[rank]})) << n << " " << rank;
      }
    }
  }
}

TEST(DoubleOrder, IsTheOrderOfTheDoublesAndBack) {
  const std::vector<double> ascending = {-1e308, -2.5, -1e-310, 0.0, 1e-310, 1.0, 1.0000000000000002, 1e308};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    EXPECT_EQ(from_order(to_order(ascending[i])), ascending[i]);
    if (i > 0) {
      EXPECT_LT(to_order(ascending[i - 1]), to_order(ascending[i]));
    }
  }
}

}  // namespace
}  // namespace comfytrace::insight::stats
