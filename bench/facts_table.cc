#include "facts_table.h"

#include <algorithm>
#include <set>

#include "model/words.h"
#include "sqlite_row.h"

namespace comfytrace::bench {
namespace {

using namespace comfytrace::history;

// `runs` has what is asked of every run, and what only whole facts need is elsewhere: all of it is read for each
// filter.
constexpr const char* kTables = R"(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 68719476736;
CREATE TABLE runs (row INTEGER PRIMARY KEY, since INTEGER, until INTEGER, number INTEGER, created_at_ms INTEGER,
  status TEXT, exit_reason TEXT, duration_ms INTEGER, queue_wait_ms INTEGER, vram_peak_bytes INTEGER, frames INTEGER,
  scene_count INTEGER, scenes_succeeded INTEGER, attempt_count INTEGER, attempts_out_of_memory INTEGER,
  attempts_timed_out INTEGER, fallback_count INTEGER, archived INTEGER, models INTEGER, workers INTEGER, gpus INTEGER,
  tags INTEGER, work INTEGER, workflow_name TEXT, story_id TEXT, story_title TEXT, comfyui_version TEXT, run_id TEXT)
  STRICT;
CREATE INDEX runs_by_id ON runs(run_id, until);
CREATE INDEX runs_by_time ON runs(created_at_ms, number);
CREATE INDEX runs_by_work ON runs(work);
CREATE TABLE details (row INTEGER PRIMARY KEY, started_at_ms INTEGER, finished_at_ms INTEGER,
  vram_free_before_bytes INTEGER, vram_total_bytes INTEGER, fingerprint TEXT, model TEXT, pytorch_version TEXT) STRICT;
CREATE TABLE lists (list INTEGER, place INTEGER, value TEXT, again INTEGER, PRIMARY KEY (list, place))
  STRICT, WITHOUT ROWID;
CREATE TABLE works (work INTEGER PRIMARY KEY, structure TEXT, models_digest TEXT, work_size INTEGER,
  key_scenes INTEGER, device TEXT, executed TEXT, is_cold INTEGER) STRICT;
CREATE INDEX works_by_structure ON works(structure);
CREATE TABLE scenes (row INTEGER, place INTEGER, work INTEGER, scene_id TEXT, status TEXT, exit_reason TEXT,
  duration_ms INTEGER, attempt_count INTEGER, PRIMARY KEY (row, place)) STRICT, WITHOUT ROWID;
CREATE INDEX scenes_by_work ON scenes(work, status);
CREATE TABLE classes (row INTEGER, class_type TEXT, executions INTEGER, duration_ms INTEGER,
  PRIMARY KEY (row, class_type)) STRICT, WITHOUT ROWID;
)";
constexpr std::int64_t kForever = INT64_MAX;
constexpr std::size_t kMostRead = 20'000;

SQLite::Database made(const std::filesystem::path& path) {
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
  database.exec(kTables);
  return database;
}

// Of texts and numbers, such that no two lists of them are the same.
class Name {
 public:
  Name& operator<<(const std::string& text) {
    name_ += std::to_string(text.size()) + ':' + text;
    return *this;
  }
  Name& operator<<(std::int64_t value) { return *this << std::to_string(value); }
  template <class T>
  Name& operator<<(const std::optional<T>& value) {
    return value ? *this << std::int64_t{*value} : *this << std::string("-");
  }
  [[nodiscard]] const std::string& text() const { return name_; }

 private:
  std::string name_;
};

}  // namespace

