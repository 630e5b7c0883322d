#include "history/sqlite/store.h"

#include <algorithm>
#include <iterator>

#include "base/codec.h"
#include "history/run_rules.h"
#include "history/sqlite/fetch_ahead.h"
#include "history/sqlite/run_codec.h"
#include "history/sqlite/sample_codec.h"
#include "history/sqlite/schema.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr const char* kInsertRun =
    "INSERT INTO runs(run_id, title, status, exit_reason, created_at_ms, started_at_ms, finished_at_ms, duration_ms, "
    "queue_wait_ms, scene_count, scenes_succeeded, attempt_count, artifact_count, thumbnail, story_id, story_title, "
    "workflow_name, workflow_fingerprint, model, worker_ids, vram_peak_bytes, error, tags, notes, archived, amended) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (run_id) DO NOTHING";
constexpr const char* kUpdateRun =
    "UPDATE runs SET (run_id, title, status, exit_reason, created_at_ms, started_at_ms, finished_at_ms, duration_ms, "
    "queue_wait_ms, scene_count, scenes_succeeded, attempt_count, artifact_count, thumbnail, story_id, story_title, "
    "workflow_name, workflow_fingerprint, model, worker_ids, vram_peak_bytes, error, tags, notes, archived, amended) "
    "= (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE rid = ?";

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

// Both sorted.
template <class T>
std::vector<T> without(const std::vector<T>& values, const std::vector<T>& others) {
  std::vector<T> rest;
  std::ranges::set_difference(values, others, std::back_inserter(rest));
  return rest;
}

}  // namespace

void Store::finish() {
  if (pending_.write(connection())) session_->texts.forget_prompts();
  columns_.number_commit();
}

void Store::save(std::span<const model::Run> runs) {
  session_->details.learn_if_due();
  in_transaction([&] {
    const bool some_went = connection().query("SELECT 1 FROM removed_runs LIMIT 1").step();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      fetch_ahead(runs, i);
      if (!some_went || may_come(runs[i])) save_one(runs[i]);
    }
  });
}

bool Store::may_come(const model::Run& run) {
  Query query = connection().query("SELECT by_hand FROM removed_runs WHERE run_id = ?");
  query.bind_id(run.run_id);
  if (!query.step()) return true;
  if (query.integer(0) != 0 || !returns_after_pruning(run)) return false;
  connection().query("DELETE FROM removed_runs WHERE run_id = ?").bind_id(run.run_id).run();
  return true;
}

void Store::save_one(const model::Run& run) {
  if (const auto rid = write_row(run, 0, nullptr)) return index_new(*rid, index_of(run));
  const auto rid = rid_of(*session_, run.run_id);
  if (!rid) throw Damaged{"a run is in an index of the file, and is not there"};
  const auto stored = load_run(*session_, *rid);
  if (!stored) throw Damaged{"a run has lost its details"};
  model::Run newer = run;
  keep_amended(newer, stored->run, stored->amended);
  if (newer == stored->run) return;
  write_row(newer, stored->amended, &*stored);
  reindex(*rid, index_of(stored->run), index_of(newer));
}

