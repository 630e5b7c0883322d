#include "net/http.h"

#include <gtest/gtest.h>

namespace comfytrace::net {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepOrder) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("accept", "b");
  headers.add("Host", "h");
  EXPECT_EQ(headers.get("ACCEPT"), "a");
  EXPECT_EQ(headers.all().size(), 3u);
  headers.set("aCCept", "c");
  EXPECT_EQ(headers.all().size(), 2u);
  EXPECT_EQ(headers.get("accept"), "c");
  EXPECT_FALSE(headers.get("Cookie").has_value());
}

TEST(PercentCoding, GoesThereAndBack) {
  std::string every_byte;
  for (int i = 1; i < 256; ++i) every_byte += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(every_byte), false), every_byte);
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
}

TEST(PercentCoding, RefusesWhatIsMalformed) {
  for (const char* text : {"%", "%4", "%zz", "a%2", "%00", "x%00y"}) {
    EXPECT_FALSE(percent_decode(text, false).has_value()) << text;
  }
}

TEST(PercentCoding, ReadsPlusAsSpaceOnlyInQueries) {
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
}

struct UrlCase {
  const char* text;
  const char* normalised;
};
class UrlText : public testing::TestWithParam<UrlCase> {};

TEST_P(UrlText, IsNormalised) {
  const auto url = parse_url(GetParam().text);
  ASSERT_TRUE(url.ok()) << url.error().sentence();
  EXPECT_EQ(url.value().text(), GetParam().normalised);
  const auto again = parse_url(url.value().text());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().text(), GetParam().normalised);
}

INSTANTIATE_TEST_SUITE_P(Url, UrlText,
                         testing::Values(UrlCase{"127.0.0.1:8188", "http://127.0.0.1:8188"},
                                         UrlCase{"localhost", "http://localhost:8188"},
                                         UrlCase{" HTTP://GPU-Box.Lan:80/ ", "http://gpu-box.lan:80"},
                                         UrlCase{"http://host", "http://host:80"},
                                         UrlCase{"http://[::1]:8188", "http://[::1]:8188"},
                                         UrlCase{"[FE80::1]", "http://[fe80::1]:8188"},
                                         UrlCase{"http://proxy/Comfy/one//", "http://proxy:80/Comfy/one"}));

class BadUrl : public testing::TestWithParam<const char*> {};

TEST_P(BadUrl, IsRefusedWithAMend) {
  const auto url = parse_url(GetParam());
  ASSERT_FALSE(url.ok()) << url.value().text();
  EXPECT_EQ(url.error().code, base::ErrorCode::invalid);
  EXPECT_FALSE(url.error().mend.empty());
}

INSTANTIATE_TEST_SUITE_P(Url, BadUrl,
                         testing::Values("", "  ", "https://host", "ftp://host", "http://", "http://:80", "host:0",
                                         "host:65536", "host:80x", "host:", "a b", "::1", "[::1", "[::1]x", "[host]",
                                         "http://user@host", "http://host/?q=1", "http://host/#x", "http://host/a b",
                                         "http://ho\rst", "http://host:80:90"));

}  // namespace
}  // namespace comfytrace::net
