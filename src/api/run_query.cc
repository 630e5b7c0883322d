#include "api/run_query.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>

#include "base/codec.h"
#include "base/text.h"

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::size_t kMaxListItems = 200;
constexpr std::int64_t kLastMs = 253'402'300'799'999;  // the end of the year 9999
constexpr std::string_view kTimeMend =
    "epoch milliseconds, 2026-11-22, 2026-11-22T10:00:00Z, or back from now: -7d, -12h, -30m";
constexpr std::string_view kKnownKeys =
    "from, to, status, exitReason, worker, workflow, model, tag, story, text, archived, limit, cursor";

Error invalid(std::string message, std::string_view field, std::string mend) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field), std::move(mend)};
}

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Reads fixed-width parts of a time off the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  [[nodiscard]] std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  [[nodiscard]] bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// Milliseconds of ".25"; further digits are read and left out.
std::optional<int> fraction(Cursor& cursor) {
  int milliseconds = 0;
  int count = 0;
  while (const auto digit = cursor.digits(1)) {
    if (count++ < 3) milliseconds = milliseconds * 10 + *digit;
  }
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count) milliseconds *= 10;
  return milliseconds;
}

std::optional<std::int64_t> clock_of_day(Cursor& cursor) {
  const auto hour = cursor.digits(2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t ms = (*hour * 60 + *minute) * 60'000;
  if (cursor.take(':')) {
    const auto second = cursor.digits(2);
    if (!second || *second > 60) return std::nullopt;
    ms += *second * 1000;
    if (cursor.take('.')) {
      const auto rest = fraction(cursor);
      if (!rest) return std::nullopt;
      ms += *rest;
    }
  }
  if (cursor.take('Z') || cursor.take('z')) return ms;
  const bool east = cursor.take('+') || cursor.take(' ');  // a "+" that was not encoded arrives as a space
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hours = cursor.digits(2);
  if (!hours || *hours > 23 || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset_ms = (*hours * 60 + *minutes) * 60'000;
  return east ? ms - offset_ms : ms + offset_ms;
}

std::optional<std::int64_t> calendar_time(std::string_view text) {
  Cursor cursor(text);
  const auto year = cursor.digits(4);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.digits(2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000};
  if (cursor.take('T') || cursor.take('t')) {
    const auto of_day = clock_of_day(cursor);
    if (!of_day) return std::nullopt;
    ms += *of_day;
  }
  if (!cursor.done()) return std::nullopt;
  return ms;
}

std::optional<std::int64_t> relative_time(std::string_view text, std::int64_t now_ms) {
  if (text.size() < 3 || text.front() != '-') return std::nullopt;
  std::int64_t unit_ms = 0;
  switch (text.back()) {
    case 'm':
      unit_ms = 60'000;
      break;
    case 'h':
      unit_ms = 3'600'000;
      break;
    case 'd':
      unit_ms = 86'400'000;
      break;
    case 'w':
      unit_ms = 7 * std::int64_t{86'400'000};
      break;
    default:
      return std::nullopt;
  }
  const auto count = as_number(text.substr(1, text.size() - 2));
  if (!count || *count < 0 || *count > 1'000'000) return std::nullopt;
  return std::max<std::int64_t>(0, now_ms - *count * unit_ms);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const auto comma = text.find(',');
    const auto item = text.substr(0, comma);
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

template <base::DescribedEnum E>
Result<std::vector<E>> parse_words(std::string_view field, const std::vector<std::string>& items) {
  std::vector<E> words;
  for (const auto& item : items) {
    const auto word = base::enum_from_name<E>(item);
    if (!word) {
      return invalid("unknown " + std::string(field) + " \"" + base::bounded_text(item, 100) + "\"", field,
                     "one of: " + base::enum_names<E>());
    }
    words.push_back(*word);
  }
  return words;
}

Result<void> take_words(RunQuery& query, std::string_view key, const std::vector<std::string>& items) {
  if (key == "status") {
    auto words = parse_words<model::Status>(key, items);
    if (!words) return words.error();
    query.filter.statuses = std::move(*words);
  } else {
    auto words = parse_words<model::ExitReason>(key, items);
    if (!words) return words.error();
    query.filter.exit_reasons = std::move(*words);
  }
  return {};
}

Result<void> take_list(RunQuery& query, std::string_view key, std::string_view value) {
  auto items = split_list(value);
  if (items.empty()) return invalid(std::string(key) + " is empty", key, "leave it out to take all");
  if (items.size() > kMaxListItems) return invalid(std::string(key) + " lists too much", key, "200 at most");
  if (key == "status" || key == "exitReason") return take_words(query, key, items);
  if (key == "worker") {
    query.workers = std::move(items);
  } else if (key == "workflow") {
    query.filter.workflows = std::move(items);
  } else if (key == "model") {
    query.filter.models = std::move(items);
  } else {
    query.filter.tags = std::move(items);
  }
  return {};
}

bool is_list(std::string_view key) {
  constexpr std::string_view kLists[] = {"status", "exitReason", "worker", "workflow", "model", "tag"};
  return std::find(std::begin(kLists), std::end(kLists), key) != std::end(kLists);
}

Result<void> take(RunQuery& query, std::string_view key, const std::string& value, std::int64_t now_ms) {
  if (key == "cursor") {
    query.cursor = value;
    return {};
  }
  if (is_list(key)) return take_list(query, key, value);
  if (key == "from" || key == "to") {
    auto time = parse_time(value, now_ms);
    if (!time) return invalid(time.error().message, key, time.error().mend);
    (key == "from" ? query.filter.from_ms : query.filter.to_ms) = *time;
  } else if (key == "limit") {
    const auto limit = as_number(value);
    if (!limit || *limit < 1 || *limit > 1000) {
      return invalid("limit \"" + base::bounded_text(value, 40) + "\" is not a number of runs", key, "1 to 1000");
    }
    query.limit = *limit;
  } else if (key == "archived") {
    if (value != "true" && value != "false") {
      return invalid("archived is neither true nor false", key, "true or false");
    }
    query.filter.archived = value == "true";
  } else if (key == "text" || key == "story") {
    if (value.find_first_not_of(' ') == std::string::npos) {
      return invalid(std::string(key) + " is empty", key, "leave it out to take all");
    }
    (key == "text" ? query.filter.text : query.filter.story) = value;
  } else {
    return invalid("unknown parameter \"" + base::bounded_text(key, 100) + "\"", base::bounded_text(key, 100),
                   "one of: " + std::string(kKnownKeys));
  }
  return {};
}

}  // namespace

Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_ms) {
  if (text == "now") return now_ms;
  auto time = relative_time(text, now_ms);
  if (!time) time = calendar_time(text);
  if (!time) time = as_number(text);
  if (!time || *time < 0 || *time > kLastMs) {
    return invalid("\"" + base::bounded_text(text, 60) + "\" is not a time", "", std::string(kTimeMend));
  }
  return *time;
}

Result<RunQuery> parse_run_query(std::span<const KeyValue> pairs, std::int64_t now_ms) {
  RunQuery query;
  std::set<std::string_view> seen;
  for (const auto& [key, value] : pairs) {
    if (value.size() > kMaxValueBytes) return invalid(base::bounded_text(key, 100) + " is too long", key, "");
    if (!base::is_valid_utf8(value)) return invalid(base::bounded_text(key, 100) + " is not UTF-8", key, "");
    if (auto done = take(query, key, value, now_ms); !done) return done.error();
    if (!seen.insert(key).second) return invalid(key + " is given twice", key, "separate several values by commas");
  }
  if (query.filter.from_ms && query.filter.to_ms && *query.filter.from_ms > *query.filter.to_ms) {
    return invalid("from is later than to", "from", "exchange them");
  }
  return query;
}

void resolve_workers(RunQuery& query, std::span<const model::Worker> workers) {
  auto& ids = query.filter.worker_ids;
  ids.clear();
  for (const auto& wanted : query.workers) {
    bool named = false;
    for (const auto& worker : workers) {
      if (worker.worker_id != wanted && worker.name != wanted) continue;
      if (std::find(ids.begin(), ids.end(), worker.worker_id) == ids.end()) ids.push_back(worker.worker_id);
      named = true;
    }
    if (!named) ids.push_back(wanted);
  }
}

}  // namespace comfytrace::api
