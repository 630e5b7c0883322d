#include "history/filter_grammar.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/codec.h"
#include "base/text.h"
#include "history/filter_values.h"
#include "history/run_regex.h"
#include "net/http.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::size_t kMaxListItems = 200;

using Number = std::optional<std::int64_t> RunFilter::*;

enum class Kind { from, to, status, exit_reason, list, number, text, archived };

struct Key {
  FilterKey shown;
  Kind kind;
  std::vector<std::string> RunFilter::*list = nullptr;
  Number number = nullptr;
  Result<std::int64_t> (*parse)(std::string_view) = nullptr;  // of `number`
  std::optional<std::string> RunFilter::*text = nullptr;
};

Key list_key(FilterKey shown, std::vector<std::string> RunFilter::*list) {
  return {shown, Kind::list, list, nullptr, nullptr, nullptr};
}
Key number_key(FilterKey shown, Number number, Result<std::int64_t> (*parse)(std::string_view)) {
  return {shown, Kind::number, nullptr, number, parse, nullptr};
}
Key text_key(FilterKey shown, std::optional<std::string> RunFilter::*text) {
  return {shown, Kind::text, nullptr, nullptr, nullptr, text};
}
Key key_of(FilterKey shown, Kind kind) {
  return {shown, kind, nullptr, nullptr, nullptr, nullptr};
}

// In the order in which a filter is written.
const std::array<Key, 19>& keys() {
  using F = RunFilter;
  static const std::array<Key, 19> all{
      key_of({"from", "from", "Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h, now or epoch ms"},
             Kind::from),
      key_of({"to", "to", "Queued before"}, Kind::to),
      key_of({"status", "status",
              "queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated"},
             Kind::status),
      key_of({"exitReason", "exit-reason", "Why it ended: outOfMemory, executionError, …; comma-separated"},
             Kind::exit_reason),
      list_key({"worker", "worker", "Worker id or name; comma-separated"}, &F::worker_ids),
      list_key({"gpu", "gpu", "Device name; comma-separated"}, &F::gpus),
      list_key({"workflow", "workflow", "Workflow name or fingerprint; comma-separated"}, &F::workflows),
      list_key({"model", "model", "Checkpoint's file name; comma-separated"}, &F::models),
      number_key({"durationMinMs", "duration-min", "Took at least: 90s, 2m, 1.5h or ms"}, &F::duration_min_ms,
                 parse_duration_ms),
      number_key({"durationMaxMs", "duration-max", "Took at most"}, &F::duration_max_ms, parse_duration_ms),
      number_key({"attemptsMin", "attempts-min", "At least so many attempts"}, &F::attempts_min, parse_count),
      number_key({"attemptsMax", "attempts-max", "At most so many attempts"}, &F::attempts_max, parse_count),
      number_key({"vramPeakMinBytes", "vram-peak-min", "VRAM peak at least: 8GiB, 500MB or bytes"},
                 &F::vram_peak_min_bytes, parse_bytes),
      number_key({"vramPeakMaxBytes", "vram-peak-max", "VRAM peak at most"}, &F::vram_peak_max_bytes, parse_bytes),
      list_key({"tag", "tag", "Any of these tags; comma-separated"}, &F::tags),
      text_key({"story", "story", "Story id or title"}, &F::story),
      text_key({"text", "text", "Words in title, prompts, error, notes or tags"}, &F::text),
      text_key({"regex", "regex", "Regular expression (RE2, any case) in title, error, prompts or notes"}, &F::regex),
      key_of({"archived", "archived", "true or false"}, Kind::archived)};
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found = std::ranges::find(keys(), name, [](const Key& key) { return key.shown.name; });
  return found == keys().end() ? nullptr : &*found;
}

struct Range {
  std::string_view min_name;
  std::string_view max_name;
  Number min;
  Number max;
};
constexpr std::array kRanges{
    Range{"durationMinMs", "durationMaxMs", &RunFilter::duration_min_ms, &RunFilter::duration_max_ms},
    Range{"attemptsMin", "attemptsMax", &RunFilter::attempts_min, &RunFilter::attempts_max},
    Range{"vramPeakMinBytes", "vramPeakMaxBytes", &RunFilter::vram_peak_min_bytes, &RunFilter::vram_peak_max_bytes}};

Error invalid(std::string message, std::string_view field, std::string mend) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field), std::move(mend)};
}

Error from_after_to() {
  return invalid("from is later than to", "from", "exchange them");
}

// "a,b\,c,d\e" -> a | b,c | d\e: before a comma or a backslash a backslash takes it literally, elsewhere it is one.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == ',') {
      if (!item.empty()) items.push_back(std::move(item));
      item.clear();
    } else {
      const bool escapes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\');
      item += text[escapes ? ++i : i];
    }
  }
  return items;
}

