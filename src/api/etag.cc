#include "api/etag.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/hash.h"
#include "base/uuid.h"

namespace comfytrace::api {
namespace {

constexpr std::size_t kLanes = 4;
using Lanes = std::array<base::Hash64, kLanes>;

Lanes random_lanes() {
  Lanes lanes;
  for (base::Hash64& lane : lanes) lane.mix(base::random_uuid());
  return lanes;
}

}  // namespace

std::string weak_etag_of(std::string_view body) {
  static const Lanes kBegin = random_lanes();
  // Each takes every fourth word: a hash waits for its last word, these do not wait for each other.
  Lanes lanes = kBegin;
  std::array<std::uint64_t, kLanes> words;
  std::string_view left = body;
  for (; left.size() >= sizeof words; left.remove_prefix(sizeof words)) {
    std::memcpy(words.data(), left.data(), sizeof words);
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i].mix(words[i]);
  }
  lanes[0].mix(left);
  lanes[0].mix(static_cast<std::uint64_t>(body.size()));
  std::string etag = "W/\"";
  for (int half = 0; half < 2; ++half) {
    base::Hash64 all = kBegin[static_cast<std::size_t>(half)];
    for (const base::Hash64& lane : lanes) all.mix(lane.value());
    etag += all.hex();
  }
  return etag + '"';
}

}  // namespace comfytrace::api
