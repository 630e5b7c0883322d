#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/brief_runs.h"
#include "history/columns/row_scan.h"
#include "history/run_questions.h"

// Which runs and scenes, from the columns. Any thread.
namespace comfytrace::history::columns {

// The run_id of a rid; absent: the run is gone. Runs are left out for which it is absent.
using RunIdOf = std::function<std::optional<std::string>(std::int64_t rid)>;

// Where a run stands in a list: the value that its order goes by (absent: it has none), and its rid.
struct ListPlace {
  std::optional<std::int64_t> value;
  std::int64_t rid = 0;
  bool operator==(const ListPlace&) const = default;
};
struct ListedRun {
  ListPlace place;
  std::vector<std::string> devices;  // RunFacts::devices
};
struct ListPage {
  std::vector<ListedRun> runs;
  bool has_more = false;
  std::int64_t total = 0;  // matching runs, over all pages
};

// The `limit` runs behind `after`, without the first `offset` of those.
[[nodiscard]] ListPage page_of(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, RunSort sort,
                               std::int64_t limit, const std::optional<ListPlace>& after, std::int64_t offset,
                               const RidSet* among = nullptr);

// `query` has passed check_query(); `without_rid` is that of query.without_run_id.
[[nodiscard]] std::vector<RunFacts> facts_among(const ColumnStore::Snapshot& snapshot, const FactsQuery& query,
                                                std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of,
                                                const RidSet* among = nullptr);

// A run by its number, which is another's after it went.
struct RunNumber {
  std::uint32_t rid = 0;
  std::int64_t created_at_ms = 0;
};
struct BriefRows {
  BriefRuns told;                  // without run_ids
  std::vector<RunNumber> numbers;  // of each run
};
// The same runs as of facts_among().
[[nodiscard]] BriefRows brief_among(const ColumnStore::Snapshot& snapshot, const FactsQuery& query,
                                    std::optional<std::int64_t> without_rid, const RidSet* among = nullptr);

[[nodiscard]] std::vector<SceneSample> scenes_among(const ColumnStore::Snapshot& snapshot, const ScenesQuery& query,
                                                    std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of);
// The same scenes.
[[nodiscard]] BriefScenes brief_scenes_among(const ColumnStore::Snapshot& snapshot, const ScenesQuery& query,
                                             std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of);

}  // namespace comfytrace::history::columns
