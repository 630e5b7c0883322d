#include "insight/outlying_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace comfytrace::insight {
namespace {

constexpr std::size_t kLimit = 20;
constexpr std::size_t kNeeds = 5;

void expect_as_one_by_one(const std::vector<double>& values, std::size_t from, std::size_t last) {
  OutlyingLine line(values, kLimit, kNeeds);
  std::vector<std::size_t> begins{from};
  for (std::size_t begin = from + 1; begin <= last; begin += 1 + begin % 3) begins.push_back(begin);
  line.prepare(begins, last);
  for (std::size_t begin = 0; begin <= values.size(); ++begin) {
    const std::vector<double> others(
        values.begin() + static_cast<std::ptrdiff_t>(begin),
        values.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kLimit, values.size())));
    for (const double value : {values.front(), 0.0, 99.0, 103.0, 180.0}) {
      SCOPED_TRACE(testing::Message() << value << " at " << begin);
      const auto wanted = outlying(value, others, kNeeds);
      const auto found = line.place(value, begin);
      ASSERT_EQ(found.has_value(), wanted.has_value());
      EXPECT_EQ(line.median(begin).has_value(), wanted.has_value());
      EXPECT_EQ(line.stands_out(value, begin), wanted && wanted->stands_out);
      if (!wanted) continue;
      EXPECT_EQ(line.median(begin), wanted->median);
      EXPECT_EQ(found->median, wanted->median);
      EXPECT_EQ(found->z, wanted->z);
      EXPECT_EQ(found->p_value, wanted->p_value);
      EXPECT_EQ(found->stands_out, wanted->stands_out);
    }
  }
}

std::vector<double> scattered(std::size_t n, double around) {
  std::mt19937_64 random(7);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(around + static_cast<double>(random() % 9));
  return values;
}

TEST(OutlyingLine, JudgesEachAsOutlyingDoesWithItsOthersAlone) {
  expect_as_one_by_one(scattered(60, 96), 0, 60);
  expect_as_one_by_one(scattered(60, 96), 3, 11);
}

TEST(OutlyingLine, JudgesThoseItIsNotReadyForAsWell) {
  expect_as_one_by_one(scattered(30, 96), 5, 5);
}

TEST(OutlyingLine, OfFewValuesThereIsNothingToSay) {
  expect_as_one_by_one(scattered(7, 96), 0, 7);
}

TEST(OutlyingLine, TakesNoLogsWhereAValueIsNotPositive) {
  expect_as_one_by_one(scattered(40, -3), 0, 40);
}

TEST(OutlyingLine, KnowsValuesOfWhichMostAreEqual) {
  std::vector<double> values(40, 100);
  values[3] = values[25] = 104;
  expect_as_one_by_one(values, 0, 40);
}

}  // namespace
}  // namespace comfytrace::insight
