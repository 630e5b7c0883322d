#include "sql_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/enum_names.h"
#include "facts_sql.h"
#include "history/time_bucket.h"
#include "model/words.h"

namespace comfytrace::bench {
namespace {

using namespace comfytrace::history;

constexpr const char* kTables = R"(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;
CREATE TABLE runs (row INTEGER PRIMARY KEY, number INTEGER, since INTEGER, until INTEGER, run_id TEXT, status TEXT,
  exit_reason TEXT, created_at_ms INTEGER, started_at_ms INTEGER, finished_at_ms INTEGER, duration_ms INTEGER,
  queue_wait_ms INTEGER, vram_peak_bytes INTEGER, vram_free_before_bytes INTEGER, vram_total_bytes INTEGER,
  frames INTEGER, scene_count INTEGER, scenes_succeeded INTEGER, attempt_count INTEGER, attempts_out_of_memory INTEGER,
  attempts_timed_out INTEGER, fallback_count INTEGER, workflow_name TEXT, fingerprint TEXT, model TEXT, story_id TEXT,
  story_title TEXT, archived INTEGER, comfyui_version TEXT, pytorch_version TEXT, structure TEXT, models_digest TEXT,
  work_size INTEGER, key_scenes INTEGER, device TEXT, executed TEXT, is_cold INTEGER) STRICT;
CREATE INDEX runs_by_id ON runs(run_id, until);
CREATE INDEX runs_by_time ON runs(created_at_ms);
CREATE TABLE lists (row INTEGER, kind TEXT, place INTEGER, value TEXT, again INTEGER, PRIMARY KEY (row, kind, place))
  STRICT, WITHOUT ROWID;
CREATE TABLE scenes (row INTEGER, place INTEGER, scene_id TEXT, status TEXT, exit_reason TEXT, duration_ms INTEGER,
  attempt_count INTEGER, structure TEXT, models_digest TEXT, work_size INTEGER, key_scenes INTEGER, device TEXT,
  executed TEXT, is_cold INTEGER, PRIMARY KEY (row, place)) STRICT, WITHOUT ROWID;
CREATE INDEX scenes_by_work ON scenes(structure, work_size);
CREATE TABLE classes (row INTEGER, class_type TEXT, executions INTEGER, duration_ms INTEGER,
  PRIMARY KEY (row, class_type)) STRICT, WITHOUT ROWID;
)";
constexpr std::int64_t kForever = INT64_MAX;
// What statistics, pages and likeness need of a run: a copy of less is made sooner.
constexpr const char* kAsked =
    "row, number, since, until, run_id, status, exit_reason, created_at_ms, duration_ms, queue_wait_ms, "
    "vram_peak_bytes, frames, scene_count, scenes_succeeded, attempt_count, attempts_out_of_memory, "
    "attempts_timed_out, fallback_count, workflow_name, story_id, story_title, comfyui_version, structure, "
    "models_digest, work_size, key_scenes, device, executed, is_cold";

SQLite::Database made(const std::filesystem::path& path) {
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(kTables);
  return database;
}

std::string marks(int count) {
  std::string text = "?";
  for (int i = 1; i < count; ++i) text += ",?";
  return text;
}

// Binds one value after another, as its type is.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) { statement_.reset(); }
  Binder& operator<<(const std::string& text) {
    statement_.bind(++at_, text);
    return *this;
  }
  Binder& operator<<(std::int64_t value) {
    statement_.bind(++at_, value);
    return *this;
  }
  template <class T>
  Binder& operator<<(const std::optional<T>& value) {
    if (value) return *this << *value;
    statement_.bind(++at_);
    return *this;
  }
  Binder& operator<<(bool value) { return *this << std::int64_t{value}; }
  Binder& operator<<(model::Status status) { return *this << std::string(base::enum_name(status)); }
  Binder& operator<<(model::ExitReason reason) { return *this << std::string(base::enum_name(reason)); }
  Binder& operator<<(const WorkKey& key) {
    return *this << key.structure << key.models << key.work_size << key.scene_count << key.device << key.executed
                 << key.is_cold;
  }

