#pragma once

#include "history/columns/row_scan.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// The answer from the columns. `query` has passed check_query(); `among` stands for its text and regex. Any thread.
[[nodiscard]] Statistics statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                       const RidSet* among = nullptr);

}  // namespace comfytrace::history::columns
