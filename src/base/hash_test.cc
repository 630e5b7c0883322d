#include "base/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

namespace comfytrace::base {
namespace {

std::uint64_t hash_of(std::initializer_list<std::string_view> texts) {
  Hash64 hash;
  for (const std::string_view text : texts) hash.mix(text);
  return hash.value();
}

TEST(Hash64, TellsApartWhereTextsEnd) {
  const std::set<std::uint64_t> all{hash_of({}),         hash_of({""}),       hash_of({"", ""}),
                                    hash_of({"ab"}),     hash_of({"a", "b"}), hash_of({"", "ab"}),
                                    hash_of({"b", "a"}), hash_of({"ab", ""}), hash_of({std::string_view("ab\0", 3)})};
  EXPECT_EQ(all.size(), 9u);
}

TEST(Hash64, ChangesAboutHalfItsBitsWithOneOfTheText) {
  const std::string text = "sd_xl_base_1.0.safetensors";
  const std::uint64_t before = hash_of({text});
  int changed = 0;
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    changed += std::popcount(before ^ hash_of({other}));
  }
  const double share = changed / static_cast<double>(text.size() * 8 * 64);
  EXPECT_NEAR(share, 0.5, 0.05);
}

TEST(Hash64, GivesOneValueToNoTwoOfManyShortTexts) {
  std::set<std::uint64_t> values;
  for (int i = 0; i < 100'000; ++i) values.insert(hash_of({std::to_string(i)}));
  EXPECT_EQ(values.size(), 100'000u);
}

TEST(Hash64, IsWrittenInSixteenDigits) {
  Hash64 hash;
  hash.mix(std::string_view("KSampler"));
  const std::string digits = hash.hex();
  ASSERT_EQ(digits.size(), 16u);
  EXPECT_EQ(std::stoull(digits, nullptr, 16), hash.value());
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 100; ++i) {
    hash.mix(std::uint64_t{1});
    std::string each;
    for (int shift = 60; shift >= 0; shift -= 4) each += kDigits[hash.value() >> shift & 15];
    EXPECT_EQ(hash.hex(), each);
  }
}

}  // namespace
}  // namespace comfytrace::base
