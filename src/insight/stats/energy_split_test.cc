#include "insight/stats/energy_split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

// The energy distance of two sides, from its definition.
double energy(std::span<const double> left, std::span<const double> right) {
  const auto mean_distance = [](std::span<const double> a, std::span<const double> b, double pairs) {
    double sum = 0;
    for (const double x : a) {
      for (const double y : b) sum += std::fabs(x - y);
    }
    return sum / pairs;
  };
  const auto n = static_cast<double>(left.size());
  const auto m = static_cast<double>(right.size());
  const double distance = 2 * mean_distance(left, right, n * m) - mean_distance(left, left, n * (n - 1)) -
                          mean_distance(right, right, m * (m - 1));
  return n * m / (n + m) * distance;
}

TEST(EnergySplit, IsTheBestPlaceByTheDefinition) {
  SeededValues random(29);
  for (int round = 0; round < 100; ++round) {
    auto values = random.normals(random.whole(8, 40));
    for (std::size_t i = values.size() / 3; i < values.size(); ++i) values[i] += 1.5;
    const std::span<const double> all(values);
    double best = -1e300;
    for (std::size_t at = 3; at + 3 <= values.size(); ++at)
      best = std::max(best, energy(all.first(at), all.subspan(at)));
    const auto found = energy_split(values, 3);
    ASSERT_TRUE(found.has_value());
    ASSERT_NEAR(energy(all.first(*found), all.subspan(*found)), best, 1e-9);
  }
}

TEST(EnergySplit, OfAnyLengthIsThatBySumsMadeOneAfterAnother) {
  SeededValues random(30);
  for (std::size_t n = 6; n < 140; ++n) {
    auto values = random.normals(n);
    for (std::size_t i = n / 2; i < n; ++i) values[i] += 0.4;
    const std::span<const double> all(values);
    std::size_t best = 3;
    for (std::size_t at = 4; at + 3 <= n; ++at) {
      if (energy(all.first(at), all.subspan(at)) > energy(all.first(best), all.subspan(best)) + 1e-9) best = at;
    }
    ASSERT_EQ(energy_split(values, 3), best) << n;
  }
}

TEST(EnergySplit, KeepsBothSidesLongEnough) {
  const std::vector<double> values = {9, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(energy_split(values, 3), 3U);
}

TEST(EnergySplit, OfTooFewOrEqualValuesIsMissing) {
  EXPECT_EQ(energy_split(std::vector<double>{1, 2, 3, 4, 5}, 3), std::nullopt);
  EXPECT_EQ(energy_split(std::vector<double>(20, 1.0), 3), std::nullopt);
  EXPECT_EQ(energy_split({}, 3), std::nullopt);
}

}  // namespace
}  // namespace comfytrace::insight::stats