std::optional<std::int64_t> Store::write_row(const model::Run& run, std::uint32_t amended, const StoredRun* stored) {
  const model::RunSummary line = model::summarise(run);
  const auto name_id = [&](const std::optional<std::string>& name) {
    return name ? std::optional(session_->texts.name_id(*name)) : std::nullopt;
  };
  std::string workers;
  for (const auto& worker : line.worker_ids) {
    if (!workers.empty()) workers += ' ';
    workers += std::to_string(session_->texts.name_id(worker));
  }
  const auto workflow_name = name_id(line.workflow_name);
  const auto fingerprint =
      line.workflow_fingerprint.empty() ? std::nullopt : name_id(std::optional(line.workflow_fingerprint));
  const auto model_name = name_id(line.model);
  const std::string tags = line.tags.empty() ? "" : base::encode_json(line.tags);
  {
    Query query = connection().query(stored ? kUpdateRun : kInsertRun);
    query.bind_id(line.run_id).bind_kept(line.title).bind(base::enum_name(line.status));
    query.bind(line.exit_reason ? std::optional(base::enum_name(*line.exit_reason)) : std::nullopt);
    query.bind(line.created_at_ms).bind(line.started_at_ms).bind(line.finished_at_ms).bind(line.duration_ms);
    query.bind(line.queue_wait_ms).bind(line.scene_count).bind(line.scenes_succeeded).bind(line.attempt_count);
    query.bind(line.artifact_count).bind(line.thumbnail).bind(view(run.story_id)).bind(view(run.story_title));
    query.bind(workflow_name).bind(fingerprint).bind(model_name);
    if (workers.empty()) {
      query.bind_null();
    } else if (line.worker_ids.size() == 1) {
      query.bind(static_cast<std::int64_t>(std::stoll(workers)));
    } else {
      query.bind(workers);
    }
    query.bind(line.vram_peak_bytes).bind(view(line.error));
    query.bind(tags.empty() ? std::nullopt : std::optional<std::string_view>(tags));
    query.bind(view(run.notes)).bind(std::int64_t{run.archived}).bind(std::int64_t{amended});
    if (stored) query.bind(stored->rid);
    if (query.run() == 0) return std::nullopt;
  }
  const std::int64_t row = stored ? stored->rid : connection().database().getLastInsertRowid();
  const std::string details = session_->details.packed(pack_details(run, session_->texts));
  connection().query("INSERT OR REPLACE INTO run_details VALUES (?, ?)").bind(row).bind_blob(details).run();
  if (stored) pending_.count(base::enum_name(stored->run.status), stored->run.archived, -1);
  pending_.count(base::enum_name(run.status), run.archived, 1);
  pending_.changed(row);
  stored ? columns_.changed(row, run, line) : columns_.came(row, run, line);
  return row;
}

void Store::reindex(std::int64_t rid, const RunIndex& before, RunIndex after) {
  if (before.words != after.words) {
    if (!before.words.empty()) {
      // What goes may be among what still waits.
      pending_.write_words(connection());
      connection()
          .query("INSERT INTO run_words(run_words, rowid, words) VALUES ('delete', ?, ?)")
          .bind(rid)
          .bind_kept(before.words)
          .run();
    }
    if (!after.words.empty()) pending_.add_words(rid, std::move(after.words));
  }
  for (const auto& [kind, value] : without(before.facets, after.facets)) pending_.change_facet(kind, value, rid, false);
  for (const auto& [kind, value] : without(after.facets, before.facets)) pending_.change_facet(kind, value, rid, true);
  const auto gone = without(before.places, after.places);
  if (!gone.empty()) pending_.write_places(connection());
  for (const std::int64_t hash : gone)
    connection().query("DELETE FROM prompt_places WHERE hash = ? AND rid = ?").bind(hash).bind(rid).run();
  for (const std::int64_t hash : without(after.places, before.places)) pending_.add_place(hash, rid);
}

void Store::index_new(std::int64_t rid, RunIndex index) {
  if (!index.words.empty()) pending_.add_words(rid, std::move(index.words));
  for (const auto& [kind, value] : index.facets) pending_.add_facet(kind, value, rid);
  for (const std::int64_t hash : index.places) pending_.add_place(hash, rid);
}

void Store::erase(std::int64_t rid, std::string_view run_id, bool by_hand) {
  const auto stored = load_run(*session_, rid);
  {
    Query kind = connection().query("SELECT status, archived FROM runs WHERE rid = ?");
    kind.bind(rid);
    if (kind.step()) pending_.count(kind.bytes(0), kind.integer(1) != 0, -1);
  }
  // First what gives room: to take words out of the index needs some, also on a full disk.
  for (const char* sql :
       {"DELETE FROM samples WHERE rid = ?", "DELETE FROM run_details WHERE rid = ?", "DELETE FROM runs WHERE rid = ?"})
    connection().query(sql).bind(rid).run();
  if (stored) reindex(rid, index_of(stored->run), {});
  columns_.removed(rid);
  connection()
      .query("INSERT OR REPLACE INTO removed_runs VALUES (?, ?)")
      .bind_id(run_id)
      .bind(std::int64_t{by_hand})
      .run();
  session_->details.forget_if_unused();
}