 private:
  SQLite::Statement& statement_;
  int at_ = 0;
};

// Reads one column after another.
class Columns {
 public:
  explicit Columns(SQLite::Statement& statement, int from = 0) : statement_(statement), at_(from) {}
  std::string text() { return statement_.getColumn(at_++).getString(); }
  std::int64_t integer() { return statement_.getColumn(at_++).getInt64(); }
  std::optional<std::int64_t> maybe() {
    const auto column = statement_.getColumn(at_++);
    return column.isNull() ? std::nullopt : std::optional<std::int64_t>(column.getInt64());
  }
  void bytes(Distribution& told) {
    const auto column = statement_.getColumn(at_++);
    if (column.getBytes() == sizeof told) std::memcpy(&told, column.getBlob(), sizeof told);
  }
  template <class E>
  std::optional<E> word() {
    return base::enum_from_name<E>(text());
  }
  WorkKey key() {
    WorkKey key;
    key.structure = text();
    key.models = text();
    key.work_size = maybe();
    key.scene_count = integer();
    key.device = text();
    key.executed = text();
    if (const auto is_cold = maybe()) key.is_cold = *is_cold != 0;
    return key;
  }

 private:
  SQLite::Statement& statement_;
  int at_;
};

constexpr const char* kEnds =
    "count(*), sum(status IN ('queued', 'executing')), sum(status = 'success'), sum(status = 'partial'), "
    "sum(status = 'failed'), sum(status = 'timeout'), sum(status IN ('cancelled', 'skipped'))";

SceneFacts scene_of(SQLite::Statement& statement, int from_column = 0) {
  Columns from(statement, from_column + 2);  // after row and place
  SceneFacts scene;
  scene.scene_id = from.text();
  scene.status = from.word<model::Status>().value();
  scene.exit_reason = from.word<model::ExitReason>();
  scene.duration_ms = from.maybe();
  scene.attempt_count = from.integer();
  scene.key = from.key();
  return scene;
}

GroupStatistics group_of(Columns& from) {
  GroupStatistics told;
  for (const auto count :
       {&GroupStatistics::runs, &GroupStatistics::runs_open, &GroupStatistics::runs_succeeded,
        &GroupStatistics::runs_partial, &GroupStatistics::runs_failed, &GroupStatistics::runs_timed_out,
        &GroupStatistics::runs_cancelled, &GroupStatistics::scenes, &GroupStatistics::scenes_succeeded,
        &GroupStatistics::attempts, &GroupStatistics::attempts_out_of_memory, &GroupStatistics::attempts_timed_out,
        &GroupStatistics::fallbacks, &GroupStatistics::frames, &GroupStatistics::executions})
    told.*count = from.integer();
  for (const auto measure :
       {&GroupStatistics::duration_ms, &GroupStatistics::queue_wait_ms, &GroupStatistics::vram_peak_bytes})
    from.bytes(told.*measure);
  const std::int64_t ended = told.runs_succeeded + told.runs_partial + told.runs_failed + told.runs_timed_out;
  if (ended > 0) told.success_rate = static_cast<double>(told.runs_succeeded) / static_cast<double>(ended);
  return told;
}

}  // namespace

SqlFacts::SqlFacts(const std::filesystem::path& path)
    : database_(made(path)),
      end_run_(database_, "UPDATE runs SET until = ? WHERE run_id = ? AND until = ? RETURNING number"),
      put_run_(database_, "INSERT INTO runs VALUES (" + marks(37) + ")"),
      put_value_(database_, "INSERT INTO lists VALUES (" + marks(5) + ")"),
      put_scene_(database_, "INSERT INTO scenes VALUES (" + marks(14) + ")"),
      put_class_(database_, "INSERT INTO classes VALUES (" + marks(4) + ")") {
  add_distribution(database_);
}

