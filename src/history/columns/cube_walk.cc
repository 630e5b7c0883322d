#include "history/columns/cube_walk.h"

#include <algorithm>
#include <limits>

namespace comfytrace::history::columns {
namespace {

// What is missing is within no bounds.
Bounds bounds_of(std::optional<std::int64_t> min, std::optional<std::int64_t> max, std::int64_t most) {
  return {std::clamp<std::int64_t>(min.value_or(0), 0, most + 1),
          std::clamp<std::int64_t>(max.value_or(most), -1, most)};
}

MeasureBounds bounds_of(const RunFilter& filter) {
  MeasureBounds bounds;
  const Bounds of_duration =
      bounds_of(filter.duration_min_ms, filter.duration_max_ms, std::numeric_limits<std::int32_t>::max() - 1);
  const Bounds of_peak =
      bounds_of(filter.vram_peak_min_bytes, filter.vram_peak_max_bytes, (std::int64_t{255} << 32) - 1);
  bounds.duration_min_ms = static_cast<std::int32_t>(of_duration.min);
  bounds.duration_max_ms = static_cast<std::int32_t>(of_duration.max);
  bounds.vram_peak_min_bytes = of_peak.min;
  bounds.vram_peak_max_bytes = of_peak.max;
  return bounds;
}

}  // namespace

CubeWalk::CubeWalk(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan)
    : snapshot_(snapshot), filter_(filter), bounds_(bounds_of(filter)), scan_(scan) {
  reach_.duration_ms = {bounds_.duration_min_ms, bounds_.duration_max_ms};
  reach_.queue_wait_ms = {0, std::numeric_limits<std::int64_t>::max()};
  reach_.vram_peak_bytes = {bounds_.vram_peak_min_bytes, bounds_.vram_peak_max_bytes};
}

void CubeWalk::make_room(std::size_t rows) {
  if (matching_.size() >= rows) return;
  matching_.resize(rows);
  others_.resize(rows);
}

// Each row is written to both, and stays in one: a branch would be guessed wrong too often.
CubeWalk::Divided CubeWalk::divide(const std::uint8_t* keep, std::span<const std::uint16_t> rows) {
  make_room(rows.size());
  std::uint16_t* matching = matching_.data();
  std::uint16_t* others = others_.data();
  std::size_t found = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    matching[found] = rows[i];
    others[i - found] = rows[i];
    found += keep[rows[i]];
  }
  return {std::span(matching_).first(found), std::span(others_).first(rows.size() - found)};
}

CubeWalk::Divided CubeWalk::divide(const Chunk& chunk, std::span<const std::uint16_t> rows) {
  make_room(rows.size());
  if (filter_.duration_min_ms || filter_.duration_max_ms) bounds_.duration_ms = chunk.duration_ms.get();
  if (filter_.vram_peak_min_bytes || filter_.vram_peak_max_bytes) bounds_.vram_peak = peaks_of(chunk, 0);
  const std::size_t within = divide_rows(bounds_, rows, matching_.data(), others_.data());
  return {std::span(matching_).first(within), std::span(others_).first(rows.size() - within)};
}

}  // namespace comfytrace::history::columns
