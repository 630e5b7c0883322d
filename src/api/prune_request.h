#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/run_query.h"
#include "base/result.h"
#include "base/schema_book.h"

namespace comfytrace::api {

// Which runs may go, as the body of `POST /runs:prune` says it.
struct PruneRequest {
  std::optional<std::int64_t> older_than_ms;  // an age
  std::optional<std::int64_t> keep;           // a number of runs
  std::optional<std::int64_t> max_bytes;
  FilterRequest filter;
  bool dry_run = true;

  [[nodiscard]] history::PruneRule rule(history::RunFilter resolved, std::int64_t now_ms) const;
  // The body that reads as this.
  [[nodiscard]] std::string to_json() const;
};

// Reads `{olderThanMs?, keep?, maxBytes?, filter?, dryRun?}`; "30d" and "2GiB" are taken as well as numbers. Unknown
// keys are refused by name. Errors: invalid, too_large; with field and mend.
[[nodiscard]] base::Result<PruneRequest> parse_prune_request(std::string_view body);

[[nodiscard]] std::string prune_request_schema(base::SchemaBook& book);

// The answer.
struct PruneAnswer : history::PruneReport {
  bool dry_run = true;
};
BOOST_DESCRIBE_STRUCT(PruneAnswer, (history::PruneReport), (dry_run))

}  // namespace comfytrace::api