void SqlFacts::put(Version version, const RunFacts& facts, std::int64_t number) {
  Binder(end_run_) << version << facts.run_id << kForever;
  while (end_run_.executeStep()) number = end_run_.getColumn(0).getInt64();
  if (number == 0) number = number_ + 1;
  number_ = std::max(number_, number);
  Binder(put_run_) << ++row_ << number << version << kForever << facts.run_id << facts.status << facts.exit_reason
                   << facts.created_at_ms << facts.started_at_ms << facts.finished_at_ms << facts.duration_ms
                   << facts.queue_wait_ms << facts.vram_peak_bytes << facts.vram_free_before_bytes
                   << facts.vram_total_bytes << facts.frames << facts.scene_count << facts.scenes_succeeded
                   << facts.attempt_count << facts.attempts_out_of_memory << facts.attempts_timed_out
                   << facts.fallback_count << facts.workflow_name << facts.fingerprint << facts.model << facts.story_id
                   << facts.story_title << facts.archived << facts.comfyui_version << facts.pytorch_version
                   << facts.key;
  put_run_.exec();
  put_parts(row_, facts);
}

void SqlFacts::put_parts(std::int64_t row, const RunFacts& facts) {
  put_list(row, "model", facts.models);
  put_list(row, "worker", facts.worker_ids);
  put_list(row, "gpu", facts.devices);
  put_list(row, "tag", facts.tags);
  std::int64_t place = 0;
  for (const SceneFacts& scene : facts.scenes) {
    Binder(put_scene_) << row << place++ << scene.scene_id << scene.status << scene.exit_reason << scene.duration_ms
                       << scene.attempt_count << scene.key;
    put_scene_.exec();
  }
  for (const NodeClassFacts& of_class : facts.node_classes) {
    Binder(put_class_) << row << of_class.class_type << of_class.executions << of_class.duration_ms;
    put_class_.exec();
  }
}

void SqlFacts::put_list(std::int64_t row, const char* kind, const std::vector<std::string>& values) {
  std::set<std::string> seen;
  std::int64_t place = 0;
  for (const std::string& value : values) {
    Binder(put_value_) << row << std::string(kind) << place++ << value << !seen.insert(value).second;
    put_value_.exec();
  }
}

void SqlFacts::remove(Version version, const std::string& run_id) {
  Binder(end_run_) << version << run_id << kForever;
  while (end_run_.executeStep()) {}
}

void SqlFacts::choose(const RunFilter& filter, Version from, Version to) {
  totals_.clear();
  const std::string of_them = fmt::format("SELECT {} FROM runs AS r WHERE r.since <= {} AND r.until > {} AND {}",
                                          kAsked, to, from, condition(filter));
  database_.exec("DROP VIEW IF EXISTS temp.all_runs; DROP TABLE IF EXISTS temp.some_runs");
  // Of all runs little is asked: to copy them would take longer.
  is_of_all_ = filter == RunFilter{};
  database_.exec(fmt::format("CREATE TEMP {} AS {}", is_of_all_ ? "VIEW all_runs" : "TABLE some_runs", of_them));
}

std::vector<GroupStatistics> SqlFacts::groups(Version at, GroupBy by, std::int64_t utc_offset_ms) {
  const Grouping grouping = grouping_of(by, utc_offset_ms);
  SQLite::Statement select(
      database_,
      fmt::format("SELECT {0} AS key, {1}, {2} FROM temp.{3} AS r{4} WHERE r.since <= {5} AND r.until > {5} {6}",
                  grouping.key, kEnds, measures_of(by), chosen(), grouping.join, at,
                  by == GroupBy::none ? ""
                  : is_time(by)       ? "GROUP BY key ORDER BY key"
                                      : "GROUP BY key ORDER BY count(*) DESC, key"));
  std::vector<GroupStatistics> told;
  while (select.executeStep()) {
    Columns from(select, 1);
    told.push_back(group_of(from));
    if (is_time(by)) {
      told.back().from_ms = select.getColumn(0).getInt64();
      told.back().key = iso_time(*told.back().from_ms, utc_offset_ms);
    } else {
      told.back().key = select.getColumn(0).getString();
    }
  }
  return told;
}

