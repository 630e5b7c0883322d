#include "insight/stats/prediction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "insight/stats/coverage_counter.h"
#include "insight/stats/testing/seeded_values.h"

namespace comfytrace::insight::stats {
namespace {

std::vector<double> one_to(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.rbegin(), values.rend(), 1.0);
  return values;
}

TEST(PredictNext, EnoughPastValuesGiveOrderStatistics) {
  EXPECT_EQ(order_statistics_need(0.9), 19U);
  EXPECT_EQ(order_statistics_need(0.95), 39U);
  // Of n independent values the next is below the least in one of n + 1 cases.
  const auto nineteen = predict_next(one_to(19));
  EXPECT_EQ(nineteen->method, PredictionMethod::order_statistics);
  EXPECT_DOUBLE_EQ(nineteen->interval.low, 1);
  EXPECT_DOUBLE_EQ(nineteen->interval.high, 19);
  EXPECT_EQ(nineteen->median, 10);
  const auto more = predict_next(one_to(99));
  EXPECT_DOUBLE_EQ(more->interval.low, 5);
  EXPECT_DOUBLE_EQ(more->interval.high, 95);
}

// Reference values: SciPy 1.10.1, exp(mean +- t.ppf(.95, n - 1) s sqrt(1 + 1/n)) of logs, and the same without logs.
TEST(PredictNext, FewPastValuesAreTakenAsLogNormal) {
  const auto prediction = predict_next(std::vector<double>{105, 98, 112, 101, 120});
  EXPECT_EQ(prediction->method, PredictionMethod::log_student);
  EXPECT_EQ(prediction->n, 5U);
  EXPECT_NEAR(prediction->median, 106.912184506211, 1e-10);
  EXPECT_NEAR(prediction->interval.low, 88.3618063179637, 1e-6);
  EXPECT_NEAR(prediction->interval.high, 129.356966229949, 1e-6);
}

TEST(PredictNext, FewPastValuesWithAZeroAreTakenAsNormal) {
  const auto prediction = predict_next(std::vector<double>{0, 2, -1, 3});
  EXPECT_EQ(prediction->method, PredictionMethod::student);
  EXPECT_NEAR(prediction->interval.low, -3.80378299549005, 1e-12);
  EXPECT_NEAR(prediction->interval.high, 5.80378299549005, 1e-12);
}

TEST(PredictNext, NeedsThree) {
  EXPECT_EQ(predict_next({}), std::nullopt);
  EXPECT_EQ(predict_next(std::vector<double>{1, 2}), std::nullopt);
}

TEST(PredictNext, OfAConstantPastHasNoWidth) {
  for (const std::size_t n : {3UL, 30UL}) {
    const auto prediction = predict_next(std::vector<double>(n, 250.0));
    EXPECT_NEAR(prediction->interval.low, 250, 1e-9);
    EXPECT_NEAR(prediction->interval.high, 250, 1e-9);
  }
}

TEST(PredictNext, HoldsTheNextValueAsOftenAsItSays) {
  SeededValues random(19);
  for (const std::size_t n : {3UL, 10UL, 25UL}) {
    CoverageCounter counter;
    for (int round = 0; round < 4'000; ++round) {
      counter.add(predict_next(random.durations(n, 100, 0.3))->interval, random.durations(1, 100, 0.3)[0]);
    }
    EXPECT_NEAR(*counter.rate(), 0.9, 0.019) << n;  // four standard errors
  }
}

TEST(PredictRemaining, WithoutPartsOrWithoutAPastIsMissing) {
  EXPECT_EQ(predict_remaining({}), std::nullopt);
  const std::vector<double> enough = {1, 2, 3};
  const std::vector<double> few = {1, 2};
  EXPECT_EQ(predict_remaining(std::vector<Part>{{enough}, {few}}), std::nullopt);
}

TEST(PredictRemaining, OfConstantPartsIsTheirSum) {
  const std::vector<double> one(5, 100.0);
  const std::vector<double> other(25, 40.0);
  const auto prediction = predict_remaining(std::vector<Part>{{one}, {other}});
  EXPECT_EQ(prediction->method, PredictionMethod::sum);
  EXPECT_EQ(prediction->n, 5U);
  EXPECT_NEAR(prediction->median, 140, 1e-9);
  EXPECT_NEAR(prediction->interval.high - prediction->interval.low, 0, 1e-9);
}

TEST(PredictRemaining, OfOnePartThatHasNotBegunIsThePredictionOfTheNext) {
  SeededValues random(20);
  for (const std::size_t n : {4UL, 60UL}) {
    const auto past = random.durations(n, 1'000, 0.2);
    const auto sum = predict_remaining(std::vector<Part>{{past}});
    const auto next = predict_next(past);
    EXPECT_NEAR(sum->interval.low / next->interval.low, 1, 0.02);
    EXPECT_NEAR(sum->interval.high / next->interval.high, 1, 0.02);
    EXPECT_NEAR(sum->median / next->median, 1, 0.02);
  }
}

TEST(PredictRemaining, OfManyPartsIsNarrowerThanTheirIntervalsTogether) {
  SeededValues random(21);
  const auto past = random.durations(40, 100, 0.2);
  const auto one = predict_next(past)->interval;
  const auto sum = predict_remaining(std::vector<Part>(16, Part{past}))->interval;
  EXPECT_NEAR((sum.high - sum.low) / (one.high - one.low), 4, 0.6);  // sqrt(16)
}

TEST(PredictRemaining, ShrinksAsAPartGoesOnAndNeverBelowZero) {
  SeededValues random(22);
  for (const std::size_t n : {5UL, 50UL}) {
    const auto past = random.durations(n, 1'000, 0.1);
    double before = predict_remaining(std::vector<Part>{{past}})->median;
    for (const double elapsed : {200.0, 500.0, 800.0, 950.0}) {
      const auto left = predict_remaining(std::vector<Part>{{past, elapsed}});
      EXPECT_LT(left->median, before);
      EXPECT_GE(left->interval.low, 0);
      before = left->median;
    }
  }
}

TEST(PredictRemaining, APartThatOutlastsAllItEverTookStillEndsSomeTime) {
  SeededValues random(23);
  for (const std::size_t n : {5UL, 50UL}) {
    const auto past = random.durations(n, 1'000, 0.1);
    for (const double elapsed : {2'000.0, 1e6, 1e12}) {
      const auto left = predict_remaining(std::vector<Part>{{past, elapsed}});
      EXPECT_TRUE(std::isfinite(left->interval.high));
      EXPECT_GE(left->median, 0);
    }
  }
}

TEST(PredictRemaining, GivesTheSameAnswerTwice) {
  SeededValues random(24);
  const auto past = random.durations(12, 1'000, 0.3);
  const std::vector<Part> parts(5, Part{past, 100});
  EXPECT_EQ(predict_remaining(parts)->interval, predict_remaining(parts)->interval);
}

TEST(PredictRemaining, HoldsTheTruthAsOftenAsItSays) {
  SeededValues random(25);
  // Fewest first: parts that each drew a spread of their own held it in 95 of 100 of those.
  for (const auto& [n, rounds] : {std::pair(3UL, 4'000), std::pair(12UL, 600)}) {
    CoverageCounter counter;
    for (int round = 0; round < rounds; ++round) {
      std::vector<std::vector<double>> past;
      double truth = 0;
      for (const double level : {50.0, 900.0, 1'200.0, 300.0}) {
        past.push_back(random.durations(n, level, 0.2));
        truth += random.durations(1, level, 0.2)[0];
      }
      std::vector<Part> parts;
      for (const auto& values : past) parts.push_back({values});
      counter.add(predict_remaining(parts)->interval, truth);
    }
    EXPECT_NEAR(*counter.rate(), 0.9, 4 * std::sqrt(0.09 / rounds)) << n;  // four standard errors
  }
}

TEST(PredictRemaining, OfPartsThatDoNotScatterButOneIsThatOneAndTheirSum) {
  const std::vector<double> steady(5, 100.0);
  const std::vector<double> scattered = {90, 100, 120, 95, 110};
  const auto both = predict_remaining(std::vector<Part>{{steady}, {scattered}, {steady}})->interval;
  const auto one = predict_next(scattered)->interval;
  EXPECT_NEAR(both.low, 200 + one.low, 2);
  EXPECT_NEAR(both.high, 200 + one.high, 3);
}

}  // namespace
}  // namespace comfytrace::insight::stats
