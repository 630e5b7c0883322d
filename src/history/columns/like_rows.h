#pragma once

#include <vector>

#include "history/columns/column_store.h"
#include "history/columns/lookups.h"
#include "history/like_runs.h"

// What the history is asked of like runs and like scenes, from the columns: one walk from the newest rows on answers
// for all that were asked about. Any thread. Queries have passed check_query().
namespace comfytrace::history::columns {

struct LikeRows {
  LikeRuns told;                                // without run_ids
  std::vector<std::vector<RunNumber>> numbers;  // of each run of each series
};
[[nodiscard]] LikeRows runs_like(const ColumnStore::Snapshot& snapshot, const LikeQuery& query);

[[nodiscard]] std::vector<LikeScenes> scenes_like(const ColumnStore::Snapshot& snapshot, const LikeQuery& query);

}  // namespace comfytrace::history::columns