const GroupStatistics& SqlFacts::total(Version at) {
  const auto [told, is_new] = totals_.try_emplace(at);
  if (is_new) {
    if (const auto all = groups(at, GroupBy::none, 0); !all.empty()) told->second = all.front();
  }
  return told->second;
}

Statistics SqlFacts::statistics(Version at, const StatisticsQuery& query) {
  Statistics told;
  told.total = total(at);
  if (query.group_by == GroupBy::none) return told;
  told.groups = groups(at, query.group_by, query.utc_offset_ms);
  const std::int64_t too_many = std::ssize(told.groups) - query.max_groups;
  if (too_many <= 0) return told;
  told.groups_left_out = too_many;
  if (is_time(query.group_by)) {
    told.groups.erase(told.groups.begin(), told.groups.begin() + too_many);
  } else {
    told.groups.resize(static_cast<std::size_t>(query.max_groups));
  }
  return told;
}

SqlFacts::Page SqlFacts::page(Version at, RunSort sort, std::int64_t limit, const std::optional<Place>& after,
                              std::int64_t skip) {
  const Order order = order_of(sort);
  const std::string now = fmt::format("r.since <= {0} AND r.until > {0}", at);
  const char* way = order.falling ? "DESC" : "ASC";
  const char* behind = order.falling ? "<" : ">";
  std::string rest = "1";
  if (after && after->value) {
    rest = fmt::format("(r.{0} IS NULL OR (r.{0}, r.number) {1} ({2}, {3}))", order.column, behind, *after->value,
                       after->number);
  } else if (after) {
    rest = fmt::format("r.{} IS NULL AND r.number {} {}", order.column, behind, after->number);
  }
  Page page;
  page.total =
      database_.execAndGet(fmt::format("SELECT count(*) FROM temp.{} AS r WHERE {}", chosen(), now)).getInt64();
  SQLite::Statement select(
      database_, fmt::format("SELECT r.run_id, r.{0}, r.number FROM temp.{6} AS r WHERE {1} AND {2} ORDER BY r.{0} {3} "
                             "NULLS LAST, r.number {3} LIMIT {4} OFFSET {5}",
                             order.column, now, rest, way, limit + 1, skip, chosen()));
  while (select.executeStep()) {
    if (std::ssize(page.run_ids) == limit) {
      page.has_more = true;
      break;
    }
    Columns from(select);
    page.run_ids.push_back(from.text());
    const auto value = from.maybe();
    page.last = Place{value, from.integer()};
  }
  return page;
}

std::vector<std::string> SqlFacts::list(std::int64_t row, const char* kind) {
  SQLite::Statement select(database_, "SELECT value FROM lists WHERE row = ? AND kind = ? ORDER BY place");
  Binder(select) << row << std::string(kind);
  std::vector<std::string> values;
  while (select.executeStep()) values.push_back(select.getColumn(0).getString());
  return values;
}

