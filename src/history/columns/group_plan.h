#pragma once

#include <cstdint>
#include <optional>

#include "history/columns/group_keys.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// Which groups of a question will be told: of stories and tags there may be as many as runs, and a tally of each would
// take more time and memory than the answer is worth.
struct GroupPlan {
  GroupNames names;  // of those that are told
  GroupKeys keys;    // to them alone, and without `most`
  std::int64_t left_out = 0;
  // The group that has most of the runs, if one has: its number among the names. Who is in it is apart in the keys.
  std::optional<std::uint32_t> most;
};

[[nodiscard]] inline bool needs_plan(GroupBy group_by) {
  return group_by == GroupBy::story || group_by == GroupBy::tag;
}
// Of a question that needs one: the largest groups by runs, counted beforehand. Its scan is copied.
[[nodiscard]] GroupPlan plan_groups(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                    const RowScan& scan);

}  // namespace comfytrace::history::columns
