#include "facts_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "base/enum_names.h"

namespace comfytrace::bench {

using namespace comfytrace::history;

namespace {

struct Values {
  std::vector<double> all;
};

void distribution_step(sqlite3_context* context, int, sqlite3_value** values) {
  auto** held = static_cast<Values**>(sqlite3_aggregate_context(context, sizeof(void*)));
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  if (*held == nullptr) *held = new Values();
  (*held)->all.push_back(sqlite3_value_double(values[0]));
}

double at_place(const std::vector<double>& ascending, double p) {
  const double place = p * static_cast<double>(ascending.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(place));
  const double next = ascending[std::min(low + 1, ascending.size() - 1)];
  return ascending[low] + (place - std::floor(place)) * (next - ascending[low]);
}

void distribution_final(sqlite3_context* context) {
  auto** held = static_cast<Values**>(sqlite3_aggregate_context(context, sizeof(void*)));
  Distribution told;
  if (held != nullptr && *held != nullptr) {
    std::vector<double>& all = (*held)->all;
    std::ranges::sort(all);
    long double sum = 0;
    for (const double value : all) sum += value;
    const long double mean = sum / static_cast<long double>(all.size());
    long double squares = 0;
    for (const double value : all) squares += (value - mean) * (value - mean);
    told = {.n = std::ssize(all),
            .min = all.front(),
            .mean = static_cast<double>(mean),
            .median = at_place(all, 0.5),
            .p90 = at_place(all, 0.9),
            .p95 = at_place(all, 0.95),
            .p99 = at_place(all, 0.99),
            .max = all.back(),
            .standard_deviation = std::nullopt,
            .sum = static_cast<double>(sum)};
    if (all.size() > 1)
      told.standard_deviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(all.size() - 1)));
    delete *held;
  }
  static_assert(std::is_trivially_copyable_v<Distribution>);
  sqlite3_result_blob(context, &told, sizeof told, SQLITE_TRANSIENT);
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string any_of(const std::string& column, const std::vector<std::string>& values) {
  std::vector<std::string> all;
  for (const std::string& value : values) all.push_back(quoted(value));
  return fmt::format("{} IN ({})", column, fmt::join(all, ", "));
}

template <class E>
std::string any_word(const std::string& column, const std::vector<E>& values) {
  std::vector<std::string> words;
  for (const E value : values) words.emplace_back(base::enum_name(value));
  return any_of(column, words);
}

std::string in_list(const char* kind, const std::string& holds) {
  return fmt::format("EXISTS (SELECT 1 FROM lists AS l WHERE l.row = r.row AND l.kind = '{}' AND {})", kind, holds);
}

}  // namespace

void add_distribution(SQLite::Database& database) {
  database.createFunction("distribution", 1, true, nullptr, nullptr, distribution_step, distribution_final, nullptr);
}

std::string condition(const RunFilter& filter) {
  std::vector<std::string> all{"1"};
  const auto bound = [&](const char* column, const char* how, const std::optional<std::int64_t>& value) {
    if (value) all.push_back(fmt::format("r.{} {} {}", column, how, *value));
  };
  bound("created_at_ms", ">=", filter.from_ms);
  bound("created_at_ms", "<", filter.to_ms);
  bound("duration_ms", ">=", filter.duration_min_ms);
  bound("duration_ms", "<=", filter.duration_max_ms);
  bound("attempt_count", ">=", filter.attempts_min);
  bound("attempt_count", "<=", filter.attempts_max);
  bound("vram_peak_bytes", ">=", filter.vram_peak_min_bytes);
  bound("vram_peak_bytes", "<=", filter.vram_peak_max_bytes);
  if (filter.archived) bound("archived", "=", std::int64_t{*filter.archived});
  if (!filter.statuses.empty()) all.push_back(any_word("r.status", filter.statuses));
  if (!filter.exit_reasons.empty()) all.push_back(any_word("r.exit_reason", filter.exit_reasons));
  if (!filter.worker_ids.empty()) all.push_back(in_list("worker", any_of("l.value", filter.worker_ids)));
  if (!filter.gpus.empty()) all.push_back(in_list("gpu", any_of("l.value COLLATE NOCASE", filter.gpus)));
  if (!filter.models.empty()) all.push_back(in_list("model", any_of("l.value", filter.models)));
  if (!filter.tags.empty()) all.push_back(in_list("tag", any_of("l.value", filter.tags)));
  if (!filter.workflows.empty()) {
    all.push_back(fmt::format("({} OR EXISTS (SELECT 1 FROM scenes AS s WHERE s.row = r.row AND {}))",
                              any_of("r.workflow_name COLLATE NOCASE", filter.workflows),
                              any_of("s.structure", filter.workflows)));
  }
  if (filter.story) {
    all.push_back(fmt::format("(r.story_id = {0} OR r.story_title = {0} COLLATE NOCASE)", quoted(*filter.story)));
  }
  return fmt::format("{}", fmt::join(all, " AND "));
}

