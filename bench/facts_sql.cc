#include "facts_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/enum_names.h"

namespace comfytrace::bench {

using namespace comfytrace::history;

namespace {

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
  return fmt::format("r.{} IN (SELECT l.list FROM lists AS l WHERE {})", kind, holds);
}

}  // namespace

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
  if (!filter.worker_ids.empty()) all.push_back(in_list("workers", any_of("l.value", filter.worker_ids)));
  if (!filter.gpus.empty()) all.push_back(in_list("gpus", any_of("l.value COLLATE NOCASE", filter.gpus)));
  if (!filter.models.empty()) all.push_back(in_list("models", any_of("l.value", filter.models)));
  if (!filter.tags.empty()) all.push_back(in_list("tags", any_of("l.value", filter.tags)));
  if (!filter.workflows.empty()) {
    all.push_back(fmt::format("({} OR r.row IN (SELECT s.row FROM works AS w JOIN scenes AS s USING (work) WHERE {}))",
                              any_of("r.workflow_name COLLATE NOCASE", filter.workflows),
                              any_of("w.structure", filter.workflows)));
  }
  if (filter.story) {
    all.push_back(fmt::format("(r.story_id = {0} OR r.story_title = {0} COLLATE NOCASE)", quoted(*filter.story)));
  }
  return fmt::format("{}", fmt::join(all, " AND "));
}

std::string like(const WorkKey& key, LikeLevel level) {
  std::vector<std::string> all;
  const auto text = [&](const char* column, const std::string& value) {
    all.push_back(value.empty() ? "0" : fmt::format("w.{} = {}", column, quoted(value)));
  };
  text("structure", key.structure);
  all.push_back(key.work_size ? fmt::format("w.work_size = {}", *key.work_size) : "0");
  all.push_back(fmt::format("w.key_scenes = {}", key.scene_count));
  if (level != LikeLevel::structure) text("models_digest", key.models);
  if (level != LikeLevel::structure && level != LikeLevel::models) text("device", key.device);
  if (level == LikeLevel::executed) text("executed", key.executed);
  if (level == LikeLevel::warmth) all.push_back(key.is_cold ? fmt::format("w.is_cold = {}", int{*key.is_cold}) : "0");
  return fmt::format("(SELECT w.work FROM works AS w WHERE {})", fmt::join(all, " AND "));
}

Grouping grouping_of(GroupBy by, std::int64_t utc_offset_ms) {
  const auto of_list = [](const char* kind) {
    return Grouping{"coalesce(l.value, '')",
                    fmt::format(" LEFT JOIN lists AS l ON l.list = r.{} AND NOT l.again", kind)};
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
      return of_list("models");
    case GroupBy::worker:
      return of_list("workers");
    case GroupBy::gpu:
      return of_list("gpus");
    case GroupBy::tag:
      return of_list("tags");
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
      return {"c.class_type, c.executions, c.duration_ms", " CROSS JOIN classes AS c ON c.row = r.row"};
  }
  return {};
}

std::string measures() {
  return "1, status IN ('queued', 'executing'), status = 'success', status = 'partial', status = 'failed', "
         "status = 'timeout', status IN ('cancelled', 'skipped'), scene_count, scenes_succeeded, attempt_count, "
         "attempts_out_of_memory, attempts_timed_out, fallback_count, coalesce(frames, 0), "
         "CASE WHEN status IN ('queued', 'executing') THEN NULL ELSE duration_ms END, queue_wait_ms, vram_peak_bytes";
}

}  // namespace comfytrace::bench
