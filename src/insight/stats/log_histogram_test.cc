#include "insight/stats/log_histogram.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "insight/stats/quantile.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr double kBound = 0.002;

TEST(LogHistogram, BucketsTileAllValuesInOrder) {
  EXPECT_EQ(bucket_low(0), 0U);
  for (std::size_t bucket = 0; bucket + 1 < kLogBuckets; ++bucket) {
    const auto at = static_cast<std::uint16_t>(bucket);
    ASSERT_EQ(bucket_of(bucket_low(at)), at);
    ASSERT_EQ(bucket_of(bucket_high(at)), at);
    ASSERT_EQ(bucket_high(at) + 1, bucket_low(static_cast<std::uint16_t>(bucket + 1)));
  }
  EXPECT_EQ(bucket_high(kLogBuckets - 1), kMost);
  EXPECT_EQ(bucket_of(kMost), kLogBuckets - 1);
}

// The ends of a bucket are furthest from its middle, and the buckets tile all values: this is every value.
TEST(LogHistogram, NoValueIsFurtherThanTheBoundFromItsRepresentative) {
  for (std::size_t bucket = 1; bucket < kLogBuckets; ++bucket) {
    const auto at = static_cast<std::uint16_t>(bucket);
    for (const double end : {static_cast<double>(bucket_low(at)), static_cast<double>(bucket_high(at))}) {
      ASSERT_LE(std::fabs(bucket_value(at) - end), kBound * end) << bucket;
      ASSERT_LE(std::fabs(bucket_value(at) - end), end / 512) << bucket;
    }
  }
}

TEST(LogHistogram, ValuesBelow512AreExact) {
  for (std::uint32_t value = 0; value < 512; ++value) EXPECT_EQ(bucket_value(bucket_of(value)), value);
}

TEST(LogHistogram, QuantilesAreWithinTheBoundOfTheExactOnes) {
  SeededValues random(2);
  for (int round = 0; round < 200; ++round) {
    const auto histogram = std::make_unique<LogHistogram>();
    std::vector<double> values;
    const std::size_t n = random.whole(1, 400);
    const double octaves = 32 * random.uniform();
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = static_cast<std::uint32_t>(std::exp2(octaves * random.uniform()));
      histogram->add(value);
      values.push_back(value);
    }
    for (const double p : {0.0, 0.01, 0.5, 0.9, 0.95, 0.99, random.uniform(), 1.0}) {
      const double exact = *quantile(values, p);
      ASSERT_NEAR(*histogram->quantile(p), exact, kBound * exact) << "n " << n << " p " << p;
    }
  }
}

TEST(LogHistogram, InterpolatesBetweenRanksAcrossEmptyBuckets) {
  const auto histogram = std::make_unique<LogHistogram>();
  histogram->add(100);
  histogram->add(400);
  EXPECT_DOUBLE_EQ(*histogram->quantile(0.5), 250);
  const std::array<double, 3> p = {0.25, 0.25, 0.5};  // a place is used again
  std::array<double, 3> out{};
  ASSERT_TRUE(histogram_quantiles(histogram->counts(), p, out));
  EXPECT_DOUBLE_EQ(out[0], 175);
  EXPECT_DOUBLE_EQ(out[1], 175);
  EXPECT_DOUBLE_EQ(out[2], 250);
}

TEST(LogHistogram, OfNothingIsMissing) {
  const auto histogram = std::make_unique<LogHistogram>();
  EXPECT_EQ(histogram->quantile(0.5), std::nullopt);
  EXPECT_EQ(histogram->count(), 0U);
}

TEST(LogHistogram, MergingAddsTheCounts) {
  const auto one = std::make_unique<LogHistogram>();
  const auto other = std::make_unique<LogHistogram>();
  one->add(10);
  other->add(10);
  other->add(30);
  one->merge(*other);
  EXPECT_EQ(one->count(), 3U);
  EXPECT_EQ(one->quantile(1), 30);
  EXPECT_EQ(one->quantile(0.5), 10);
}

}  // namespace
}  // namespace comfytrace::insight::stats
