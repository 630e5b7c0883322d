#include "history/sqlite/schema.h"

#include <SQLiteCpp/Backup.h>

#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include "history/sqlite/dictionary.h"
#include "history/sqlite/rid_blocks.h"
#include "history/sqlite/run_codec.h"
#include "history/sqlite/run_index.h"
#include "history/sqlite/tables.h"
#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

using base::Error;
using base::ErrorCode;

// What is since then found by facets that older files do not have.
void step_to_schema_2(Connection& connection) {
  connection.exec(kTablesOfSchema2);
  Dictionary texts(connection);
  Query runs = connection.query(
      "SELECT r.rid, r.run_id, r.created_at_ms, d.details FROM runs AS r JOIN run_details AS d ON d.rid = r.rid");
  while (runs.step()) {
    model::Run run;
    run.run_id = runs.id(1);
    run.created_at_ms = runs.integer(2);
    // Details that cannot be read are told when somebody asks for that run.
    if (!unpack_details(runs.bytes(3), texts, run)) continue;
    const auto add = [&](Facet kind, std::int64_t value) {
      Query facet = connection.query("INSERT OR IGNORE INTO run_facets VALUES (?, ?, ?)");
      facet.bind(static_cast<std::int64_t>(kind)).bind(value).bind(runs.integer(0)).run();
    };
    for (const auto& scene : run.scenes) {
      for (const auto* prompt : {&scene.parameters.positive_prompt, &scene.parameters.negative_prompt}) {
        if (*prompt) add(Facet::prompt, texts.prompt_id(**prompt));
      }
      for (const auto& attempt : scene.attempts) {
        if (attempt.environment && !attempt.environment->device_name.empty())
          add(Facet::gpu, texts.name_id(folded(attempt.environment->device_name)));
      }
    }
  }
}

// The lists of runs by facet, packed.
void step_to_schema_5(Connection& connection) {
  connection.exec(kTablesOfSchema5);
  using Key = std::pair<std::int64_t, std::int64_t>;
  Key key;
  std::vector<std::int64_t> rids;
  const auto end_block = [&] {
    if (rids.empty()) return;
    const std::string others = others_of_block(rids);
    connection.query("INSERT INTO facet_blocks VALUES (?, ?, ?, ?)")
        .bind(key.first)
        .bind(key.second)
        .bind(rids.front())
        .bind_blob(others)
        .run();
    rids.clear();
  };
  {
    Query facets = connection.query("SELECT kind, value, rid FROM run_facets ORDER BY kind, value, rid");
    while (facets.step()) {
      const Key next{facets.integer(0), facets.integer(1)};
      if (next != key || rids.size() == kMostInBlock) end_block();
      key = next;
      rids.push_back(facets.integer(2));
    }
    end_block();
  }
  connection.exec("DROP TABLE run_facets");
}

void set_schema(Connection& connection, std::int64_t version) {
  connection.exec("PRAGMA user_version = " + std::to_string(version));
}

}  // namespace

std::span<const Migration> migrations() {
  static const std::array steps{
      Migration{1, [](Connection& connection) { connection.exec(kTablesOfSchema1); }},
      Migration{2, step_to_schema_2},
      Migration{3, [](Connection& connection) { connection.exec(kTablesOfSchema3); }},
      Migration{4, [](Connection& connection) { connection.exec(kTablesOfSchema4); }},
      Migration{5, step_to_schema_5},
  };
  return steps;
}

std::int64_t schema_of(Connection& connection, std::int64_t known) {
  const std::int64_t application = connection.pragma("application_id");
  const std::int64_t version = connection.pragma("user_version");
  const std::string file = connection.path().string();
  if (application != kApplicationId) {
    Query tables = connection.query("SELECT COUNT(*) FROM sqlite_schema");
    if (application == 0 && version == 0 && tables.step() && tables.integer(0) == 0) return 0;
    throw Refused{
        {ErrorCode::conflict, file + " is a database of another program", "", "name another file with --store"}};
  }
  if (version > known) {
    throw Refused{{ErrorCode::conflict,
                   file + " was written by a newer comfytrace (schema " + std::to_string(version) +
                       ", this one knows " + std::to_string(known) + ")",
                   "", "start that version, or name another file with --store"}};
  }
  return version;
}

void migrate(Connection& connection, std::span<const Migration> steps) {
  const std::int64_t from = schema_of(connection, newest(steps));
  if (from == newest(steps)) return;
  if (from > 0) {
    std::filesystem::path copy = connection.path();
    copy += ".schema" + std::to_string(from) + ".bak";
    // One that is there already was made by a step that did not end well: the first copy is the one to keep.
    if (!std::filesystem::exists(copy)) copy_to(connection, copy);
  }
  for (const Migration& step : steps) {
    if (step.to <= from) continue;
    Transaction transaction(connection, Transaction::Kind::write);
    step.apply(connection);
    connection.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    set_schema(connection, step.to);
    transaction.commit();
  }
}

void copy_to(Connection& connection, const std::filesystem::path& to) {
  if (std::filesystem::exists(to)) throw Refused{{ErrorCode::conflict, to.string() + " exists already"}};
  std::filesystem::path unfinished = to;
  unfinished += ".part";
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  try {
    SQLite::Database copy(unfinished.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5'000);
    SQLite::Backup(copy, connection.database()).executeStep(-1);
    // A copy is for keeping: one file, readable from a medium that cannot be written.
    copy.exec("PRAGMA journal_mode = DELETE");
  } catch (const SQLite::Exception& exception) {
    std::filesystem::remove(unfinished, ignored);
    throw Refused{to_error(to, exception)};
  }
  std::error_code failed;
  std::filesystem::rename(unfinished, to, failed);
  if (failed) throw Refused{{ErrorCode::unavailable, "cannot make " + to.string() + ": " + failed.message()}};
}

}  // namespace comfytrace::history::sqlite
