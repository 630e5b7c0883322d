#include "api/prune_request.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "history/filter_values.h"
#include "history/run_rules.h"

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

Error invalid(std::string message, std::string_view key, std::string mend) {
  return Error{ErrorCode::invalid, std::move(message), "$." + std::string(key), std::move(mend)};
}

// A number, or a text with a unit.
Result<std::int64_t> quantity(std::string_view key, const base::json::value& value,
                              Result<std::int64_t> (*parse)(std::string_view)) {
  if (value.is_string()) {
    auto number = parse(value.get_string());
    if (!number) return invalid(number.error().message, key, number.error().mend);
    return *number;
  }
  const auto number = base::as_integer(value);
  if (!number || *number < 0) return invalid("expected a whole number, 0 or more", key, "");
  return *number;
}

Result<void> take(PruneRequest& request, std::string_view key, const base::json::value& value) {
  using history::parse_bytes;
  using history::parse_count;
  using history::parse_duration_ms;
  if (key == "olderThanMs" || key == "keep" || key == "maxBytes") {
    auto number = quantity(key, value,
                           key == "olderThanMs" ? parse_duration_ms
                           : key == "keep"      ? parse_count
                                                : parse_bytes);
    if (!number) return number.error();
    (key == "olderThanMs" ? request.older_than_ms : key == "keep" ? request.keep : request.max_bytes) = *number;
    return {};
  }
  if (key == "dryRun") {
    if (!value.is_bool()) return invalid("expected true or false", key, "");
    request.dry_run = value.get_bool();
    return {};
  }
  if (key != "filter") {
    const std::string name = base::bounded_text(key, 100);
    return invalid("unknown key \"" + name + "\"", name, "one of: olderThanMs, keep, maxBytes, filter, dryRun");
  }
  if (!value.is_string()) return invalid("expected a filter's query string", key, "for example \"status=failed\"");
  const auto pairs = history::parse_query_string(value.get_string());
  if (!pairs) return invalid(pairs.error().message, key, pairs.error().mend);
  auto filter = parse_filter_request(*pairs);
  if (!filter) return invalid(filter.error().field + ": " + filter.error().message, key, filter.error().mend);
  request.filter = std::move(*filter);
  return {};
}

}  // namespace

history::PruneRule PruneRequest::rule(history::RunFilter resolved, std::int64_t now_ms) const {
  history::PruneRule rule;
  rule.filter = std::move(resolved);
  if (older_than_ms) rule.older_than_ms = std::max<std::int64_t>(now_ms - *older_than_ms, 0);
  rule.keep_newest = keep;
  rule.max_bytes = max_bytes;
  rule.dry_run = dry_run;
  return rule;
}

std::string PruneRequest::to_json() const {
  base::json::object body;
  if (older_than_ms) body["olderThanMs"] = *older_than_ms;
  if (keep) body["keep"] = *keep;
  if (max_bytes) body["maxBytes"] = *max_bytes;
  if (!filter.empty()) body["filter"] = filter.to_query_string();
  body["dryRun"] = dry_run;
  return base::to_json(body);
}

Result<PruneRequest> parse_prune_request(std::string_view body) {
  const auto parsed = base::parse_json(body, base::JsonLimits{.max_bytes = 64u << 10, .max_depth = 4});
  if (!parsed) return Error{parsed.error().code, "the body is not JSON: " + parsed.error().message, "$"};
  if (!parsed->is_object()) {
    return Error{ErrorCode::invalid, "the body is not an object", "$", R"(for example {"olderThanMs":"30d"})"};
  }
  PruneRequest request;
  for (const auto& [key, value] : parsed->get_object()) {
    if (auto done = take(request, key, value); !done) return done.error();
  }
  if (auto fits = history::check_rule(request.rule({}, 0)); !fits) {
    return Error{fits.error().code, fits.error().message, "$", fits.error().mend};
  }
  return request;
}

std::string prune_request_schema(base::SchemaBook& book) {
  const std::string quantity = R"({"type":["integer","string"]})";
  return book.define("PruneRequest", R"({"type":"object","properties":{"olderThanMs":)" + quantity + R"(,"keep":)" +
                                         quantity + R"(,"maxBytes":)" + quantity +
                                         R"(,"filter":{"type":"string"},"dryRun":{"type":"boolean"}},)"
                                         R"("additionalProperties":false})");
}

}  // namespace comfytrace::api