std::string escaped(std::string_view item) {
  std::string text;
  for (std::size_t i = 0; i < item.size(); ++i) {
    const char next = i + 1 < item.size() ? item[i + 1] : ',';
    if (item[i] == ',' || (item[i] == '\\' && (next == ',' || next == '\\'))) text += '\\';
    text += item[i];
  }
  return text;
}

template <class T>
std::vector<T> sorted(std::vector<T> items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
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
  return sorted(std::move(words));
}

Result<void> take_list(RunFilter& filter, const Key& key, std::string_view value) {
  const std::string_view name = key.shown.name;
  auto items = split_list(value);
  if (items.empty()) return invalid(std::string(name) + " is empty", name, "leave it out to take all");
  std::size_t bytes = 0;
  for (const auto& item : items) bytes += item.size() + 1;
  if (items.size() > kMaxListItems || bytes > kMaxValueBytes) {
    return invalid(std::string(name) + " lists too much", name, "200 at most, 4 KiB together");
  }
  if (key.kind == Kind::status) {
    auto words = parse_words<model::Status>(name, items);
    if (!words) return words.error();
    filter.statuses = std::move(*words);
  } else if (key.kind == Kind::exit_reason) {
    auto words = parse_words<model::ExitReason>(name, items);
    if (!words) return words.error();
    filter.exit_reasons = std::move(*words);
  } else {
    filter.*key.list = sorted(std::move(items));
  }
  return {};
}

Result<void> take_time(WrittenFilter& written, const Key& key, std::string_view value) {
  auto time = parse_time(value);
  if (!time) return invalid(time.error().message, key.shown.name, time.error().mend);
  const bool is_from = key.kind == Kind::from;
  (is_from ? written.filter.from_ms : written.filter.to_ms) = time->at_ms;
  (is_from ? written.from_ago_ms : written.to_ago_ms) = time->ago_ms;
  return {};
}

Result<void> take_text(RunFilter& filter, const Key& key, const std::string& value) {
  const std::string_view name = key.shown.name;
  if (value.size() > kMaxValueBytes) return invalid(std::string(name) + " is too long", name, "4 KiB at most");
  if (value.find_first_not_of(' ') == std::string::npos) {
    return invalid(std::string(name) + " is empty", name, "leave it out to take all");
  }
  if (key.text == &RunFilter::regex) {
    if (auto compiled = RunRegex::compile(value); !compiled) return compiled.error();
  }
  filter.*key.text = value;
  return {};
}

Result<void> take(WrittenFilter& written, const Key& key, const std::string& value) {
  switch (key.kind) {
    case Kind::from:
    case Kind::to:
      return take_time(written, key, value);
    case Kind::status:
    case Kind::exit_reason:
    case Kind::list:
      return take_list(written.filter, key, value);
    case Kind::text:
      return take_text(written.filter, key, value);
    case Kind::number: {
      auto number = key.parse(value);
      if (!number) return invalid(number.error().message, key.shown.name, number.error().mend);
      written.filter.*key.number = *number;
      return {};
    }
    case Kind::archived:
      if (value != "true" && value != "false") {
        return invalid("archived is neither true nor false", key.shown.name, "true or false");
      }
      written.filter.archived = value == "true";
  }
  return {};
}

// What a relative and an absolute time together mean depends on now: see at().
Result<void> check_ranges(const WrittenFilter& written) {
  const RunFilter& filter = written.filter;
  const bool reversed = (filter.from_ms && filter.to_ms && *filter.from_ms > *filter.to_ms) ||
                        (written.from_ago_ms && written.to_ago_ms && *written.from_ago_ms < *written.to_ago_ms);
  if (reversed) return from_after_to();
  for (const Range& range : kRanges) {
    if (!(filter.*range.min) || !(filter.*range.max) || *(filter.*range.min) <= *(filter.*range.max)) continue;
    return invalid(std::string(range.min_name) + " is more than " + std::string(range.max_name), range.min_name,
                   "exchange them");
  }
  return {};
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + escaped(item);
  return text;
}

template <class E>
std::string joined_words(const std::vector<E>& words) {
  std::string text;
  for (const E word : words) text += (text.empty() ? "" : ",") + std::string(base::enum_name(word));
  return text;
}

std::string written_time(const std::optional<std::int64_t>& at_ms, const std::optional<std::int64_t>& ago_ms) {
  if (at_ms) return std::to_string(*at_ms);
  return ago_ms ? to_text_ago(*ago_ms) : "";
}

