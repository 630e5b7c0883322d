#include "history/sqlite/run_rows.h"

#include <charconv>

#include "base/codec.h"
#include "history/sqlite/run_codec.h"

namespace comfytrace::history::sqlite {
namespace {

std::string name_at(Session& session, std::int64_t id) {
  auto name = session.texts.name(id);
  if (!name) throw Damaged{"a name that runs refer to is missing"};
  return std::move(*name);
}

std::optional<std::string> maybe_name_at(Session& session, Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return name_at(session, query.integer(column));
}

template <class E>
E word_at(Query& query, int column) {
  const auto word = base::enum_from_name<E>(query.bytes(column));
  if (!word) throw Damaged{"\"" + query.text(column) + "\" is not a word this version knows"};
  return *word;
}

std::vector<std::string> workers_at(Session& session, Query& query, int column) {
  std::vector<std::string> workers;
  if (query.is_null(column)) return workers;
  const std::string ids = query.text(column);
  for (const char *at = ids.data(), *const end = at + ids.size(); at < end;) {
    std::int64_t id = 0;
    const auto read = std::from_chars(at, end, id);
    if (read.ec != std::errc()) throw Damaged{"a list of workers cannot be read"};
    workers.push_back(name_at(session, id));
    at = read.ptr + 1;
  }
  return workers;
}

std::vector<std::string> tags_at(Query& query, int column) {
  if (query.is_null(column)) return {};
  auto tags = base::decode_json<std::vector<std::string>>(query.bytes(column));
  if (!tags) throw Damaged{"the tags of a run cannot be read"};
  return std::move(*tags);
}

const std::string& load_sql() {
  static const std::string sql = std::string("SELECT ") + kSummaryColumns +
                                 ", r.story_id, r.notes, r.amended, d.details FROM runs AS r "
                                 "JOIN run_details AS d ON d.rid = r.rid WHERE r.rid = ?";
  return sql;
}
constexpr int kStoryId = 24;
constexpr int kNotes = 25;
constexpr int kAmended = 26;
constexpr int kDetails = 27;

}  // namespace

const char* const kSummaryColumns =
    "r.rid, r.run_id, r.title, r.status, r.exit_reason, r.created_at_ms, r.started_at_ms, r.finished_at_ms, "
    "r.duration_ms, r.queue_wait_ms, r.scene_count, r.scenes_succeeded, r.attempt_count, r.artifact_count, "
    "r.thumbnail, r.story_title, r.workflow_name, r.workflow_fingerprint, r.model, r.worker_ids, r.vram_peak_bytes, "
    "r.error, r.tags, r.archived";

model::RunSummary summary_at(Session& session, Query& query) {
  model::RunSummary line;
  line.run_id = query.id(1);
  line.title = query.text(2);
  line.status = word_at<model::Status>(query, 3);
  if (!query.is_null(4)) line.exit_reason = word_at<model::ExitReason>(query, 4);
  line.created_at_ms = query.integer(5);
  line.started_at_ms = query.maybe_integer(6);
  line.finished_at_ms = query.maybe_integer(7);
  line.duration_ms = query.maybe_integer(8);
  line.queue_wait_ms = query.maybe_integer(9);
  line.scene_count = query.integer(10);
  line.scenes_succeeded = query.integer(11);
  line.attempt_count = query.integer(12);
  line.artifact_count = query.integer(13);
  line.thumbnail = query.maybe_integer(14);
  line.story_title = query.maybe_text(15);
  line.workflow_name = maybe_name_at(session, query, 16);
  line.workflow_fingerprint = maybe_name_at(session, query, 17).value_or("");
  line.model = maybe_name_at(session, query, 18);
  line.worker_ids = workers_at(session, query, 19);
  line.vram_peak_bytes = query.maybe_integer(20);
  line.error = query.maybe_text(21);
  line.tags = tags_at(query, 22);
  line.archived = query.integer(23) != 0;
  return line;
}

std::vector<std::string> device_names_at(Session& session, std::int64_t rid) {
  Query query = session.connection.query("SELECT details FROM run_details WHERE rid = ?");
  query.bind(rid);
  model::Run run;
  // Details that cannot be read are told when somebody asks for that run: the list goes on without them.
  if (!query.step() || !unpack_details(session.details.details(query.bytes(0)), session.texts, run)) return {};
  return model::device_names_of(run);
}

std::optional<std::int64_t> rid_of(Session& session, std::string_view run_id) {
  Query query = session.connection.query("SELECT rid FROM runs WHERE run_id = ?");
  query.bind_id(run_id);
  return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

std::optional<StoredRun> load_run(Session& session, std::int64_t rid) {
  Query query = session.connection.query(load_sql());
  query.bind(rid);
  if (!query.step()) return std::nullopt;
  model::RunSummary line = summary_at(session, query);
  StoredRun stored;
  stored.rid = rid;
  stored.amended = static_cast<std::uint32_t>(query.integer(kAmended));
  model::Run& run = stored.run;
  run.run_id = std::move(line.run_id);
  run.title = std::move(line.title);
  run.status = line.status;
  run.exit_reason = line.exit_reason;
  run.created_at_ms = line.created_at_ms;
  run.started_at_ms = line.started_at_ms;
  run.finished_at_ms = line.finished_at_ms;
  run.duration_ms = line.duration_ms;
  run.queue_wait_ms = line.queue_wait_ms;
  run.story_id = query.maybe_text(kStoryId);
  run.story_title = std::move(line.story_title);
  run.workflow_name = std::move(line.workflow_name);
  run.tags = std::move(line.tags);
  run.notes = query.maybe_text(kNotes);
  run.archived = line.archived;
  if (!unpack_details(session.details.details(query.bytes(kDetails)), session.texts, run))
    throw Damaged{"the details of run " + run.run_id + " cannot be read"};
  return stored;
}

}  // namespace comfytrace::history::sqlite