RunFacts SqlFacts::facts_of_row(std::int64_t row) {
  SQLite::Statement select(database_, "SELECT * FROM runs WHERE row = ?");
  Binder(select) << row;
  RunFacts facts;
  if (!select.executeStep()) return facts;
  Columns from(select, 4);
  facts.run_id = from.text();
  facts.status = from.word<model::Status>().value();
  facts.exit_reason = from.word<model::ExitReason>();
  facts.created_at_ms = from.integer();
  for (const auto value :
       {&RunFacts::started_at_ms, &RunFacts::finished_at_ms, &RunFacts::duration_ms, &RunFacts::queue_wait_ms,
        &RunFacts::vram_peak_bytes, &RunFacts::vram_free_before_bytes, &RunFacts::vram_total_bytes, &RunFacts::frames})
    facts.*value = from.maybe();
  for (const auto value : {&RunFacts::scene_count, &RunFacts::scenes_succeeded, &RunFacts::attempt_count,
                           &RunFacts::attempts_out_of_memory, &RunFacts::attempts_timed_out, &RunFacts::fallback_count})
    facts.*value = from.integer();
  for (const auto value : {&RunFacts::workflow_name, &RunFacts::fingerprint, &RunFacts::model, &RunFacts::story_id,
                           &RunFacts::story_title})
    facts.*value = from.text();
  facts.archived = from.integer() != 0;
  facts.comfyui_version = from.text();
  facts.pytorch_version = from.text();
  facts.key = from.key();
  facts.models = list(row, "model");
  facts.worker_ids = list(row, "worker");
  facts.devices = list(row, "gpu");
  facts.tags = list(row, "tag");
  SQLite::Statement scenes(database_, "SELECT * FROM scenes WHERE row = ? ORDER BY place");
  Binder(scenes) << row;
  while (scenes.executeStep()) facts.scenes.push_back(scene_of(scenes));
  SQLite::Statement classes(database_,
                            "SELECT class_type, executions, duration_ms FROM classes WHERE row = ? ORDER BY 1");
  Binder(classes) << row;
  while (classes.executeStep()) {
    Columns of_class(classes);
    NodeClassFacts one;
    one.class_type = of_class.text();
    one.executions = of_class.integer();
    one.duration_ms = of_class.integer();
    facts.node_classes.push_back(std::move(one));
  }
  return facts;
}

std::vector<RunFacts> SqlFacts::facts(Version at, const FactsQuery& query) {
  const std::string is_alike = query.like ? like(*query.like, query.level, "r") : "1";
  SQLite::Statement select(
      database_, fmt::format("SELECT r.row FROM temp.{3} AS r WHERE r.since <= {0} AND r.until > {0} AND r.run_id <> ? "
                             "AND {1} ORDER BY r.created_at_ms DESC, r.number DESC LIMIT {2}",
                             at, is_alike, query.limit, chosen()));
  Binder(select) << query.without_run_id.value_or("");
  std::vector<RunFacts> found;
  while (select.executeStep()) found.push_back(facts_of_row(select.getColumn(0).getInt64()));
  return found;
}

std::vector<SceneSample> SqlFacts::scenes(Version at, const ScenesQuery& query) {
  std::string more = query.before_ms ? fmt::format(" AND r.created_at_ms < {}", *query.before_ms) : "";
  if (!query.statuses.empty()) {
    std::string words;
    for (const model::Status status : query.statuses)
      words += fmt::format("{}'{}'", words.empty() ? "" : ", ", base::enum_name(status));
    more += " AND s.status IN (" + words + ")";
  }
  SQLite::Statement select(
      database_,
      fmt::format("SELECT r.run_id, r.created_at_ms, s.* FROM scenes AS s CROSS JOIN runs AS r ON r.row = s.row "
                  "WHERE {0} AND r.since <= {1} AND r.until > {1} AND r.run_id <> ?{2} "
                  "ORDER BY r.created_at_ms DESC, r.number DESC, s.place LIMIT {3}",
                  like(query.like, query.level, "s"), at, more, query.limit));
  Binder(select) << query.without_run_id.value_or("");
  std::vector<SceneSample> found;
  while (select.executeStep()) {
    Columns from(select);
    SceneSample sample;
    sample.run_id = from.text();
    sample.created_at_ms = from.integer();
    sample.scene = scene_of(select, 2);
    found.push_back(std::move(sample));
  }
  return found;
}

}  // namespace comfytrace::bench
