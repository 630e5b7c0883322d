#pragma once

#include "history/columns/exact_budget.h"
#include "history/columns/row_scan.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

[[nodiscard]] inline bool is_label(GroupBy group_by) {
  return group_by == GroupBy::story || group_by == GroupBy::tag;
}
// Statistics by story or tag. There may be as many of those as runs: all are counted, and the largest alone, which are
// told, are tallied. The rows are looked at once, but for those that are in these; `scan` is copied. `are_many`: more
// match than have exact percentiles.
[[nodiscard]] Statistics label_statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                             const RowScan& scan, const ExactBudget& budget, bool are_many);

}  // namespace comfytrace::history::columns
