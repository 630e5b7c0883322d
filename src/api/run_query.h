#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"

namespace comfytrace::api {

// A decoded query parameter or flag.
using KeyValue = std::pair<std::string, std::string>;

// What a list of runs is asked for. The one grammar of query strings and flags.
struct RunQuery {
  history::RunFilter filter;
  std::vector<std::string> workers;  // as written: ids or names; resolve_workers() makes them ids
  std::int64_t limit = 50;           // 1..1000
  std::string cursor;
};

// Pure. `now_ms` is what "-7d" counts from. Errors: invalid, with field and mend.
[[nodiscard]] base::Result<RunQuery> parse_run_query(std::span<const KeyValue> pairs, std::int64_t now_ms);

// Epoch milliseconds of "1763800000000", "2026-11-22" (UTC midnight), "2026-11-22T10:00:00Z", "…T10:00:00.5+01:00",
// "-7d", "-12h", "-30m", "now".
[[nodiscard]] base::Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_ms);

// Sets filter.worker_ids from `query.workers`. A name that no worker has is kept as it is: it matches nothing.
void resolve_workers(RunQuery& query, std::span<const model::Worker> workers);

}  // namespace comfytrace::api