FactsTable::FactsTable(const std::filesystem::path& path)
    : database_(made(path)),
      end_run_(database_, "UPDATE runs SET until = ? WHERE run_id = ? AND until = ? RETURNING number"),
      put_run_(database_, "INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      put_details_(database_, "INSERT INTO details VALUES (?,?,?,?,?,?,?,?)"),
      put_value_(database_, "INSERT INTO lists VALUES (?,?,?,?)"),
      put_work_(database_, "INSERT INTO works VALUES (?,?,?,?,?,?,?,?)"),
      put_scene_(database_, "INSERT INTO scenes VALUES (?,?,?,?,?,?,?,?)"),
      put_class_(database_, "INSERT INTO classes VALUES (?,?,?,?)"),
      read_run_(database_,
                "SELECT run_id, status, exit_reason, created_at_ms, started_at_ms, finished_at_ms, duration_ms, "
                "queue_wait_ms, vram_peak_bytes, vram_free_before_bytes, vram_total_bytes, frames, scene_count, "
                "scenes_succeeded, attempt_count, attempts_out_of_memory, attempts_timed_out, fallback_count, "
                "workflow_name, fingerprint, model, story_id, story_title, comfyui_version, pytorch_version, archived, "
                "models, workers, gpus, tags, structure, models_digest, work_size, key_scenes, device, executed, "
                "is_cold FROM runs JOIN details USING (row) JOIN works USING (work) WHERE row = ?"),
      read_id_(database_, "SELECT run_id FROM runs WHERE row = ?"),
      read_list_(database_, "SELECT value FROM lists WHERE list = ? ORDER BY place"),
      read_scenes_(database_,
                   "SELECT scene_id, status, exit_reason, duration_ms, attempt_count, structure, models_digest, "
                   "work_size, key_scenes, device, executed, is_cold FROM scenes JOIN works USING (work) WHERE row = ? "
                   "ORDER BY place"),
      read_classes_(database_,
                    "SELECT class_type, executions, duration_ms FROM classes WHERE row = ? ORDER BY class_type") {}

std::int64_t FactsTable::end(Version until, const std::string& run_id) {
  Binder(end_run_) << until << run_id << kForever;
  std::int64_t ended = 0;
  while (end_run_.executeStep()) ++ended;
  return ended;
}

void FactsTable::put(Version since, const RunFacts& facts, std::int64_t number) {
  Binder(end_run_) << since << facts.run_id << kForever;
  while (end_run_.executeStep()) number = end_run_.getColumn(0).getInt64();
  if (number == 0) number = number_ + 1;
  number_ = std::max(number_, number);
  Binder(put_run_) << ++row_ << since << kForever << number << facts.created_at_ms << facts.status << facts.exit_reason
                   << facts.duration_ms << facts.queue_wait_ms << facts.vram_peak_bytes << facts.frames
                   << facts.scene_count << facts.scenes_succeeded << facts.attempt_count << facts.attempts_out_of_memory
                   << facts.attempts_timed_out << facts.fallback_count << facts.archived << list_of(facts.models)
                   << list_of(facts.worker_ids) << list_of(facts.devices) << list_of(facts.tags) << work_of(facts.key)
                   << facts.workflow_name << facts.story_id << facts.story_title << facts.comfyui_version
                   << facts.run_id;
  put_run_.exec();
  put_parts(facts);
}

void FactsTable::put_parts(const RunFacts& facts) {
  Binder(put_details_) << row_ << facts.started_at_ms << facts.finished_at_ms << facts.vram_free_before_bytes
                       << facts.vram_total_bytes << facts.fingerprint << facts.model << facts.pytorch_version;
  put_details_.exec();
  std::int64_t place = 0;
  for (const SceneFacts& scene : facts.scenes) {
    Binder(put_scene_) << row_ << place++ << work_of(scene.key) << scene.scene_id << scene.status << scene.exit_reason
                       << scene.duration_ms << scene.attempt_count;
    put_scene_.exec();
  }
  for (const NodeClassFacts& of_class : facts.node_classes) {
    Binder(put_class_) << row_ << of_class.class_type << of_class.executions << of_class.duration_ms;
    put_class_.exec();
  }
}

std::int64_t FactsTable::list_of(const std::vector<std::string>& values) {
  Name name;
  for (const std::string& value : values) name << value;
  const auto [known, is_new] = lists_.try_emplace(name.text(), std::ssize(lists_) + 1);
  if (!is_new) return known->second;
  std::set<std::string> seen;
  std::int64_t place = 0;
  for (const std::string& value : values) {
    Binder(put_value_) << known->second << place++ << value << !seen.insert(value).second;
    put_value_.exec();
  }
  return known->second;
}

std::int64_t FactsTable::work_of(const WorkKey& key) {
  Name name;
  name << key.structure << key.models << key.work_size << key.scene_count << key.device << key.executed << key.is_cold;
  const auto [known, is_new] = works_.try_emplace(name.text(), std::ssize(works_) + 1);
  if (!is_new) return known->second;
  Binder(put_work_) << known->second << key;
  put_work_.exec();
  return known->second;
}

const RunFacts& FactsTable::facts(std::int64_t row) {
  const auto known = read_.find(row);
  return known != read_.end() ? known->second : read_.emplace(row, read(row)).first->second;
}

std::string FactsTable::run_id(std::int64_t row) {
  Binder(read_id_) << row;
  std::string id;
  while (read_id_.executeStep()) id = read_id_.getColumn(0).getString();
  return id;
}

void FactsTable::forget() {
  if (read_.size() > kMostRead) read_.clear();
}

std::vector<std::string> FactsTable::read_list(std::int64_t list) {
  Binder(read_list_) << list;
  std::vector<std::string> values;
  while (read_list_.executeStep()) values.push_back(read_list_.getColumn(0).getString());
  return values;
}

RunFacts FactsTable::read(std::int64_t row) {
  RunFacts facts;
  Binder(read_run_) << row;
  while (read_run_.executeStep()) {
    Columns from(read_run_);
    facts.run_id = from.text();
    facts.status = from.word<model::Status>().value();
    facts.exit_reason = from.word<model::ExitReason>();
    facts.created_at_ms = from.integer();
    for (const auto value : {&RunFacts::started_at_ms, &RunFacts::finished_at_ms, &RunFacts::duration_ms,
                             &RunFacts::queue_wait_ms, &RunFacts::vram_peak_bytes, &RunFacts::vram_free_before_bytes,
                             &RunFacts::vram_total_bytes, &RunFacts::frames})
      facts.*value = from.maybe();
    for (const auto value :
         {&RunFacts::scene_count, &RunFacts::scenes_succeeded, &RunFacts::attempt_count,
          &RunFacts::attempts_out_of_memory, &RunFacts::attempts_timed_out, &RunFacts::fallback_count})
      facts.*value = from.integer();
    for (const auto value : {&RunFacts::workflow_name, &RunFacts::fingerprint, &RunFacts::model, &RunFacts::story_id,
                             &RunFacts::story_title, &RunFacts::comfyui_version, &RunFacts::pytorch_version})
      facts.*value = from.text();
    facts.archived = from.integer() != 0;
    for (const auto list : {&RunFacts::models, &RunFacts::worker_ids, &RunFacts::devices, &RunFacts::tags})
      facts.*list = read_list(from.integer());
    facts.key = from.key();
  }
  Binder(read_scenes_) << row;
  while (read_scenes_.executeStep()) {
    Columns from(read_scenes_);
    SceneFacts scene;
    scene.scene_id = from.text();
    scene.status = from.word<model::Status>().value();
    scene.exit_reason = from.word<model::ExitReason>();
    scene.duration_ms = from.maybe();
    scene.attempt_count = from.integer();
    scene.key = from.key();
    facts.scenes.push_back(std::move(scene));
  }
  Binder(read_classes_) << row;
  while (read_classes_.executeStep()) {
    Columns from(read_classes_);
    NodeClassFacts of_class;
    of_class.class_type = from.text();
    of_class.executions = from.integer();
    of_class.duration_ms = from.integer();
    facts.node_classes.push_back(std::move(of_class));
  }
  return facts;
}

}  // namespace comfytrace::bench
