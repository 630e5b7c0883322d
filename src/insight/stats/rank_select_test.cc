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
  for (const std::size_t n : {1UL, 2UL, 1'000UL, 32'767UL, 32'768UL, 100'000UL}) {
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
