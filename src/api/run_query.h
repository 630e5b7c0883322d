#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/filter_grammar.h"
#include "history/run_history.h"

// What the parameters of filtered routes and commands mean: the filter (history/filter_grammar.h), `preset`, and what
// belongs to lists.
namespace comfytrace::api {

// The filter's part, before the history was asked for the preset and the workers' names.
struct FilterRequest {
  std::vector<history::KeyValue> pairs;  // a filter that parses
  std::optional<std::string> preset;     // what `pairs` does not name is taken from it

  [[nodiscard]] bool empty() const { return pairs.empty() && !preset; }
  // As one query string.
  [[nodiscard]] std::string to_query_string() const;
};
// Errors: invalid, with field and mend. `further_keys` are the caller's own parameters, for the message.
[[nodiscard]] base::Result<FilterRequest> parse_filter_request(std::span<const history::KeyValue> pairs,
                                                               std::string_view further_keys = {});

// The filter that is meant at `now_ms`. `watched`: workers that the history may not know yet. Errors: invalid (no such
// preset, an impossible range once the preset is in it), those of the reader.
[[nodiscard]] base::Result<history::RunFilter> resolve_filter(const FilterRequest& request,
                                                              const history::RunHistoryReader& reader,
                                                              std::span<const model::Worker> watched,
                                                              std::int64_t now_ms);

// What a list of runs is asked for.
struct RunQuery {
  FilterRequest filter;
  history::RunSort sort = history::RunSort::newest;  // by default the cursor's
  std::int64_t limit = 50;                           // 1..1000
  std::string cursor;
};
// Errors: invalid, with field and mend.
[[nodiscard]] base::Result<RunQuery> parse_run_query(std::span<const history::KeyValue> pairs);

// What a preset of this query string keeps; times that count back from now stay so. Errors: invalid, too_large.
[[nodiscard]] base::Result<std::string> canonical_preset_query(std::string_view query);

}  // namespace comfytrace::api