bool Store::remove(std::string_view run_id) {
  return in_deletion([&] {
    const auto rid = rid_of(*session_, run_id);
    if (rid) erase(*rid, run_id, true);
    return rid.has_value();
  });
}

bool Store::amend(std::string_view run_id, const RunPatch& patch) {
  return in_transaction([&] {
    const auto rid = rid_of(*session_, run_id);
    if (!rid) return false;
    const auto stored = load_run(*session_, *rid);
    if (!stored) throw Damaged{"a run has lost its details"};
    model::Run amended = stored->run;
    const std::uint32_t fields = apply_patch(amended, patch);
    write_row(amended, stored->amended | fields, &*stored);
    reindex(*rid, index_of(stored->run), index_of(amended));
    return true;
  });
}

void Store::save_samples(std::span<const SampleSeries> series) {
  in_transaction([&] {
    for (const auto& one : series) {
      const auto rid = rid_of(*session_, one.run_id);
      if (!rid) continue;
      const std::string readings = pack_samples(one.samples);
      connection()
          .query(
              "INSERT INTO samples(rid, prompt_id, readings) VALUES (?, ?, ?) "
              "ON CONFLICT(rid, prompt_id) DO UPDATE SET readings = excluded.readings")
          .bind(*rid)
          .bind_id(one.prompt_id)
          .bind_blob(readings)
          .run();
    }
  });
}

void Store::save_worker(const model::Worker& worker) {
  in_transaction([&] {
    connection()
        .query(
            "INSERT INTO workers(worker_id, worker) VALUES (?, ?) "
            "ON CONFLICT(worker_id) DO UPDATE SET worker = excluded.worker")
        .bind(worker.worker_id)
        .bind(base::encode_json(worker))
        .run();
  });
}

void Store::save_preset(const FilterPreset& preset) {
  in_transaction([&] {
    Query others = connection().query("SELECT COUNT(*) FROM filter_presets WHERE name <> ?");
    others.bind(preset.name);
    if (others.step() && others.integer(0) >= kMaxPresets) throw Refused{too_many_presets()};
    connection()
        .query(
            "INSERT INTO filter_presets(name, preset) VALUES (?, ?) "
            "ON CONFLICT(name) DO UPDATE SET preset = excluded.preset")
        .bind(preset.name)
        .bind(base::encode_json(preset))
        .run();
  });
}

bool Store::remove_preset(std::string_view name) {
  return in_transaction(
      [&] { return connection().query("DELETE FROM filter_presets WHERE name = ?").bind(name).run() > 0; });
}

void Store::save_recommendation(const Recommendation& recommendation) {
  in_transaction([&] {
    {
      Query other = connection().query("SELECT 1 FROM recommendations WHERE cause = ? AND state = 'open' AND id <> ?");
      other.bind(recommendation.cause).bind(recommendation.id);
      if (recommendation.state == RecommendationState::open && other.step())
        throw Refused{{base::ErrorCode::conflict, "an open recommendation has this cause already", "cause"}};
    }
    connection()
        .query(
            "INSERT INTO recommendations(id, cause, state, recommendation) VALUES (?, ?, ?, ?) ON CONFLICT(id) DO "
            "UPDATE SET cause = excluded.cause, state = excluded.state, recommendation = excluded.recommendation")
        .bind(recommendation.id)
        .bind(recommendation.cause)
        .bind(base::enum_name(recommendation.state))
        .bind(base::encode_json(recommendation))
        .run();
  });
}

void Store::save_alert(const Alert& alert) {
  in_transaction([&] {
    connection()
        .query(
            "INSERT INTO alerts(id, raised_at_ms, alert) VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "raised_at_ms = excluded.raised_at_ms, alert = excluded.alert")
        .bind(alert.id)
        .bind(alert.raised_at_ms)
        .bind(base::encode_json(alert))
        .run();
  });
}

void Store::restore_ballast() {
  try {
    connection().exec("INSERT OR IGNORE INTO ballast VALUES (1, zeroblob(65536))");
  } catch (const SQLite::Exception&) {
    // Another time.
  }
}

void Store::backup(const std::filesystem::path& path) {
  copy_to(connection(), path);
}

}  // namespace comfytrace::history::sqlite
