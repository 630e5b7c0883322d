#include "api/run_query.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/codec.h"
#include "base/text.h"
#include "history/filter_values.h"
#include "history/run_rules.h"
#include "net/http.h"

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::KeyValue;

constexpr std::size_t kMaxCursorBytes = 200;
constexpr std::size_t kMaxPresetBytes = 4 << 10;

Error invalid(std::string message, std::string_view field, std::string mend) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field), std::move(mend)};
}

bool is_list_key(std::string_view key) {
  return key == "sort" || key == "limit" || key == "cursor" || key == "offset";
}

// `offset`: runs to leave out, from the beginning or from the cursor.
Result<void> take(RunQuery& query, std::optional<history::RunSort>& sort, std::int64_t& offset, const KeyValue& pair) {
  const auto& [key, value] = pair;
  if (key == "cursor") {
    if (value.size() > kMaxCursorBytes) return invalid("cursor is too long", key, "take it from nextCursor, unchanged");
    query.cursor = value;
    return {};
  }
  if (key == "sort") {
    sort = base::enum_from_name<history::RunSort>(value);
    if (sort) return {};
    return invalid("unknown sort \"" + base::bounded_text(base::to_valid_utf8(value), 100) + "\"", key,
                   "one of: " + base::enum_names<history::RunSort>());
  }
  if (key == "offset") {
    const auto count = history::parse_count(value);
    if (!count || *count > history::kMaxSkip) {
      return invalid("offset \"" + base::bounded_text(base::to_valid_utf8(value), 40) + "\" is not a number of runs",
                     key, "0 to " + std::to_string(history::kMaxSkip));
    }
    offset = *count;
    return {};
  }
  const auto limit = history::parse_count(value);
  if (!limit || *limit < 1 || *limit > 1000) {
    return invalid("limit \"" + base::bounded_text(base::to_valid_utf8(value), 40) + "\" is not a number of runs", key,
                   "1 to 1000");
  }
  query.limit = *limit;
  return {};
}

// What the preset says of parameters that were not given.
Result<std::vector<KeyValue>> with_preset(const FilterRequest& request, const history::RunHistoryReader& reader) {
  std::vector<KeyValue> pairs = request.pairs;
  if (!request.preset) return pairs;
  const auto preset = reader.preset(*request.preset);
  if (!preset) return preset.error();
  if (!*preset) {
    return invalid("there is no preset \"" + base::bounded_text(*request.preset, 100) + "\"", "preset",
                   "`GET /api/v1/filter-presets` or `comfytrace preset list` names them");
  }
  auto saved = history::parse_query_string((*preset)->query);
  if (!saved) return saved.error();
  for (KeyValue& pair : *saved) {
    const auto same = [&](const KeyValue& given) { return given.first == pair.first; };
    if (std::none_of(request.pairs.begin(), request.pairs.end(), same)) pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace

std::string FilterRequest::to_query_string() const {
  std::string query;
  if (auto written = history::parse_filter(std::span(pairs))) query = history::to_query_string(*written);
  if (preset) query += (query.empty() ? "preset=" : "&preset=") + net::percent_encode(*preset);
  return query;
}

Result<FilterRequest> parse_filter_request(std::span<const KeyValue> pairs, std::string_view further_keys) {
  FilterRequest request;
  for (const KeyValue& pair : pairs) {
    if (pair.first != "preset") {
      request.pairs.push_back(pair);
      continue;
    }
    if (request.preset) return invalid("preset is given twice", "preset", "name one");
    if (auto fits = history::check_preset_name(pair.second); !fits)
      return invalid(fits.error().message, "preset", fits.error().mend);
    request.preset = pair.second;
  }
  if (auto written = history::parse_filter(std::span(request.pairs)); !written) {
    Error error = written.error();
    if (!history::is_filter_key(error.field) && error.mend.starts_with("one of: ")) {
      error.mend += ", preset" + (further_keys.empty() ? "" : ", " + std::string(further_keys));
    }
    return error;
  }
  return request;
}

Result<history::RunFilter> resolve_filter(const FilterRequest& request, const history::RunHistoryReader& reader,
                                          std::span<const model::Worker> watched, std::int64_t now_ms) {
  const auto pairs = with_preset(request, reader);
  if (!pairs) return pairs.error();
  const auto written = history::parse_filter(std::span(*pairs));
  if (!written) return written.error();
  auto filter = written->at(now_ms);
  if (!filter || filter->worker_ids.empty()) return filter;
  auto workers = reader.workers();
  if (!workers) return workers.error();
  workers->insert(workers->end(), watched.begin(), watched.end());
  history::resolve_workers(*filter, *workers);
  return filter;
}

Result<RunQuery> parse_run_query(std::span<const KeyValue> pairs) {
  RunQuery query;
  std::optional<history::RunSort> sort;
  std::int64_t offset = 0;
  std::vector<KeyValue> filter;
  std::set<std::string_view> seen;
  for (const KeyValue& pair : pairs) {
    if (!is_list_key(pair.first)) {
      filter.push_back(pair);
      continue;
    }
    if (auto done = take(query, sort, offset, pair); !done) return done.error();
    if (!seen.insert(pair.first).second) return invalid(pair.first + " is given twice", pair.first, "give one");
  }
  auto request = parse_filter_request(filter, "sort, limit, cursor, offset");
  if (!request) return request.error();
  query.filter = std::move(*request);
  if (sort) {
    query.sort = *sort;
  } else if (const auto place = history::from_cursor(query.cursor)) {
    query.sort = place->sort;
  }
  query.cursor = history::moved_on(query.cursor, offset);
  return query;
}

Result<std::string> canonical_preset_query(std::string_view query) {
  const auto written = history::parse_filter(query);
  if (!written) return written.error();
  std::string canonical = history::to_query_string(*written);
  if (canonical.size() > kMaxPresetBytes) {
    return Error{ErrorCode::too_large, "the preset's filter is too long", "query", "4 KiB at most, percent-encoded"};
  }
  return canonical;
}

}  // namespace comfytrace::api