// Empty: not restricted by this key.
std::string value_of(const WrittenFilter& written, const Key& key) {
  const RunFilter& filter = written.filter;
  switch (key.kind) {
    case Kind::from:
      return written_time(filter.from_ms, written.from_ago_ms);
    case Kind::to:
      return written_time(filter.to_ms, written.to_ago_ms);
    case Kind::status:
      return joined_words(sorted(filter.statuses));
    case Kind::exit_reason:
      return joined_words(sorted(filter.exit_reasons));
    case Kind::list:
      return joined(sorted(filter.*key.list));
    case Kind::number:
      return filter.*key.number ? std::to_string(*(filter.*key.number)) : "";
    case Kind::text:
      return (filter.*key.text).value_or("");
    case Kind::archived:
      return filter.archived ? (*filter.archived ? "true" : "false") : "";
  }
  return "";
}

// Commas stay readable: they mean the same encoded or not.
std::string encoded(const std::string& value) {
  std::string text;
  std::string_view rest = value;
  while (true) {
    const auto comma = rest.find(',');
    text += net::percent_encode(rest.substr(0, comma));
    if (comma == std::string_view::npos) return text;
    text += ',';
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<RunFilter> WrittenFilter::at(std::int64_t now_ms) const {
  RunFilter now = filter;
  if (from_ago_ms) now.from_ms = WrittenTime{{}, from_ago_ms}.from(now_ms);
  if (to_ago_ms) now.to_ms = WrittenTime{{}, to_ago_ms}.from(now_ms);
  if (now.from_ms && now.to_ms && *now.from_ms > *now.to_ms) return from_after_to();
  return now;
}

Result<WrittenFilter> parse_filter(std::span<const KeyValue> pairs) {
  WrittenFilter written;
  std::set<std::string_view> seen;
  for (const auto& [name, value] : pairs) {
    const Key* key = find_key(name);
    if (!key) {
      std::string known;
      for (const Key& one : keys()) known += (known.empty() ? "" : ", ") + std::string(one.shown.name);
      const std::string bounded = base::bounded_text(base::to_valid_utf8(name), 100);
      return invalid("unknown parameter \"" + bounded + "\"", bounded, "one of: " + known);
    }
    // Escapes can double a list.
    if (value.size() > 2 * kMaxValueBytes) return invalid(name + " is too long", name, "4 KiB at most");
    if (!base::is_valid_utf8(value) || value.find('\0') != std::string::npos) {
      return invalid(name + " is not UTF-8 text", name, "percent-encode it as UTF-8");
    }
    if (!seen.insert(name).second) return invalid(name + " is given twice", name, "separate several values by commas");
    if (auto done = take(written, *key, value); !done) return done.error();
  }
  if (auto fits = check_ranges(written); !fits) return fits.error();
  return written;
}

Result<std::vector<KeyValue>> parse_query_string(std::string_view query_string) {
  if (query_string.starts_with('?')) query_string.remove_prefix(1);
  auto pairs = net::parse_query(query_string);
  if (!pairs) return invalid("the query is not percent-encoded text", "", "for example status=failed&text=red%20fox");
  return std::move(*pairs);
}

Result<WrittenFilter> parse_filter(std::string_view query_string) {
  auto pairs = parse_query_string(query_string);
  if (!pairs) return pairs.error();
  return parse_filter(std::span<const KeyValue>(*pairs));
}

std::vector<KeyValue> to_pairs(const WrittenFilter& filter) {
  std::vector<KeyValue> pairs;
  for (const Key& key : keys()) {
    std::string value = value_of(filter, key);
    if (!value.empty()) pairs.emplace_back(key.shown.name, std::move(value));
  }
  return pairs;
}

std::string to_query_string(const WrittenFilter& filter) {
  std::string query;
  for (const auto& [name, value] : to_pairs(filter)) query += (query.empty() ? "" : "&") + name + "=" + encoded(value);
  return query;
}

std::string to_query_string(const RunFilter& filter) {
  return to_query_string(WrittenFilter{filter, std::nullopt, std::nullopt});
}

std::span<const FilterKey> filter_keys() {
  static const std::vector<FilterKey> shown = [] {
    std::vector<FilterKey> all;
    for (const Key& key : keys()) all.push_back(key.shown);
    return all;
  }();
  return shown;
}

bool is_filter_key(std::string_view name) {
  return find_key(name) != nullptr;
}

void resolve_workers(RunFilter& filter, std::span<const model::Worker> workers) {
  std::vector<std::string> ids;
  for (const auto& wanted : filter.worker_ids) {
    const auto named = [&](const model::Worker& worker) { return worker.worker_id == wanted || worker.name == wanted; };
    const std::size_t before = ids.size();
    for (const auto& worker : workers) {
      if (named(worker)) ids.push_back(worker.worker_id);
    }
    if (ids.size() == before) ids.push_back(wanted);
  }
  filter.worker_ids = sorted(std::move(ids));
}

}  // namespace comfytrace::history
