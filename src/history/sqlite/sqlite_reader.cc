#include "history/sqlite/sqlite_reader.h"

#include <algorithm>

#include "base/codec.h"
#include "history/run_rules.h"
#include "history/sqlite/filter_sql.h"
#include "history/sqlite/prune_walk.h"
#include "history/sqlite/sample_codec.h"

namespace comfytrace::history::sqlite {
namespace {

using base::Result;

// Runs that for_each reads in one transaction: while it hands them over nothing is locked.
constexpr std::int64_t kRunsAtOnce = 100;

bool holds(const model::Run& run, std::string_view worker_id, std::string_view prompt_id) {
  return std::ranges::any_of(run.scenes, [&](const auto& scene) {
    return std::ranges::any_of(scene.attempts, [&](const auto& attempt) {
      return attempt.worker_id == worker_id && attempt.prompt_id == prompt_id;
    });
  });
}

template <class T>
std::vector<T> documents(Query query) {
  std::vector<T> all;
  while (query.step()) {
    auto one = base::decode_json<T>(query.bytes(0));
    if (!one) throw Damaged{one.error().sentence()};
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace

std::int64_t used_bytes(Connection& connection) {
  return (connection.pragma("page_count") - connection.pragma("freelist_count")) * connection.pragma("page_size");
}

template <class Work>
auto SqliteReader::in_snapshot(Work&& work) const {
  return guarded(session_->connection.path(), [&] {
    Transaction snapshot(session_->connection, Transaction::Kind::read);
    return work();
  });
}

Result<std::optional<model::Run>> SqliteReader::get(std::string_view run_id) const {
  return in_snapshot([&]() -> std::optional<model::Run> {
    const auto rid = rid_of(*session_, run_id);
    if (!rid) return std::nullopt;
    auto stored = load_run(*session_, *rid);
    if (!stored) throw Damaged{"a run has lost its details"};
    return std::move(stored->run);
  });
}

Result<std::optional<std::string>> SqliteReader::run_of_prompt(std::string_view worker_id,
                                                               std::string_view prompt_id) const {
  return in_snapshot([&]() -> std::optional<std::string> {
    std::vector<std::int64_t> candidates;
    {
      Query query = session_->connection.query("SELECT rid FROM prompt_places WHERE hash = ? ORDER BY rid");
      query.bind(place_hash(worker_id, prompt_id));
      while (query.step()) candidates.push_back(query.integer(0));
    }
    for (const std::int64_t rid : candidates) {
      const auto stored = load_run(*session_, rid);
      if (stored && holds(stored->run, worker_id, prompt_id)) return stored->run.run_id;
    }
    return std::nullopt;
  });
}

Result<RunPage> SqliteReader::page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                   std::string_view cursor) const {
  if (auto fits = check_limit(limit); !fits) return fits.error();
  const auto start = page_start(cursor, sort);
  if (!start) return start.error();
  auto listed = guarded(session_->connection.path(), [&] { return columns_.page(filter, sort, limit, *start); });
  if (!listed) return listed.error();
  if (*listed) return std::move(**listed);
  return in_snapshot([&] {
    RunPage page;
    FilterSql sql(*session_, filter);
    std::int64_t last_rid = 0;
    std::int64_t skipped = 0;
    sql.each_row(kSummaryColumns, sort, start->after, start->skip + limit + 1, [&](Query& query) {
      if (skipped < start->skip) {
        ++skipped;
        return true;
      }
      if (static_cast<std::int64_t>(page.runs.size()) == limit) {
        page.next_cursor = to_cursor(place_of(sort, page.runs.back(), last_rid));
        return false;
      }
      page.runs.push_back(summary_at(*session_, query));
      last_rid = query.integer(kRidColumn);
      page.runs.back().device_names = device_names_at(*session_, last_rid);
      return true;
    });
    const std::string key = base::encode_json(filter);
    const auto version = session_->connection.data_version();
    if (!total_ || total_->filter != key || total_->version != version) total_ = Total{key, version, sql.count()};
    page.total = total_->runs;
    return page;
  });
}

Result<std::vector<model::Run>> SqliteReader::open_runs() const {
  std::vector<model::Run> runs;
  RunFilter open;
  open.statuses = {model::Status::queued, model::Status::executing};
  auto done = for_each(open, [&](const model::Run& run) {
    runs.push_back(run);
    return true;
  });
  if (!done) return done.error();
  return runs;
}

Result<std::vector<SampleSeries>> SqliteReader::samples(std::string_view run_id) const {
  return in_snapshot([&] {
    std::vector<SampleSeries> all;
    const auto rid = rid_of(*session_, run_id);
    if (!rid) return all;
    Query query =
        session_->connection.query("SELECT prompt_id, readings FROM samples WHERE rid = ? ORDER BY series_id");
    query.bind(*rid);
    while (query.step()) {
      auto readings = unpack_samples(query.bytes(1));
      if (!readings) throw Damaged{"the readings of run " + std::string(run_id) + " cannot be read"};
      all.push_back({std::string(run_id), query.id(0), std::move(*readings)});
    }
    return all;
  });
}

Result<std::vector<model::Worker>> SqliteReader::workers() const {
  return in_snapshot([&] {
    return documents<model::Worker>(session_->connection.query("SELECT worker FROM workers ORDER BY place"));
  });
}

Result<std::vector<FilterPreset>> SqliteReader::presets() const {
  return in_snapshot([&] {
    return documents<FilterPreset>(session_->connection.query("SELECT preset FROM filter_presets ORDER BY place"));
  });
}

Result<std::optional<FilterPreset>> SqliteReader::preset(std::string_view name) const {
  return in_snapshot([&] {
    Query query = session_->connection.query("SELECT preset FROM filter_presets WHERE name = ?");
    query.bind(name);
    auto found = documents<FilterPreset>(std::move(query));
    return found.empty() ? std::optional<FilterPreset>() : std::move(found.front());
  });
}

Result<std::vector<Recommendation>> SqliteReader::recommendations() const {
  return in_snapshot([&] {
    return documents<Recommendation>(
        session_->connection.query("SELECT recommendation FROM recommendations ORDER BY place"));
  });
}

Result<std::vector<Alert>> SqliteReader::alerts(const AlertQuery& asked) const {
  return in_snapshot([&] {
    std::string sql = "SELECT alert FROM alerts WHERE TRUE";
    if (asked.state == AlertState::open) sql += " AND json_extract(alert, '$.clearedAtMs') IS NULL";
    if (!asked.after_id.empty())
      sql += " AND (-raised_at_ms, id) > (SELECT -raised_at_ms, id FROM alerts WHERE id = ?)";
    Query query = session_->connection.query(sql + " ORDER BY raised_at_ms DESC, id LIMIT ?");
    if (!asked.after_id.empty()) query.bind(asked.after_id);
    query.bind(std::max<std::int64_t>(asked.limit, 0));
    return documents<Alert>(std::move(query));
  });
}

Result<void> SqliteReader::for_each(const RunFilter& filter, const std::function<bool(const model::Run&)>& each) const {
  // The regular expression is looked for in the runs as they are read, not in the whole history for every part of them.
  RunFilter by_rows = filter;
  by_rows.regex.reset();
  std::optional<RunRegex> regex;
  if (filter.regex) {
    auto compiled = RunRegex::compile(*filter.regex);
    if (!compiled) return compiled.error();
    regex = std::move(*compiled);
  }
  std::optional<Place> after;
  while (true) {
    auto runs = in_snapshot([&] { return some_runs(by_rows, after); });
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      if ((!regex || regex->finds(run)) && !each(run)) return {};
    }
    if (static_cast<std::int64_t>(runs->size()) < kRunsAtOnce) return {};
  }
}

Result<Statistics> SqliteReader::statistics(const StatisticsQuery& query) const {
  return guarded(session_->connection.path(), [&] { return columns_.statistics(query); });
}
Result<std::vector<RunFacts>> SqliteReader::facts(const FactsQuery& query) const {
  return guarded(session_->connection.path(), [&] { return columns_.facts(query); });
}
Result<BriefRuns> SqliteReader::brief_runs(const FactsQuery& query) const {
  auto found = guarded(session_->connection.path(), [&] { return columns_.brief_runs(query); });
  if (!found) return found.error();
  const auto numbers = std::make_shared<const std::vector<columns::RunNumber>>(std::move(found->numbers));
  found->told.run_ids = [this, numbers](std::span<const std::size_t> positions) {
    return guarded(session_->connection.path(), [&] { return columns_.run_ids(*numbers, positions); });
  };
  found->told.nodes = [this, numbers](std::span<const std::size_t> positions, NodeRecorder& to) {
    return guarded(session_->connection.path(), [&] { columns_.record_nodes(*numbers, positions, to); });
  };
  return std::move(found->told);
}
Result<std::vector<SceneSample>> SqliteReader::scene_samples(const ScenesQuery& query) const {
  return guarded(session_->connection.path(), [&] { return columns_.scene_samples(query); });
}
Result<BriefScenes> SqliteReader::brief_scenes(const ScenesQuery& query) const {
  return guarded(session_->connection.path(), [&] { return columns_.brief_scenes(query); });
}
LikeRuns SqliteReader::with_run_ids(columns::LikeRows rows) const {
  rows.told.run_ids = [this, numbers = std::move(rows.numbers)](std::size_t series,
                                                                std::span<const std::size_t> positions) {
    return guarded(session_->connection.path(), [&] { return columns_.run_ids(numbers[series], positions); });
  };
  return std::move(rows.told);
}
Result<LikeRuns> SqliteReader::like_runs(const LikeQuery& query) const {
  auto found = guarded(session_->connection.path(), [&] { return columns_.like_runs(query); });
  if (!found) return found.error();
  return with_run_ids(std::move(*found));
}
Result<std::vector<LikeScenes>> SqliteReader::like_scenes(const LikeQuery& query) const {
  return guarded(session_->connection.path(), [&] { return columns_.like_scenes(query); });
}
Result<LikeBoth> SqliteReader::like(const LikeQuery& runs, const LikeQuery& scenes) const {
  auto found = guarded(session_->connection.path(), [&] { return columns_.like(runs, scenes); });
  if (!found) return found.error();
  return LikeBoth{with_run_ids(std::move(found->runs)), std::move(found->scenes)};
}
// The next ones behind `after`, which moves on.
std::vector<model::Run> SqliteReader::some_runs(const RunFilter& filter, std::optional<Place>& after) const {
  std::vector<Place> places;
  FilterSql(*session_, filter)
      .each_row("r.created_at_ms, r.rid", RunSort::newest, after, kRunsAtOnce, [&](Query& query) {
        places.push_back({RunSort::newest, query.integer(0), query.integer(1)});
        return true;
      });
  std::vector<model::Run> runs;
  for (const Place& place : places) {
    auto stored = load_run(*session_, place.order);
    if (!stored) throw Damaged{"a run has lost its details"};
    runs.push_back(std::move(stored->run));
    after = place;
  }
  return runs;
}

Result<PruneReport> SqliteReader::foresee(const PruneRule& rule) const {
  return in_snapshot([&] { return sqlite::foresee(*session_, rule); });
}

Result<HistoryInfo> SqliteReader::info() const {
  return in_snapshot([&] {
    Connection& connection = session_->connection;
    HistoryInfo info;
    info.kind = "sqlite";
    info.location = connection.path().string();
    info.schema_version = connection.pragma("user_version");
    info.bytes = used_bytes(connection);
    Query query = connection.query(
        "SELECT (SELECT COALESCE(SUM(runs), 0) FROM run_tally), (SELECT MIN(created_at_ms) FROM runs), "
        "(SELECT MAX(created_at_ms) FROM runs)");
    if (query.step()) {
      info.runs = query.integer(0);
      info.oldest_run_at_ms = query.maybe_integer(1);
      info.newest_run_at_ms = query.maybe_integer(2);
    }
    return info;
  });
}

}  // namespace comfytrace::history::sqlite
