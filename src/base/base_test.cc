#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/codec.h"
#include "base/counters.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/json_list.h"
#include "base/saturate.h"
#include "base/text.h"
#include "base/uuid.h"

namespace comfytrace::base {

enum class Mood { calm, wild };
BOOST_DESCRIBE_ENUM(Mood, calm, wild)
struct Inner {
  std::int32_t step_count = 0;
  std::optional<double> free_ratio;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (step_count, free_ratio))
struct Numbers {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  double longest = -std::numeric_limits<double>::min();
  std::optional<double> share;
  std::optional<bool> is_odd = false;
  double none = std::numeric_limits<double>::quiet_NaN();
};
BOOST_DESCRIBE_STRUCT(Numbers, (), (least, most, longest, share, is_odd, none))
struct Outer {
  std::string name;
  Mood mood = Mood::calm;
  std::vector<Inner> inner_parts;
  std::map<std::string, std::string> labels;
  json::value anything;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, mood, inner_parts, labels, anything))

namespace {

TEST(Codec, WritesCamelCaseAndNullForWhatIsMissing) {
  const Outer outer{"a\"b", Mood::wild, {{3, std::nullopt}, {4, 0.25}}, {{"k", "v"}}, json::value(nullptr)};
  EXPECT_EQ(
      encode_json(outer),
      R"({"name":"a\"b","mood":"wild","innerParts":[{"stepCount":3,"freeRatio":null},{"stepCount":4,"freeRatio":0.25}],"labels":{"k":"v"},"anything":null})");
}

// Of the longest there are: they are written in room that is known beforehand.
TEST(Codec, WritesNumbersAlone) {
  EXPECT_EQ(
      encode_json(std::vector<Numbers>(2, Numbers{})),
      R"([{"least":-9223372036854775808,"most":18446744073709551615,"longest":-2.2250738585072014e-308,"share":null,"isOdd":false,"none":null},)"
      R"({"least":-9223372036854775808,"most":18446744073709551615,"longest":-2.2250738585072014e-308,"share":null,"isOdd":false,"none":null}])");
}

// Long lists are written by several threads.
TEST(Codec, KeepsTheOrderOfALongList) {
  for (const std::size_t items : {kManyListItems - 1, kManyListItems, kManyListItems + 1, 3 * kManyListItems}) {
    std::vector<Inner> list;
    std::string expected;
    for (std::size_t i = 0; i < items; ++i) {
      list.push_back({static_cast<std::int32_t>(i), std::nullopt});
      expected += (i > 0 ? "," : "") + encode_json(list.back());
    }
    EXPECT_EQ(encode_json(list), '[' + expected + ']');
  }
}

// The first item is no measure of the others.
TEST(Codec, TakesLittleRoomForAListWhoseFirstItemIsLong) {
  std::string out;
  const std::string first(1 << 20, 'x');
  write_json_list(out, 100, false, [&](std::string& to, std::size_t i) { to += i == 0 ? first : "1"; });
  EXPECT_EQ(out.size(), first.size() + 2 + 99 * 2);
  EXPECT_LT(out.capacity(), std::size_t{8} << 20);
}

TEST(Codec, ReadsBackWhatItWrote) {
  const Outer outer{"x", Mood::wild, {{3, 0.5}}, {{"k", "v"}}, json::value(7)};
  const auto again = decode_json<Outer>(encode_json(outer));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(encode_json(*again), encode_json(outer));
}

TEST(Codec, NamesThePathOfABadValue) {
  const auto bad_type = decode_json<Outer>(R"({"name":"x","innerParts":[{"stepCount":"three"}]})");
  ASSERT_FALSE(bad_type.ok());
  EXPECT_EQ(bad_type.error().sentence(), "$.innerParts[0].stepCount: expected a whole number, got string");
  const auto bad_word = decode_json<Outer>(R"({"name":"x","mood":"angry"})");
  ASSERT_FALSE(bad_word.ok());
  EXPECT_EQ(bad_word.error().sentence(), "$.mood: unknown value \"angry\" (one of: calm, wild)");
  EXPECT_FALSE(decode_json<Outer>(R"({"innerParts":[{"stepCount":99999999999}]})").ok());
}

