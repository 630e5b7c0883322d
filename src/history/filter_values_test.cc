#include "history/filter_values.h"

#include <gtest/gtest.h>

#include <limits>

namespace comfytrace::history {
namespace {

constexpr std::int64_t kNowMs = 1'763'805'600'000;  // 2025-11-22T10:00:00Z
constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t at(std::string_view text) {
  const auto time = parse_time(text);
  EXPECT_TRUE(time) << text;
  return time ? time->from(kNowMs) : -1;
}

TEST(ParseTime, ReadsEveryWayOfWritingATime) {
  EXPECT_EQ(at("1763805600000"), kNowMs);
  EXPECT_EQ(at("0"), 0);
  EXPECT_EQ(at("now"), kNowMs);
  EXPECT_EQ(at("-7d"), kNowMs - 7 * kDayMs);
  EXPECT_EQ(at("-2w"), kNowMs - 14 * kDayMs);
  EXPECT_EQ(at("-12h"), kNowMs - kDayMs / 2);
  EXPECT_EQ(at("-30m"), kNowMs - 1'800'000);
  EXPECT_EQ(at("2025-11-22"), kNowMs - 10 * 3'600'000);
  EXPECT_EQ(at("2025-11-22T10:00Z"), kNowMs);
  EXPECT_EQ(at("2025-11-22T10:00:00Z"), kNowMs);
  EXPECT_EQ(at("2025-11-22t10:00:00.25z"), kNowMs + 250);
  EXPECT_EQ(at("2025-11-22T10:00:00.123456Z"), kNowMs + 123);
  EXPECT_EQ(at("2025-11-22T11:30:00+01:30"), kNowMs);
  EXPECT_EQ(at("2025-11-22T11:30:00 01:30"), kNowMs);
  EXPECT_EQ(at("2025-11-22T02:00:00-08:00"), kNowMs);
  EXPECT_EQ(at("2024-02-29"), 1'709'164'800'000);
  EXPECT_EQ(at("-1000000w"), 0);
}

TEST(ParseTime, RefusesWhatIsNotATime) {
  for (const auto* text : {"",
                           "-",
                           "-d",
                           "-7",
                           "-7y",
                           "--7d",
                           "-7.5d",
                           "yesterday",
                           "12x",
                           "1e3",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-11-22T",
                           "2025-11-22T10",
                           "2025-11-22T10:00",
                           "2025-11-22T24:00:00Z",
                           "2025-11-22T10:60:00Z",
                           "2025-11-22T10:00:00.Z",
                           "2025-11-22T10:00:00Zx",
                           "2025-1-2",
                           "-99999999999999999999d",
                           "-1",
                           "1969-12-31",
                           "99999999999999999999",
                           "253402300800000",
                           " 1"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(ParseTime, KeepsWhatIsRelative) {
  EXPECT_EQ(parse_time("-2w")->ago_ms, 14 * kDayMs);
  EXPECT_EQ(parse_time("now")->ago_ms, 0);
  EXPECT_FALSE(parse_time("2025-11-22")->ago_ms);
  for (const char* text : {"now", "-1m", "-90m", "-36h", "-7d", "-7000000d", "-10079999999m"}) {
    EXPECT_EQ(to_text_ago(*parse_time(text)->ago_ms), text);
  }
  EXPECT_EQ(to_text_ago(*parse_time("-1w")->ago_ms), "-7d");
  EXPECT_EQ(to_text_ago(*parse_time("-1000000w")->ago_ms), "-7000000d");
  EXPECT_FALSE(parse_time("-1000001w"));
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(*parse_duration_ms("0"), 0);
  EXPECT_EQ(*parse_duration_ms("1500"), 1'500);
  EXPECT_EQ(*parse_duration_ms("1500ms"), 1'500);
  EXPECT_EQ(*parse_duration_ms("90s"), 90'000);
  EXPECT_EQ(*parse_duration_ms("2m"), 120'000);
  EXPECT_EQ(*parse_duration_ms("1.5h"), 5'400'000);
  EXPECT_EQ(*parse_duration_ms("30 d"), 30 * kDayMs);
  EXPECT_EQ(*parse_duration_ms("4w"), 28 * kDayMs);
  EXPECT_EQ(*parse_duration_ms("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ParseBytes, ReadsEveryUnit) {
  EXPECT_EQ(*parse_bytes("1048576"), 1 << 20);
  EXPECT_EQ(*parse_bytes("8GiB"), 8ll << 30);
  EXPECT_EQ(*parse_bytes("8 gib"), 8ll << 30);
  EXPECT_EQ(*parse_bytes("8GB"), 8'000'000'000);
  EXPECT_EQ(*parse_bytes("1.5TiB"), 3ll << 39);
  EXPECT_EQ(*parse_bytes("512MiB"), 512ll << 20);
  EXPECT_EQ(*parse_bytes("1kB"), 1'000);
  EXPECT_EQ(*parse_bytes("7B"), 7);
}

TEST(ParseQuantity, RefusesWhatIsNone) {
  for (const char* text : {"", "-1", "s", "5x", "5 ", "5  s", "1e3", "1.2.3", ".", "inf", "nan", "0x10", "+1",
                           "9223372036854775808", "9223372036854775807w", "99999999999999999999.5w"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
    EXPECT_FALSE(parse_bytes(text)) << text;
    EXPECT_FALSE(parse_count(text)) << text;
  }
  EXPECT_FALSE(parse_bytes("9223372036854775807kB"));
  EXPECT_FALSE(parse_duration_ms("5GiB"));
  EXPECT_FALSE(parse_bytes("5s"));
  EXPECT_FALSE(parse_count("1.5"));
  EXPECT_FALSE(parse_duration_ms("soon").error().mend.empty());
}

}  // namespace
}  // namespace comfytrace::history
