#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "history/run_filter.h"
#include "model/worker.h"

// The one grammar of filters: of query strings, flags and presets. Pure. Errors: invalid, with the field (the
// parameter's name) and the mend.
namespace comfytrace::history {

// A decoded query parameter or flag.
using KeyValue = std::pair<std::string, std::string>;

// A filter as people write it: it may reach back from now, and name workers.
struct WrittenFilter {
  // Without the times that are relative; worker_ids may hold names: resolve_workers() makes them ids. Lists are sorted.
  RunFilter filter;
  std::optional<std::int64_t> from_ago_ms;  // instead of filter.from_ms
  std::optional<std::int64_t> to_ago_ms;    // instead of filter.to_ms
  bool operator==(const WrittenFilter&) const = default;

  // With its times counted back from `now_ms`. Error: from is later than to.
  [[nodiscard]] base::Result<RunFilter> at(std::int64_t now_ms) const;
};

[[nodiscard]] base::Result<WrittenFilter> parse_filter(std::span<const KeyValue> pairs);
// Of a query string, with or without its "?".
[[nodiscard]] base::Result<WrittenFilter> parse_filter(std::string_view query_string);
[[nodiscard]] base::Result<std::vector<KeyValue>> parse_query_string(std::string_view query_string);

// What parse_filter makes the same filter of: parameters in a fixed order, percent-encoded, in base units. "" for all
// runs.
[[nodiscard]] std::string to_query_string(const WrittenFilter& filter);
[[nodiscard]] std::string to_query_string(const RunFilter& filter);
[[nodiscard]] std::vector<KeyValue> to_pairs(const WrittenFilter& filter);

// The parameters, for help and messages.
struct FilterKey {
  std::string_view name;  // "durationMinMs"
  std::string_view flag;  // "duration-min", on the command line
  std::string_view help;  // one line, without the name
};
[[nodiscard]] std::span<const FilterKey> filter_keys();
[[nodiscard]] bool is_filter_key(std::string_view name);

// Turns names among filter.worker_ids into ids. A name that no worker has is kept as it is: it matches nothing.
void resolve_workers(RunFilter& filter, std::span<const model::Worker> workers);

}  // namespace comfytrace::history
