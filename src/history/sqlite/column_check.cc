#include "history/sqlite/column_check.h"

#include <limits>
#include <unordered_map>
#include <utility>

#include "history/run_facts.h"
#include "history/sqlite/column_file.h"
#include "history/sqlite/facet_check.h"
#include "history/sqlite/schema.h"
#include "history/sqlite/word_check.h"

namespace comfytrace::history {
namespace {

using columns::ColumnStore;

constexpr std::size_t kNamed = 10;

// The name of the first fact that differs; empty: none does.
std::string first_difference(const RunFacts& a, const RunFacts& b) {
  std::string name;
  const auto same = [&](auto member, const char* called) {
    if (name.empty() && !(a.*member == b.*member)) name = called;
  };
  same(&RunFacts::run_id, "id");
  same(&RunFacts::status, "status");
  same(&RunFacts::exit_reason, "exit reason");
  same(&RunFacts::created_at_ms, "creation");
  same(&RunFacts::started_at_ms, "start");
  same(&RunFacts::finished_at_ms, "end");
  same(&RunFacts::duration_ms, "duration");
  same(&RunFacts::queue_wait_ms, "queue wait");
  same(&RunFacts::vram_peak_bytes, "VRAM peak");
  same(&RunFacts::vram_free_before_bytes, "free VRAM before");
  same(&RunFacts::vram_total_bytes, "VRAM of the device");
  same(&RunFacts::frames, "frames");
  same(&RunFacts::scene_count, "number of scenes");
  same(&RunFacts::scenes_succeeded, "scenes that succeeded");
  same(&RunFacts::attempt_count, "attempts");
  same(&RunFacts::attempts_out_of_memory, "attempts out of memory");
  same(&RunFacts::attempts_timed_out, "attempts timed out");
  same(&RunFacts::fallback_count, "fallback notes");
  same(&RunFacts::workflow_name, "workflow name");
  same(&RunFacts::fingerprint, "fingerprint");
  same(&RunFacts::model, "model");
  same(&RunFacts::models, "models");
  same(&RunFacts::worker_ids, "workers");
  same(&RunFacts::devices, "devices");
  same(&RunFacts::story_id, "story id");
  same(&RunFacts::story_title, "story title");
  same(&RunFacts::tags, "tags");
  same(&RunFacts::archived, "archived");
  same(&RunFacts::comfyui_version, "ComfyUI version");
  same(&RunFacts::pytorch_version, "PyTorch version");
  same(&RunFacts::key, "work key");
  same(&RunFacts::scenes, "scenes");
  same(&RunFacts::node_classes, "classes of node");
  return name;
}

// Rows of the living runs by rid.
std::unordered_map<std::int64_t, std::uint32_t> rows_by_rid(const ColumnStore::Snapshot& snapshot) {
  std::unordered_map<std::int64_t, std::uint32_t> rows;
  rows.reserve(snapshot.rows);
  for (std::uint32_t row = 0; row < snapshot.rows; ++row) {
    const auto& chunk = snapshot.chunk(row / columns::kChunkRows);
    const std::uint32_t at = row % columns::kChunkRows;
    if (chunk.is_live(at, snapshot.version)) rows.emplace(chunk.rid[at], row);
  }
  return rows;
}

class Comparison {
 public:
  Comparison(sqlite::Session& session, const ColumnStore& store, bool is_newest, ColumnCheck& check)
      : session_(session),
        snapshot_(store.snapshot()),
        is_newest_(is_newest),
        check_(check),
        rows_(rows_by_rid(snapshot_)),
        words_(session),
        facets_(session) {}

  void run() {
    const std::int64_t from_ms = check_.covers_from_ms.value_or(std::numeric_limits<std::int64_t>::min());
    bool all_read = true;
    std::vector<std::int64_t> rids;
    {
      sqlite::Query query = session_.connection.query("SELECT rid FROM runs ORDER BY rid");
      while (query.step()) rids.push_back(query.integer(0));
    }
    for (const std::int64_t rid : rids) {
      ++check_.runs;
      std::optional<sqlite::StoredRun> stored;
      try {
        stored = sqlite::load_run(session_, rid);
      } catch (const sqlite::Damaged& damaged) {
        differs(damaged.what);
        all_read = false;
      }
      if (stored) words_.add(rid, stored->run);
      if (stored) facets_.add(rid, stored->run);
      if (stored && stored->run.created_at_ms >= from_ms) compare(rid, facts_of(stored->run));
    }
    // What words and facets a damaged run has nobody can tell.
    if (all_read) compare_words();
    if (all_read && is_newest_) compare_facets();
    for (const auto& [rid, row] : rows_) differs("the columns have a run " + std::to_string(rid) + " that is gone");
  }

 private:
  void compare(std::int64_t rid, const RunFacts& expected) {
    const auto at = rows_.find(rid);
    if (at == rows_.end()) return differs("run " + expected.run_id + " is not in the columns");
    const auto told = ColumnStore::facts_at(snapshot_, at->second, expected.run_id);
    rows_.erase(at);
    if (!told) return differs("run " + expected.run_id + " cannot be read from the columns");
    const std::string fact = first_difference(*told, expected);
    if (!fact.empty()) differs("run " + expected.run_id + " has another " + fact + " in the columns");
  }
  void compare_words() {
    auto found = words_.compare();
    check_.words = found.compared;
    check_.words_differing = static_cast<std::int64_t>(found.differing.size());
    for (std::string& sentence : found.differing) tell(std::move(sentence));
  }
  void compare_facets() {
    auto differing = facets_.compare();
    check_.facets_differing = static_cast<std::int64_t>(differing.size());
    for (std::string& sentence : differing) tell(std::move(sentence));
  }
  void differs(std::string sentence) {
    ++check_.differing;
    tell(std::move(sentence));
  }
  void tell(std::string sentence) {
    if (check_.first.size() < kNamed) check_.first.push_back(std::move(sentence));
  }

  sqlite::Session& session_;
  const ColumnStore::Snapshot snapshot_;
  const bool is_newest_;  // an older schema keeps facets otherwise
  ColumnCheck& check_;
  std::unordered_map<std::int64_t, std::uint32_t> rows_;
  sqlite::WordCheck words_;
  sqlite::FacetCheck facets_;
};

}  // namespace

base::Result<ColumnCheck> check_columns(const std::filesystem::path& path, std::int64_t max_column_bytes) {
  return sqlite::guarded(path, [&] {
    sqlite::Session session(path, sqlite::Connection::Mode::read, std::int64_t{4} << 20);
    const std::int64_t newest = sqlite::newest(sqlite::migrations());
    const std::int64_t schema = sqlite::schema_of(session.connection, newest);
    // One snapshot for both sides, so that a server may go on writing meanwhile.
    sqlite::Transaction snapshot(session.connection, sqlite::Transaction::Kind::read);
    const auto loaded = sqlite::load_columns_in_transaction(session, max_column_bytes);
    ColumnCheck check;
    check.kept_rows = loaded.kept_rows;
    check.read_runs = loaded.read_runs;
    check.covers_from_ms = loaded.covers_from_ms;
    if (!loaded.store) {
      check.differing = 1;
      check.first.emplace_back("there are more runs than the columns can name");
      return check;
    }
    Comparison(session, *loaded.store, schema == newest, check).run();
    return check;
  });
}

}  // namespace comfytrace::history
