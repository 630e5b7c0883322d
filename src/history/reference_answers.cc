#include "history/reference_answers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/enum_names.h"
#include "history/time_bucket.h"

namespace comfytrace::history {
namespace {

using model::Status;

Distribution distribution_of(std::vector<double> values) {
  Distribution of;
  of.n = static_cast<std::int64_t>(values.size());
  if (values.empty()) return of;
  std::ranges::sort(values);
  const auto percentile = [&](double p) {
    const double place = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  for (const double value : values) of.sum += value;
  const double mean = of.sum / static_cast<double>(values.size());
  of.min = values.front();
  of.max = values.back();
  of.mean = mean;
  of.median = percentile(0.5);
  of.p90 = percentile(0.9);
  of.p95 = percentile(0.95);
  of.p99 = percentile(0.99);
  if (values.size() < 2) return of;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  of.standard_deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return of;
}

void add(std::vector<double>& values, const std::optional<std::int64_t>& value) {
  if (value) values.push_back(static_cast<double>(*value));
}

struct Group {
  GroupStatistics told;
  std::vector<double> durations_ms;
  std::vector<double> queue_waits_ms;
  std::vector<double> vram_peaks_bytes;

  void count_end(Status status) {
    ++told.runs;
    told.runs_open += model::is_open(status);
    told.runs_succeeded += status == Status::success;
    told.runs_partial += status == Status::partial;
    told.runs_failed += status == Status::failed;
    told.runs_timed_out += status == Status::timeout;
    told.runs_cancelled += status == Status::cancelled || status == Status::skipped;
  }

  void add_run(const RunFacts& run) {
    count_end(run.status);
    told.scenes += run.scene_count;
    told.scenes_succeeded += run.scenes_succeeded;
    told.attempts += run.attempt_count;
    told.attempts_out_of_memory += run.attempts_out_of_memory;
    told.attempts_timed_out += run.attempts_timed_out;
    told.fallbacks += run.fallback_count;
    told.frames += run.frames.value_or(0);
    if (!model::is_open(run.status)) add(durations_ms, run.duration_ms);
    add(queue_waits_ms, run.queue_wait_ms);
    add(vram_peaks_bytes, run.vram_peak_bytes);
  }

  void add_class(const RunFacts& run, const NodeClassFacts& of_class) {
    count_end(run.status);
    told.executions += of_class.executions;
    add(durations_ms, of_class.duration_ms);
  }

  [[nodiscard]] GroupStatistics finish() && {
    const std::int64_t ended = told.runs_succeeded + told.runs_partial + told.runs_failed + told.runs_timed_out;
    if (ended > 0) told.success_rate = static_cast<double>(told.runs_succeeded) / static_cast<double>(ended);
    told.duration_ms = distribution_of(std::move(durations_ms));
    told.queue_wait_ms = distribution_of(std::move(queue_waits_ms));
    told.vram_peak_bytes = distribution_of(std::move(vram_peaks_bytes));
    return std::move(told);
  }
};

std::set<std::string> each_of(const std::vector<std::string>& texts) {
  if (texts.empty()) return {""};
  return {texts.begin(), texts.end()};
}

std::set<std::string> keys_of(const RunFacts& run, GroupBy group_by) {
  switch (group_by) {
    case GroupBy::workflow:
      return {run.workflow_name};
    case GroupBy::model:
      return each_of(run.models);
    case GroupBy::worker:
      return each_of(run.worker_ids);
    case GroupBy::gpu:
      return each_of(run.devices);
    case GroupBy::tag:
      return each_of(run.tags);
    case GroupBy::status:
      return {std::string(base::enum_name(run.status))};
    case GroupBy::exitReason:
      return {run.exit_reason ? std::string(base::enum_name(*run.exit_reason)) : ""};
    case GroupBy::comfyuiVersion:
      return {run.comfyui_version};
    case GroupBy::story:
      return {run.story_id.empty() ? run.story_title : run.story_id};
    default:
      return {};
  }
}

std::vector<GroupStatistics> time_groups(std::span<const RunFacts> runs, const StatisticsQuery& query) {
  std::map<std::int64_t, Group> groups;
  for (const RunFacts& run : runs)
    groups[bucket_start(query.group_by, run.created_at_ms, query.utc_offset_ms)].add_run(run);
  std::vector<GroupStatistics> told;
  for (auto& [from_ms, group] : groups) {
    group.told.from_ms = from_ms;
    group.told.key = iso_time(from_ms, query.utc_offset_ms);
    told.push_back(std::move(group).finish());
  }
  return told;
}

std::vector<GroupStatistics> named_groups(std::span<const RunFacts> runs, const StatisticsQuery& query) {
  std::map<std::string, Group> groups;
  for (const RunFacts& run : runs) {
    for (const std::string& key : keys_of(run, query.group_by)) groups[key].add_run(run);
    if (query.group_by != GroupBy::nodeClass) continue;
    for (const NodeClassFacts& of_class : run.node_classes) groups[of_class.class_type].add_class(run, of_class);
  }
  std::vector<GroupStatistics> told;
  for (auto& [key, group] : groups) {
    group.told.key = key;
    told.push_back(std::move(group).finish());
  }
  std::ranges::stable_sort(told, [](const GroupStatistics& a, const GroupStatistics& b) { return a.runs > b.runs; });
  return told;
}

}  // namespace

Statistics statistics_of(std::span<const RunFacts> matching, const StatisticsQuery& query) {
  Statistics statistics;
  Group total;
  for (const RunFacts& run : matching) total.add_run(run);
  statistics.total = std::move(total).finish();
  if (query.group_by == GroupBy::none) return statistics;
  const bool by_time = is_time(query.group_by);
  auto groups = by_time ? time_groups(matching, query) : named_groups(matching, query);
  const auto most = static_cast<std::size_t>(query.max_groups);
  if (groups.size() > most) {
    const auto too_many = static_cast<std::ptrdiff_t>(groups.size() - most);
    statistics.groups_left_out = too_many;
    if (by_time) {
      groups.erase(groups.begin(), groups.begin() + too_many);
    } else {
      groups.resize(most);
    }
  }
  statistics.groups = std::move(groups);
  return statistics;
}

std::vector<RunFacts> facts_among(std::span<const RunFacts> matching, const FactsQuery& query) {
  std::vector<RunFacts> found;
  for (const RunFacts& run : matching) {
    if (static_cast<std::int64_t>(found.size()) == query.limit) break;
    if (query.without_run_id == run.run_id) continue;
    if (!query.like || is_like(*query.like, run.key, query.level)) found.push_back(run);
  }
  return found;
}

std::vector<SceneSample> scenes_among(std::span<const RunFacts> all, const ScenesQuery& query) {
  std::vector<SceneSample> found;
  for (const RunFacts& run : all) {
    if (query.without_run_id == run.run_id || (query.before_ms && run.created_at_ms >= *query.before_ms)) continue;
    for (const SceneFacts& scene : run.scenes) {
      if (static_cast<std::int64_t>(found.size()) == query.limit) return found;
      if (!query.statuses.empty() && std::ranges::find(query.statuses, scene.status) == query.statuses.end()) continue;
      if (is_like(query.like, scene.key, query.level)) found.push_back({run.run_id, run.created_at_ms, scene});
    }
  }
  return found;
}

namespace {

base::Result<std::vector<RunFacts>> facts_of_all(const RunHistoryReader& reader, const RunFilter& filter) {
  std::vector<RunFacts> facts;
  auto read = reader.for_each(filter, [&](const model::Run& run) {
    facts.push_back(facts_of(run));
    return true;
  });
  if (!read) return read.error();
  return facts;
}

}  // namespace

base::Result<Statistics> reference_answer(const RunHistoryReader& reader, const StatisticsQuery& query) {
  if (auto fits = check_query(query); !fits) return fits.error();
  const auto facts = facts_of_all(reader, query.filter);
  if (!facts) return facts.error();
  return statistics_of(*facts, query);
}

base::Result<std::vector<RunFacts>> reference_answer(const RunHistoryReader& reader, const FactsQuery& query) {
  if (auto fits = check_query(query); !fits) return fits.error();
  const auto facts = facts_of_all(reader, query.filter);
  if (!facts) return facts.error();
  return facts_among(*facts, query);
}

base::Result<std::vector<SceneSample>> reference_answer(const RunHistoryReader& reader, const ScenesQuery& query) {
  if (auto fits = check_query(query); !fits) return fits.error();
  const auto facts = facts_of_all(reader, {});
  if (!facts) return facts.error();
  return scenes_among(*facts, query);
}

}  // namespace comfytrace::history
