#include <algorithm>
#include <utility>

#include "history/run_rules.h"
#include "history/sqlite/filter_sql.h"
#include "history/sqlite/prune_walk.h"
#include "history/sqlite/sqlite_reader.h"
#include "history/sqlite/store.h"

// Old runs go in small batches, so that saving never waits long.
namespace comfytrace::history::sqlite {
namespace {

constexpr std::int64_t kBatch = static_cast<std::int64_t>(kPruneBatch);
constexpr std::int64_t kRowBytes = 350;  // a run's rows and indexes beside its details, for estimates

const char* const kColumns =
    "r.rid, r.run_id, r.created_at_ms, r.status IN ('queued', 'executing'), r.archived, r.tags IS NOT NULL, "
    "(SELECT length(details) FROM run_details AS d WHERE d.rid = r.rid) + "
    "COALESCE((SELECT SUM(length(readings)) FROM samples AS s WHERE s.rid = r.rid), 0)";

Fate fate_at(Query& query) {
  if (query.integer(3) != 0) return Fate::kept_open;
  if (query.integer(4) != 0) return Fate::kept_archived;
  return query.integer(5) != 0 ? Fate::kept_tagged : Fate::going;
}

// The last of the newest `keep` that match; absent: there are no more than that.
std::optional<Place> last_kept(Session& session, const RunFilter& filter, std::int64_t keep) {
  std::optional<Place> place;
  std::int64_t seen = 0;
  FilterSql(session, filter).each_row("r.created_at_ms, r.rid", RunSort::newest, {}, keep, [&](Query& query) {
    if (++seen == keep) place = Place{RunSort::oldest, query.integer(0), query.integer(1)};
    return true;
  });
  return place;
}

}  // namespace

PruneWalk::PruneWalk(Session& session, const PruneRule& rule) : session_(session), rule_(rule) {
  if (auto fits = check_rule(rule); !fits) throw Refused{fits.error()};
  if (rule.keep_newest && *rule.keep_newest > 0) last_kept_ = last_kept(session, rule.filter, *rule.keep_newest);
  if (rule.filter.regex) {
    auto regex = RunRegex::compile(*rule.filter.regex);
    if (!regex) throw Refused{regex.error()};
    regex_ = std::move(*regex);
    rule_.filter.regex.reset();  // looked for in each run that is reached: no batch searches the whole history
  }
}

bool PruneWalk::beyond_bounds(const Place& place) const {
  if (rule_.older_than_ms && *place.value < *rule_.older_than_ms) return true;
  if (!rule_.keep_newest) return false;
  return *rule_.keep_newest == 0 || (last_kept_ && stands_before(place, *last_kept_));
}

std::vector<PruneWalk::Candidate> PruneWalk::next(std::int64_t over_bytes) {
  // Pages come free only when all of their rows are gone: slowly at the end, not to take more than is needed.
  const auto wanted = static_cast<std::size_t>(std::clamp<std::int64_t>(over_bytes / 2'000, 1, kBatch));
  std::vector<Candidate> batch;
  FilterSql filter(session_, rule_.filter);
  filter.each_row(kColumns, RunSort::oldest, after_, kBatch, [&](Query& query) {
    const Place place{RunSort::oldest, query.integer(2), query.integer(0)};
    const bool by_size = !beyond_bounds(place);
    if (by_size && (over_bytes <= 0 || batch.size() >= wanted)) return false;
    after_ = place;
    batch.push_back({query.integer(0), query.id(1), query.integer(2), query.integer(6) + kRowBytes, fate_at(query)});
    return true;
  });
  return batch;
}

bool PruneWalk::is_meant(const Candidate& run) const {
  if (!regex_) return true;
  const auto stored = load_run(session_, run.rid);
  return stored && regex_->finds(stored->run);
}

PruneReport foresee(Session& session, const PruneRule& rule) {
  PruneWalk walk(session, rule);
  const std::int64_t used = used_bytes(session.connection);
  PruneReport report;
  while (true) {
    const auto batch = walk.next(rule.max_bytes ? used - report.bytes - *rule.max_bytes : 0);
    if (batch.empty()) return report;
    for (const auto& run : batch) {
      if (!walk.is_meant(run)) continue;
      add_to(report, run.fate);
      if (run.fate == Fate::going) add_to(report, run.created_at_ms, run.bytes);
    }
  }
}

bool Store::prune_step(PruneWalk& walk, const PruneRule& rule, PruneReport& report) {
  const auto batch = walk.next(rule.max_bytes ? used_bytes(connection()) - *rule.max_bytes : 0);
  PruneReport after;
  in_deletion([&] {
    after = report;
    for (const auto& run : batch) {
      if (!walk.is_meant(run)) continue;
      add_to(after, run.fate);
      if (run.fate != Fate::going) continue;
      erase(run.rid, run.run_id, false);
      add_to(after, run.created_at_ms, run.bytes);
    }
  });
  report = after;
  if (batch.empty() && report.runs > 0) connection().exec("PRAGMA incremental_vacuum(2000)");
  return !batch.empty();
}

}  // namespace comfytrace::history::sqlite
