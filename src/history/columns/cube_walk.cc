#include "history/columns/cube_walk.h"

#include <limits>

namespace comfytrace::history::columns {
namespace {

// What is missing is negative, and within no bounds.
std::optional<Bounds> bounds_of(std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
  if (!min && !max) return std::nullopt;
  return Bounds{std::max<std::int64_t>(min.value_or(0), 0), max.value_or(std::numeric_limits<std::int64_t>::max())};
}

}  // namespace

CubeWalk::CubeWalk(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan)
    : snapshot_(snapshot),
      filter_(filter),
      duration_ms_(bounds_of(filter.duration_min_ms, filter.duration_max_ms)),
      vram_peak_bytes_(bounds_of(filter.vram_peak_min_bytes, filter.vram_peak_max_bytes)),
      scan_(scan) {}

std::span<const std::uint16_t> CubeWalk::within_bounds(const Chunk& chunk, std::span<const std::uint16_t> rows) {
  if (rows_.size() < rows.size()) rows_.resize(rows.size());
  std::span<const std::uint16_t> left = rows;
  // Each row is written, and stays if it counts: a branch would be guessed wrong too often.
  const auto keep = [&](const Bounds& bounds, const auto& value_of) {
    std::uint16_t* to = rows_.data();
    for (const std::uint16_t row : left) {
      const std::int64_t value = value_of(row);
      *to = row;
      to += static_cast<std::ptrdiff_t>((value >= bounds.min) & (value <= bounds.max));
    }
    left = {rows_.data(), to};
  };
  if (duration_ms_) keep(*duration_ms_, [&](std::uint16_t row) { return std::int64_t{chunk.duration_ms[row]}; });
  if (vram_peak_bytes_) keep(*vram_peak_bytes_, [&](std::uint16_t row) { return chunk.vram_peak(row); });
  return left;
}

}  // namespace comfytrace::history::columns
