#pragma once

#include <vector>

#include "history/columns/column_store.h"
#include "history/columns/like_search.h"
#include "history/columns/lookups.h"
#include "history/like_runs.h"

namespace comfytrace::history::columns {

// What is told of the runs that were found like some. One a question; any number of threads.
class ToldRuns {
 public:
  explicit ToldRuns(const ColumnStore::Snapshot& snapshot);

  // Fills in the series of `to`, and the number of each run in it.
  void tell(const LikeTo& to, const LikeSearch::Found& found, LikeRuns::Series& series,
            std::vector<RunNumber>& numbers) const;

 private:
  class WantedTimes;

  const ColumnStore::Snapshot snapshot_;
  std::vector<ClassTimes::View> times_;  // by chunk
};

}  // namespace comfytrace::history::columns
