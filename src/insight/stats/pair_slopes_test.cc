#include "insight/stats/pair_slopes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

std::vector<double> sorted_slopes(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[j] > x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  std::ranges::sort(slopes);
  return slopes;
}

void expect_all(const std::vector<double>& x, const std::vector<double>& y) {
  const auto slopes = sorted_slopes(x, y);
  const std::size_t n = slopes.size();
  ASSERT_EQ(count_slopes(x), n);
  for (const std::vector<std::size_t>& ranks : std::vector<std::vector<std::size_t>>{
           {(n - 1) / 2, n / 2}, {(n - 1) / 2, n / 2, n / 3, n - 1 - n / 3}, {0, n - 1}, {n - 1}, {0}}) {
    const auto found = slopes_at_ranks(x, y, ranks);
    ASSERT_EQ(found.size(), ranks.size());
    for (std::size_t i = 0; i < ranks.size(); ++i) ASSERT_EQ(found[i], slopes[ranks[i]]) << n << " " << ranks[i];
  }
}

TEST(PairSlopes, AreThoseThatStandThereInOrder) {
  SeededValues random(31);
  for (const std::size_t n : {2, 3, 5, 9, 40, 128, 129, 200, 301}) {
    const auto y = random.normals(n);
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i)
      x.push_back((x.empty() ? 0 : x.back()) + 1e-3 * static_cast<double>(random.whole(1, 5'000)));
    expect_all(x, y);
  }
}

TEST(PairSlopes, PairsOfEqualXAreLeftOut) {
  SeededValues random(33);
  for (const std::size_t n : {6, 37, 130, 290}) {
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(static_cast<double>(random.whole(0, n / 3)));
    std::ranges::sort(x);
    expect_all(x, random.normals(n));
  }
  EXPECT_EQ(count_slopes(std::vector<double>{4, 4, 4}), 0U);
  EXPECT_EQ(count_slopes({}), 0U);
}

TEST(PairSlopes, ManyOfThemMayBeEqual) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 250; ++i) {
    x.push_back(i);
    y.push_back(i % 3);
  }
  expect_all(x, y);
  expect_all(x, std::vector<double>(x.size(), 4.0));
  expect_all(x, x);
}

// The sample is taken at equal distances: a series that repeats as often deceives it.
TEST(PairSlopes, ASampleThatDeceivesDoesNoHarm) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 256; ++i) {
    x.push_back(i);
    y.push_back(i < 16 ? i * 1e6 : i % 32 == 0 ? -1e9 : 0);
  }
  expect_all(x, y);
}

}  // namespace
}  // namespace comfytrace::insight::stats
