#include <algorithm>

#include "history/run_rules.h"
#include "history/sqlite/sqlite_reader.h"
#include "history/sqlite/store.h"

// Store::prune: old runs go in small batches, so that saving never waits long.
namespace comfytrace::history::sqlite {
namespace {

constexpr std::int64_t kBatch = 100;
constexpr std::int64_t kRowBytes = 350;  // a run's rows and indexes beside its details, for estimates

const char* const kPrunable = "r.status NOT IN ('queued', 'executing') AND r.archived = 0 AND r.tags IS NULL";

struct Candidate {
  std::int64_t rid;
  std::string run_id;
  std::int64_t created_at_ms;
  std::int64_t bytes;
};

std::vector<Candidate> oldest(Connection& connection, const std::string& condition, std::int64_t limit,
                              std::int64_t offset) {
  Query query = connection.query(
      "SELECT r.rid, r.run_id, r.created_at_ms, (SELECT length(details) FROM run_details AS d WHERE d.rid = r.rid) + "
      "COALESCE((SELECT SUM(length(readings)) FROM samples AS s WHERE s.rid = r.rid), 0) FROM runs AS r INDEXED BY "
      "runs_created WHERE " +
      std::string(kPrunable) + " AND (" + condition + ") ORDER BY r.created_at_ms, r.rid LIMIT ? OFFSET ?");
  query.bind(limit).bind(offset);
  std::vector<Candidate> found;
  while (query.step()) found.push_back({query.integer(0), query.id(1), query.integer(2), query.integer(3) + kRowBytes});
  return found;
}

// What is older than the newest `keep`: a condition, or nothing if there are no more than that.
std::string beyond(Connection& connection, std::int64_t keep) {
  if (keep == 0) return "1";
  Query query = connection.query(
      "SELECT created_at_ms, rid FROM runs INDEXED BY runs_created ORDER BY created_at_ms DESC, rid DESC LIMIT 1 "
      "OFFSET ?");
  query.bind(keep - 1);
  if (!query.step()) return "0";
  const std::string created = query.text(0);
  return "r.created_at_ms < " + created + " OR (r.created_at_ms = " + created + " AND r.rid < " + query.text(1) + ")";
}

void count(PruneReport& report, const Candidate& run) {
  ++report.runs;
  report.oldest_at_ms = std::min(report.oldest_at_ms.value_or(run.created_at_ms), run.created_at_ms);
  report.newest_at_ms = std::max(report.newest_at_ms.value_or(run.created_at_ms), run.created_at_ms);
}

}  // namespace

PruneReport Store::prune(const PruneRule& rule, const std::function<bool()>& keep_going) {
  if (auto fits = check_rule(rule); !fits) throw Refused{fits.error()};
  const std::int64_t before = used_bytes(connection());
  std::string condition = "0";
  if (rule.older_than_ms) condition += " OR r.created_at_ms < " + std::to_string(*rule.older_than_ms);
  if (rule.keep_newest) condition += " OR " + beyond(connection(), *rule.keep_newest);
  PruneReport report;
  std::int64_t estimate = 0;
  std::int64_t offset = 0;
  bool stopped = false;
  // First what is too old or too many, then as much more as the size demands.
  for (const bool by_size : {false, true}) {
    if (by_size && !rule.max_bytes) break;
    while (!stopped) {
      std::int64_t limit = kBatch;
      if (by_size) {
        const std::int64_t now = rule.dry_run ? before - estimate : used_bytes(connection());
        if (now <= *rule.max_bytes) break;
        // Pages come free only when all of their rows are gone: slowly at the end, not to take more than is needed.
        limit = std::clamp<std::int64_t>((now - *rule.max_bytes) / 2'000, 1, kBatch);
      }
      // A dry run leaves the runs where they are, so it steps over those that it has counted.
      const auto batch = oldest(connection(), by_size ? "1" : condition, limit, rule.dry_run ? offset : 0);
      if (batch.empty()) break;
      if (!rule.dry_run && keep_going && !keep_going()) {
        stopped = true;
        break;
      }
      if (!rule.dry_run) {
        in_transaction([&] {
          for (const Candidate& run : batch) erase(run.rid, run.run_id, false);
        });
      }
      offset += static_cast<std::int64_t>(batch.size());
      for (const Candidate& run : batch) {
        count(report, run);
        estimate += run.bytes;
      }
    }
  }
  report.bytes = rule.dry_run ? estimate : std::max<std::int64_t>(before - used_bytes(connection()), 0);
  if (!rule.dry_run && report.runs > 0) connection().exec("PRAGMA incremental_vacuum(2000)");
  return report;
}

}  // namespace comfytrace::history::sqlite
