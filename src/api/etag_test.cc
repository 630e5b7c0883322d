#include "api/etag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace comfytrace::api {
namespace {

TEST(WeakEtag, IsTheSameForEqualBodiesAndAnotherForEachOther) {
  std::set<std::string> seen;
  std::string body;
  for (int i = 0; i < 200; ++i) {
    const std::string etag = weak_etag_of(body);
    EXPECT_EQ(weak_etag_of(std::string(body)), etag);
    EXPECT_TRUE(seen.insert(etag).second) << body;
    EXPECT_EQ(etag.size(), 3 + 32 + 1u);
    EXPECT_EQ(etag.substr(0, 3), "W/\"");
    EXPECT_EQ(etag.find_first_not_of("0123456789abcdef", 3), etag.size() - 1);
    body.push_back(i % 3 == 0 ? '\0' : 'a');
  }
  for (std::size_t at = 0; at < body.size(); ++at) {
    std::string other = body;
    other[at] ^= 1;
    EXPECT_TRUE(seen.insert(weak_etag_of(other)).second) << at;
  }
}

TEST(WeakEtag, IsAnotherWhereWordsChangedPlaces) {
  std::string body(256, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i);
  std::set<std::string> seen{weak_etag_of(body)};
  std::size_t asked = 1;
  for (std::size_t a = 0; a < body.size(); a += 8) {
    for (std::size_t b = a + 8; b < body.size(); b += 8, ++asked) {
      std::string other = body;
      const auto at = [&](std::size_t i) { return other.begin() + static_cast<std::ptrdiff_t>(i); };
      std::swap_ranges(at(a), at(a + 8), at(b));
      seen.insert(weak_etag_of(other));
    }
  }
  EXPECT_EQ(seen.size(), asked);
}

}  // namespace
}  // namespace comfytrace::api