TEST(Json, ReadsPythonsNonFiniteNumbersAsNullOutsideStringsOnly) {
  const auto parsed = parse_json(R"({"a":NaN,"b":[Infinity,-Infinity],"c":"NaN -Infinity","NaNny":1})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(to_json(*parsed), R"({"a":null,"b":[null,null],"c":"NaN -Infinity","NaNny":1})");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "nul", "{\"a\":1}x", "[1,]", "\"\xff\"", "NaNx"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
  }
  EXPECT_FALSE(parse_json(std::string(200, '[')).ok());
  EXPECT_EQ(parse_json("[1,2]", {.max_bytes = 3, .max_depth = 4}).error().code, ErrorCode::too_large);
}

TEST(Json, WritesNumbersThatPeopleCanRead) {
  EXPECT_EQ(to_json(json::value{1234.5, 2.0, 1e300, 0.1, -7, 18446744073709551615ull}),
            "[1234.5,2,1e+300,0.1,-7,18446744073709551615]");
}

TEST(Json, FindersIgnoreWrongTypes) {
  const json::value value = parse_json(R"({"n":2.0,"s":"x","big":1e30,"half":1.5})").value();
  EXPECT_EQ(find_integer(value, "n"), 2);
  EXPECT_EQ(find_integer(value, "half"), std::nullopt);
  EXPECT_EQ(find_integer(value, "big"), std::nullopt);
  EXPECT_EQ(find_string(value, "n"), std::nullopt);
  EXPECT_EQ(find_string(json::value("x"), "n"), std::nullopt);
}

TEST(Text, ReplacesIllFormedUtf8) {
  EXPECT_TRUE(is_valid_utf8("g\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_FALSE(is_valid_utf8(bad));
  for (std::size_t i = 0; i < 20; ++i) {
    std::string text(20, 'a');
    EXPECT_TRUE(is_valid_utf8(text));
    text[i] = '\xFF';
    EXPECT_FALSE(is_valid_utf8(text)) << i;
  }
  EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Text, CutsAtACodePointAndSaysHowMuchIsGone) {
  EXPECT_EQ(bounded_text("abc", 3), "abc");
  EXPECT_EQ(bounded_text("ab\xE2\x82\xAC", 4), "ab \xE2\x80\xA6 (3 more bytes)");
}

TEST(Text, TakesThePowerFromTerminalEscapes) {
  EXPECT_EQ(printable("\x1b[31mred\x07\n\xC2\x9Bx"), "\xEF\xBF\xBD[31mred\xEF\xBF\xBD \xEF\xBF\xBDx");
}

TEST(SaturatingAdd, StopsAtTheEndsOfTheRange) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(saturating_add(40, 2), 42);
  EXPECT_EQ(saturating_add(kMax - 2, 2), kMax);
  EXPECT_EQ(saturating_add(kMax - 1, 2), kMax);
  EXPECT_EQ(saturating_add(kMin + 1, -2), kMin);
  EXPECT_EQ(saturating_add(kMax, kMin), -1);
  EXPECT_EQ(saturating_add(kMin, kMax), -1);
  EXPECT_EQ(saturating_add(kMin, kMin), kMin);
  EXPECT_EQ(saturating_add(kMax, 0), kMax);
}

TEST(Uuid, IsCanonical) {
  EXPECT_TRUE(is_canonical_uuid(random_uuid()));
  EXPECT_NE(random_uuid(), random_uuid());
  EXPECT_TRUE(is_canonical_uuid(named_uuid("x")));
  EXPECT_EQ(named_uuid("x"), named_uuid("x"));
  EXPECT_NE(named_uuid("x"), named_uuid("y"));
  EXPECT_FALSE(is_canonical_uuid("256A7630-06e1-47ea-9039-22eb842f41a5"));
  EXPECT_FALSE(is_canonical_uuid("run 42/scene:7"));
}

TEST(Digest, AgreesWithPublishedValues) {
  EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("Zm9v"), "foo");
  EXPECT_EQ(from_base64(""), "");
  for (const auto* other : {"Zm9vYg=", " Zm9vYg==", "Zm9vYg==\n   ", "Zm9vYh==", "====", "Zm9*"}) {
    EXPECT_EQ(from_base64(other), std::nullopt) << other;
  }
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
}

TEST(BoundedQueue, RefusesWhenFullAndDrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  queue.close();
  EXPECT_THAT(queue.pop_all(10), testing::ElementsAre(1, 2));
  EXPECT_TRUE(queue.pop_all(10).empty());
  EXPECT_FALSE(queue.push(4));
}

TEST(Counters, HaveANameAndASentenceEach) {
  for (const auto& row : counters().rows()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_TRUE(row.sentence.ends_with('.')) << row.name;
  }
}

}  // namespace
}  // namespace comfytrace::base
