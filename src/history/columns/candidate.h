#pragma once

#include <cstdint>
#include <optional>

#include "history/columns/column_store.h"
#include "history/run_filter.h"

namespace comfytrace::history::columns {

// A row on its way into a list. Its `key` grows towards the end of the list.
struct Candidate {
  std::int64_t key;
  std::int64_t order;
  std::uint32_t row;
  bool missing;
  [[nodiscard]] bool before(const Candidate& other) const {
    if (missing != other.missing) return !missing;
    if (key != other.key) return key < other.key;
    return order < other.order;
  }
};
inline constexpr auto kBefore = [](const Candidate& a, const Candidate& b) { return a.before(b); };

[[nodiscard]] inline bool is_ascending(RunSort sort) {
  return sort == RunSort::oldest || sort == RunSort::shortest;
}

// Not `-value`: that has no opposite of the least one.
[[nodiscard]] inline Candidate candidate(RunSort sort, const std::optional<std::int64_t>& value, std::int64_t rid,
                                         std::uint32_t row) {
  const bool ascending = is_ascending(sort);
  const std::int64_t key = value.value_or(0);
  return {ascending ? key : ~key, ascending ? rid : ~rid, row, !value.has_value()};
}

[[nodiscard]] inline std::optional<std::int64_t> value_at(const Chunk& chunk, std::uint32_t row, RunSort sort) {
  if (sort == RunSort::newest || sort == RunSort::oldest) return chunk.created_at_ms[row];
  const std::int64_t value = sort == RunSort::vram ? chunk.vram_peak(row) : chunk.duration_ms[row];
  return value == kMissing ? std::nullopt : std::optional(value);
}

[[nodiscard]] inline std::optional<std::int64_t> value_of(const RunFacts& facts, RunSort sort) {
  if (sort == RunSort::newest || sort == RunSort::oldest) return facts.created_at_ms;
  return sort == RunSort::vram ? facts.vram_peak_bytes : facts.duration_ms;
}

[[nodiscard]] inline std::int64_t rid_at(const ColumnStore::Snapshot& snapshot, std::uint32_t row) {
  return snapshot.chunk(row / kChunkRows).rid[row % kChunkRows];
}

}  // namespace comfytrace::history::columns
