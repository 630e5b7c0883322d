#include "history/columns/chunk_summary.h"

#include <algorithm>
#include <functional>

#include "base/codec.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

// Of all that is kept of a chunk, whose columns take some 6 MB, and of one answer.
constexpr std::size_t kMostBytes = 768 << 10;
constexpr std::size_t kMostBytesOfOne = 256 << 10;
constexpr std::size_t kMostEntries = 64;

}  // namespace

std::size_t ChunkSummary::bytes() const {
  std::size_t bytes = sizeof *this + total.bytes();
  for (const Group& group : groups)
    bytes += sizeof group - sizeof group.tally + group.name.size() + group.tally.bytes();
  return bytes;
}

void ChunkSummary::tell_whether_exact() {
  const auto is_exact = [](const PackedTally& tally) {
    return !tally.duration_ms.counted && !tally.queue_wait_ms.counted && !tally.vram_peak_bytes.counted;
  };
  exact = is_exact(total) && std::ranges::all_of(groups, is_exact, &Group::tally);
}

SummaryKey::SummaryKey(const StatisticsQuery& query) {
  RunFilter filter = query.filter;
  filter.from_ms.reset();
  filter.to_ms.reset();
  is_unfiltered = filter == RunFilter{};
  text = base::encode_json(filter);
  text += static_cast<char>('a' + static_cast<int>(query.group_by));
  if (is_time(query.group_by)) text += std::to_string(query.utc_offset_ms);
  hash = std::hash<std::string>{}(text);
}

SummaryCache::Found SummaryCache::find(const SummaryKey& key) const {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.hash != key.hash || entry.key != key.text) continue;
    entry.last_use = ++uses_;
    return {entry.summary, true};
  }
  if (std::ranges::find(asked_, key.hash) != asked_.end()) return {nullptr, true};
  asked_[next_asked_++ % kRemembered] = key.hash;
  return {};
}

void SummaryCache::put(const SummaryKey& key, std::shared_ptr<const ChunkSummary> summary) const {
  const std::size_t bytes = summary->bytes() + key.text.size() + sizeof(Entry);
  if (bytes > kMostBytesOfOne) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool is_same = entry.hash == key.hash && entry.key == key.text;
    if (is_same) bytes_ -= entry.bytes;
    return is_same;
  });
  while (!entries_.empty() && (entries_.size() >= kMostEntries || bytes_ + bytes > kMostBytes)) {
    const auto oldest = std::ranges::min_element(entries_, {}, &Entry::last_use);
    bytes_ -= oldest->bytes;
    entries_.erase(oldest);
  }
  entries_.push_back({key.hash, key.text, std::move(summary), bytes, ++uses_});
  bytes_ += bytes;
}

}  // namespace comfytrace::history::columns
