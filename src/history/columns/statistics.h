#pragma once

#include "history/columns/row_scan.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// The answer from the columns. `query` has passed check_query(); `among` stands for its text and regex. Any thread.
[[nodiscard]] Statistics statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                       const RidSet* among = nullptr);

// Makes what a chunk tells of itself, if it is full and does not have it: answers to filters by status, worker, GPU,
// workflow or model, to groups of those, and to groups by node class and by day (of a clock so far ahead of UTC) then
// need not read its rows. Any thread, best an idle one: takes some 15 ms.
void prepare_summaries(const ColumnStore::Snapshot& snapshot, std::size_t chunk, std::int64_t utc_offset_ms);

}  // namespace comfytrace::history::columns
