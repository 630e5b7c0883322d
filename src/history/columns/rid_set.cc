#include "history/columns/rid_set.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kBits = 64;

bool are_in_line(const std::uint32_t* rids) {
  std::uint32_t apart = 0;
  for (std::uint32_t i = 0; i < kBits; ++i) apart |= rids[i] - rids[0] - i;
  return apart == 0;
}

// Keeps those of 64 bytes, each 0 or 1, whose bit is set.
void mask_by_bits(std::uint64_t bits, std::uint8_t* keep) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kDiagonal = 0x8040'2010'0804'0201;  // of each byte the bit of its place
  for (std::uint32_t i = 0; i < kBits; i += 8, bits >>= 8) {
    const std::uint64_t set = (bits & 255) * kEach & kDiagonal;
    std::uint64_t eight = 0;
    std::memcpy(&eight, keep + i, sizeof eight);
    eight &= (set + 127 * kEach) >> 7;
    std::memcpy(keep + i, &eight, sizeof eight);
  }
}

}  // namespace

bool RidSet::grow_to(std::int64_t rid) {
  if (rid < 0 || rid > std::numeric_limits<std::uint32_t>::max()) return false;
  words_.resize(std::max(static_cast<std::size_t>(rid / 64) + 1, words_.size() * 2), 0);
  return true;
}

void RidSet::remove(std::int64_t rid) {
  if (rid < 0 || static_cast<std::uint64_t>(rid) / 64 >= words_.size()) return;
  words_[static_cast<std::size_t>(rid / 64)] &= ~(std::uint64_t{1} << (rid % 64));
}

void RidSet::keep_common(const RidSet& other) {
  words_.resize(std::min(words_.size(), other.words_.size()));
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

std::uint64_t RidSet::from(std::uint32_t rid) const {
  const std::size_t word = rid / kBits;
  const auto word_at = [&](std::size_t at) { return at < words_.size() ? words_[at] : 0; };
  const std::uint32_t shift = rid % kBits;
  return shift == 0 ? word_at(word) : word_at(word) >> shift | word_at(word + 1) << (kBits - shift);
}

void RidSet::mask(const std::uint32_t* rids, std::uint32_t count, std::uint8_t* keep) const {
  std::uint32_t i = 0;
  // Runs get their numbers in the order of their rows, but for those that were saved again.
  for (; i + kBits <= count; i += kBits) {
    if (are_in_line(rids + i)) {
      mask_by_bits(from(rids[i]), keep + i);
    } else {
      for (std::uint32_t k = i; k < i + kBits; ++k) keep[k] &= static_cast<std::uint8_t>(has(rids[k]));
    }
  }
  for (; i < count; ++i) keep[i] &= static_cast<std::uint8_t>(has(rids[i]));
}

void RidSet::shrink() {
  while (!words_.empty() && words_.back() == 0) words_.pop_back();
  words_.shrink_to_fit();
}

std::size_t RidSet::apart_from(const RidSet& other) const {
  const auto word_of = [](const RidSet& set, std::size_t i) { return i < set.words_.size() ? set.words_[i] : 0; };
  std::size_t apart = 0;
  for (std::size_t i = 0; i < std::max(words_.size(), other.words_.size()); ++i)
    apart += static_cast<std::size_t>(std::popcount(word_of(*this, i) ^ word_of(other, i)));
  return apart;
}

std::optional<KnownRids::Known> KnownRids::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(known_, name, [](const auto& known) -> const std::string& { return known.first; });
  if (at == known_.end()) return std::nullopt;
  known_.splice(known_.begin(), known_, at);
  return at->second;
}

void KnownRids::put(const std::string& name, Known known) {
  const std::lock_guard lock(mutex_);
  known_.remove_if([&](const auto& old) { return old.first == name; });
  known_.emplace_front(name, std::move(known));
  std::size_t bytes = 0;
  const auto too_much = std::ranges::find_if(known_, [&](const auto& each) {
    bytes += each.second.rids->bytes() + sizeof each;
    return bytes > most_bytes_;
  });
  known_.erase(too_much, known_.end());
}

}  // namespace comfytrace::history::columns
