#include "history/columns/rid_set.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "history/columns/measure_scan.h"

namespace comfytrace::history::columns {

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

bool RidSet::add_words(std::uint32_t first, std::span<const std::uint64_t> words) {
  const std::size_t end = first + words.size();
  if (end > words_.size() && !grow_to(static_cast<std::int64_t>(end) * 64 - 1)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) words_[first + i] |= words[i];
  return true;
}

void RidSet::mask(const std::uint32_t* rids, std::uint32_t count, std::uint8_t* keep) const {
  mask_bits(rids, count, words_, keep);
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