// is_like() in SQL, of the columns of `table`.
std::string like(const WorkKey& key, LikeLevel level, const std::string& table) {
  std::vector<std::string> all;
  const auto text = [&](const char* column, const std::string& value) {
    all.push_back(value.empty() ? "0" : fmt::format("{}.{} = {}", table, column, quoted(value)));
  };
  text("structure", key.structure);
  all.push_back(key.work_size ? fmt::format("{}.work_size = {}", table, *key.work_size) : "0");
  all.push_back(fmt::format("{}.key_scenes = {}", table, key.scene_count));
  if (level != LikeLevel::structure) text("models_digest", key.models);
  if (level != LikeLevel::structure && level != LikeLevel::models) text("device", key.device);
  if (level == LikeLevel::executed) text("executed", key.executed);
  if (level == LikeLevel::warmth)
    all.push_back(key.is_cold ? fmt::format("{}.is_cold = {}", table, int{*key.is_cold}) : "0");
  return fmt::format("{}", fmt::join(all, " AND "));
}

Grouping grouping_of(GroupBy by, std::int64_t utc_offset_ms) {
  const auto of_list = [](const char* kind) {
    return Grouping{"coalesce(l.value, '')",
                    fmt::format(" LEFT JOIN lists AS l ON l.row = r.row AND l.kind = '{}' AND NOT l.again", kind)};
  };
  const auto of_time = [&](std::int64_t length_ms, std::int64_t from_ms) {
    return Grouping{
        fmt::format("(r.created_at_ms + {0} - {2}) / {1} * {1} + {2} - {0}", utc_offset_ms, length_ms, from_ms), ""};
  };
  constexpr std::int64_t kDay = 86'400'000;
  switch (by) {
    case GroupBy::none:
      return {"''", ""};
    case GroupBy::workflow:
      return {"r.workflow_name", ""};
    case GroupBy::status:
      return {"r.status", ""};
    case GroupBy::exitReason:
      return {"coalesce(r.exit_reason, '')", ""};
    case GroupBy::comfyuiVersion:
      return {"r.comfyui_version", ""};
    case GroupBy::story:
      return {"CASE r.story_id WHEN '' THEN r.story_title ELSE r.story_id END", ""};
    case GroupBy::model:
      return of_list("model");
    case GroupBy::worker:
      return of_list("worker");
    case GroupBy::gpu:
      return of_list("gpu");
    case GroupBy::tag:
      return of_list("tag");
    case GroupBy::hour:
      return of_time(3'600'000, 0);
    case GroupBy::day:
      return of_time(kDay, 0);
    case GroupBy::week:  // the epoch's first Monday was its fifth day
      return of_time(7 * kDay, 4 * kDay);
    case GroupBy::month:
      return {fmt::format("CAST(strftime('%s', (r.created_at_ms + {0}) / 1000, 'unixepoch', 'start of month') AS "
                          "INTEGER) * 1000 - {0}",
                          utc_offset_ms),
              ""};
    case GroupBy::nodeClass:
      return {"c.class_type", " CROSS JOIN classes AS c ON c.row = r.row"};
  }
  return {};
}

std::string measures_of(GroupBy by) {
  if (by == GroupBy::nodeClass) {
    return "0, 0, 0, 0, 0, 0, 0, sum(c.executions), distribution(c.duration_ms), distribution(NULL), "
           "distribution(NULL)";
  }
  return "sum(scene_count), sum(scenes_succeeded), sum(attempt_count), sum(attempts_out_of_memory), "
         "sum(attempts_timed_out), sum(fallback_count), sum(frames), 0, "
         "distribution(CASE WHEN status IN ('queued', 'executing') THEN NULL ELSE r.duration_ms END), "
         "distribution(queue_wait_ms), distribution(vram_peak_bytes)";
}

Order order_of(RunSort sort) {
  switch (sort) {
    case RunSort::newest:
      return {"created_at_ms", true};
    case RunSort::oldest:
      return {"created_at_ms", false};
    case RunSort::longest:
      return {"duration_ms", true};
    case RunSort::shortest:
      return {"duration_ms", false};
    case RunSort::vram:
      return {"vram_peak_bytes", true};
  }
  return {};
}

}  // namespace comfytrace::bench
