#include "history/columns/chunk_cube.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace comfytrace::history::columns {
namespace {

Within within(const ChunkCube::Reach& reach, const std::optional<std::int64_t>& min,
              const std::optional<std::int64_t>& max) {
  if (!min && !max) return Within::all;
  const std::int64_t least = min.value_or(std::numeric_limits<std::int64_t>::min());
  const std::int64_t most = max.value_or(std::numeric_limits<std::int64_t>::max());
  const Bounds& values = reach.bounds;
  if (values.min > values.max || values.max < least || values.min > most) return Within::none;
  return !reach.is_missing && values.min >= least && values.max <= most ? Within::all : Within::some;
}

}  // namespace

bool tell_filter(const RunFilter& filter) {
  RunFilter told;
  told.from_ms = filter.from_ms;
  told.to_ms = filter.to_ms;
  told.statuses = filter.statuses;
  told.exit_reasons = filter.exit_reasons;
  told.archived = filter.archived;
  told.worker_ids = filter.worker_ids;
  told.gpus = filter.gpus;
  told.workflows = filter.workflows;
  told.models = filter.models;
  told.duration_min_ms = filter.duration_min_ms;
  told.duration_max_ms = filter.duration_max_ms;
  told.vram_peak_min_bytes = filter.vram_peak_min_bytes;
  told.vram_peak_max_bytes = filter.vram_peak_max_bytes;
  return filter == told;
}

bool tell_groups(GroupBy group_by) {
  constexpr std::array kGroups{GroupBy::none, GroupBy::workflow,       GroupBy::model,  GroupBy::worker,
                               GroupBy::gpu,  GroupBy::comfyuiVersion, GroupBy::status, GroupBy::exitReason};
  return std::ranges::find(kGroups, group_by) != kGroups.end();
}

Within within(const ChunkCube::Cell& cell, const RunFilter& filter) {
  return std::min(within(cell.duration_ms, filter.duration_min_ms, filter.duration_max_ms),
                  within(cell.vram_peak_bytes, filter.vram_peak_min_bytes, filter.vram_peak_max_bytes));
}

bool asks_numbers(const RunFilter& filter) {
  return filter.duration_min_ms || filter.duration_max_ms || filter.vram_peak_min_bytes || filter.vram_peak_max_bytes;
}

}  // namespace comfytrace::history::columns
