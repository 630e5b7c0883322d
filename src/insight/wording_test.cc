#include "insight/wording.h"

#include <gtest/gtest.h>

#include <limits>

namespace comfytrace::insight {
namespace {

TEST(Wording, WritesDurationsInTheUnitThatFits) {
  EXPECT_EQ(duration_words(0), "0 ms");
  EXPECT_EQ(duration_words(380.4), "380 ms");
  EXPECT_EQ(duration_words(8'300), "8.3 s");
  EXPECT_EQ(duration_words(8'000), "8 s");
  EXPECT_EQ(duration_words(48'000), "48 s");
  EXPECT_EQ(duration_words(59'700), "1 m 00 s");
  EXPECT_EQ(duration_words(357'000), "5 m 57 s");
  EXPECT_EQ(duration_words(3'780'000), "1 h 03 m");
  EXPECT_EQ(duration_words(352'800'000), "4 d 2 h");
  EXPECT_EQ(duration_words(-1'500), "\u22121.5 s");
}

TEST(Wording, WritesBytesAndPercentWithoutFalsePrecision) {
  EXPECT_EQ(bytes_words(512.0 * 1024 * 1024), "512 MiB");
  EXPECT_EQ(bytes_words(21.44 * 1024 * 1024 * 1024), "21.4 GiB");
  EXPECT_EQ(percent_words(0.184), "18 %");
  EXPECT_EQ(percent_words(0.0123), "1.2 %");
  EXPECT_EQ(percent_words(0.02), "2 %");
  EXPECT_EQ(percent_words(0.0996), "10 %");
  EXPECT_EQ(percent_words(1.5), "150 %");
  EXPECT_EQ(percent_words(0.0004), "below 0.1 %");
  EXPECT_EQ(percent_words(0), "0 %");
  EXPECT_EQ(signed_percent_words(0.38), "+38 %");
  EXPECT_EQ(signed_percent_words(-0.041), "\u22124.1 %");
  EXPECT_EQ(percent_range_words(0.141, 0.219), "14 to 22 %");
  EXPECT_EQ(percent_range_words(-0.04, 0.0951), "\u22124 to 9.5 %");
  EXPECT_EQ(percent_range_words(0, 0.0003), "0 to 0 %");
}

TEST(Wording, CountsAndListsAsAPersonWould) {
  EXPECT_EQ(count_words(1, "run"), "1 run");
  EXPECT_EQ(count_words(0, "run"), "0 runs");
  EXPECT_EQ(list_words({}), "");
  EXPECT_EQ(list_words({"a"}), "a");
  EXPECT_EQ(list_words({"a", "b"}), "a and b");
  EXPECT_EQ(list_words({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(list_words({"a", "b", "c", "d"}, 2), "a, b and 2 more");
  EXPECT_EQ(list_words({"a", "b", "c"}, 2), "a, b and c") << "\"and 1 more\" would be no shorter";
}

TEST(Wording, KnowsTheDayAtAnOffsetAndSurvivesNonsense) {
  EXPECT_EQ(day_words(1'790'000'000'000), "21 Sep 2026");
  EXPECT_EQ(day_words(1'790'035'100'000, 0), "21 Sep 2026");
  EXPECT_EQ(day_words(1'790'035'100'000, 2 * 3'600'000), "22 Sep 2026");
  EXPECT_FALSE(day_words(std::numeric_limits<std::int64_t>::min()).empty());
  EXPECT_FALSE(day_words(std::numeric_limits<std::int64_t>::max(), 50'400'000).empty());
}

}  // namespace
}  // namespace comfytrace::insight
