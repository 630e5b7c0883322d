#include "sql_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/enum_names.h"
#include "facts_sql.h"
#include "history/time_bucket.h"
#include "model/words.h"
#include "sqlite_row.h"

namespace comfytrace::bench {

using namespace comfytrace::history;

void SqlFacts::put(Version version, const RunFacts& facts, std::int64_t number) {
  table_.put(version, facts, number);
  most_scenes_ = std::max(most_scenes_, std::ssize(facts.scenes));
  if (version > 0) changed_.insert(changed_.end(), 2, version);  // the run as it was, and as it is
}

void SqlFacts::remove(Version version, const std::string& run_id) {
  table_.end(version, run_id);
  changed_.push_back(version);
}

void SqlFacts::choose(const RunFilter& filter, Version from, Version to) {
  from_ = from;
  to_ = to;
  totals_.clear();
  sorted_.clear();
  found_.clear();
  table_.forget();
  database_.exec("DROP TABLE IF EXISTS temp.chosen");
  // All rows are read in their order: most filters leave too many for an index.
  database_.exec(fmt::format(
      "CREATE TEMP TABLE chosen AS SELECT r.* FROM runs AS r NOT INDEXED WHERE r.since <= {} AND r.until > {} AND {}",
      to, from, condition(filter)));
  read_chosen();
}

void SqlFacts::read_chosen() {
  chosen_.clear();
  changes_.clear();
  Rows rows(database_, "SELECT row, number, created_at_ms, duration_ms, vram_peak_bytes, since, until, " + measures() +
                           " FROM temp.chosen ORDER BY rowid");
  while (rows.step()) {
    Chosen& one = chosen_.emplace_back();
    one.row = rows.integer();
    one.number = rows.integer();
    one.created_at_ms = rows.integer();
    one.duration_ms = rows.maybe();
    one.vram_peak_bytes = rows.maybe();
    one.since = rows.integer();
    one.until = rows.integer();
    for (std::int64_t& count : one.run.counts) count = rows.integer();
    for (auto& measure : one.run.measures) measure = rows.maybe();
    if (one.since > from_) changes_.insert(one.since);
    if (one.until <= to_) changes_.insert(one.until);
  }
}

const GroupStatistics& SqlFacts::total(Version at) {
  const auto change = changes_.upper_bound(at);
  const auto [told, is_new] = totals_.try_emplace(change == changes_.begin() ? from_ : *std::prev(change));
  if (!is_new) return told->second;
  GroupSums sums;
  for (const Chosen& one : chosen_) {
    if (one.holds(at)) sums.add(one.run);
  }
  return told->second = sums.told();
}

std::vector<GroupStatistics> SqlFacts::groups(Version at, GroupBy by, std::int64_t utc_offset_ms) {
  const Grouping grouping = grouping_of(by, utc_offset_ms);
  Rows rows(database_, fmt::format("SELECT r.rowid, {} FROM temp.chosen AS r{}", grouping.key, grouping.join));
  std::map<std::string, GroupSums, std::less<>> sums;
  while (rows.step()) {
    const Chosen& one = chosen_[static_cast<std::size_t>(rows.integer() - 1)];
    if (!one.holds(at)) continue;
    const std::string_view key = rows.text();
    auto group = sums.find(key);
    if (group == sums.end()) group = sums.try_emplace(std::string(key)).first;
    if (by == GroupBy::nodeClass) {
      const std::int64_t executions = rows.integer();
      group->second.add_class(one.run, executions, rows.integer());
    } else {
      group->second.add(one.run);
    }
  }
  std::vector<GroupStatistics> told;
  for (auto& [key, group] : sums) {
    told.push_back(group.told());
    told.back().key = key;
    if (!is_time(by)) continue;
    told.back().from_ms = std::stoll(key);
    told.back().key = iso_time(*told.back().from_ms, utc_offset_ms);
  }
  std::ranges::sort(told, [](const GroupStatistics& a, const GroupStatistics& b) {
    if (a.from_ms) return *a.from_ms < *b.from_ms;
    return a.runs != b.runs ? a.runs > b.runs : a.key < b.key;
  });
  return told;
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

SqlFacts::Place SqlFacts::place_of(const Chosen& one, RunSort sort) {
  switch (sort) {
    case RunSort::newest:
    case RunSort::oldest:
      return {one.created_at_ms, one.number};
    case RunSort::longest:
    case RunSort::shortest:
      return {one.duration_ms, one.number};
    case RunSort::vram:
      return {one.vram_peak_bytes, one.number};
  }
  return {};
}

bool SqlFacts::comes_before(const Place& a, const Place& b, RunSort sort) {
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  const bool rises = sort == RunSort::oldest || sort == RunSort::shortest;
  const Place& less = rises ? a : b;
  const Place& more = rises ? b : a;
  return less.value != more.value ? less.value < more.value : less.number < more.number;
}

const std::vector<SqlFacts::Placed>& SqlFacts::sorted(RunSort sort) {
  const auto [known, is_new] = sorted_.try_emplace(sort);
  std::vector<Placed>& all = known->second;
  if (!is_new) return all;
  all.reserve(chosen_.size());
  for (const Chosen& one : chosen_) all.push_back({place_of(one, sort), &one});
  std::ranges::sort(all, [sort](const Placed& a, const Placed& b) { return comes_before(a.place, b.place, sort); });
  return all;
}

SqlFacts::Page SqlFacts::page(Version at, RunSort sort, std::int64_t limit, const std::optional<Place>& after,
                              std::int64_t skip) {
  Page page;
  for (const auto& [place, one] : sorted(sort)) {
    if (!one->holds(at) || (after && !comes_before(*after, place, sort)) || skip-- > 0) continue;
    if (std::ssize(page.run_ids) == limit) {
      page.has_more = true;
      break;
    }
    page.run_ids.push_back(table_.run_id(one->row));
    page.last = place;
  }
  return page;
}

const std::vector<SqlFacts::Found>& SqlFacts::found(const std::string& select, const std::string& without_run_id,
                                                    std::int64_t limit) {
  const auto first = std::ranges::upper_bound(changed_, from_);
  const auto last = std::upper_bound(first, changed_.end(), to_);
  const std::string whole = fmt::format("{} LIMIT {}", select, limit + (last - first) * most_scenes_);
  const auto [found, is_new] = found_.try_emplace(whole + '\n' + without_run_id);
  if (!is_new) return found->second;
  SQLite::Statement statement(database_, whole);
  Binder(statement) << without_run_id;
  while (statement.executeStep()) {
    Columns from(statement);
    Found& one = found->second.emplace_back();
    one.row = from.integer();
    one.place = from.integer();
    one.since = from.integer();
    one.until = from.integer();
  }
  return found->second;
}

std::vector<const RunFacts*> SqlFacts::facts(Version at, const FactsQuery& query) {
  const std::string of_them = query.filter == RunFilter{}
                                  ? fmt::format("runs AS r WHERE r.since <= {} AND r.until > {}", to_, from_)
                                  : "temp.chosen AS r WHERE 1";
  const std::string is_alike = query.like ? " AND r.work IN " + like(*query.like, query.level) : "";
  std::vector<const RunFacts*> told;
  for (const Found& one : found(fmt::format("SELECT r.row, 0, r.since, r.until FROM {} AND r.run_id <> ?{} "
                                            "ORDER BY r.created_at_ms DESC, r.number DESC",
                                            of_them, is_alike),
                                query.without_run_id.value_or(""), query.limit)) {
    if (std::ssize(told) == query.limit) break;
    if (one.holds(at)) told.push_back(&table_.facts(one.row));
  }
  return told;
}

std::vector<SceneSample> SqlFacts::scenes(Version at, const ScenesQuery& query) {
  std::string more = query.before_ms ? fmt::format(" AND r.created_at_ms < {}", *query.before_ms) : "";
  if (!query.statuses.empty()) {
    std::string words;
    for (const model::Status status : query.statuses)
      words += fmt::format("{}'{}'", words.empty() ? "" : ", ", base::enum_name(status));
    more += " AND s.status IN (" + words + ")";
  }
  std::vector<SceneSample> told;
  for (const Found& one : found(
           fmt::format("SELECT s.row, s.place, r.since, r.until FROM scenes AS s CROSS JOIN runs AS r ON r.row = s.row "
                       "WHERE s.work IN {} AND r.since <= {} AND r.until > {} AND r.run_id <> ?{} "
                       "ORDER BY r.created_at_ms DESC, r.number DESC, s.place",
                       like(query.like, query.level), to_, from_, more),
           query.without_run_id.value_or(""), query.limit)) {
    if (std::ssize(told) == query.limit) break;
    if (!one.holds(at)) continue;
    const RunFacts& facts = table_.facts(one.row);
    told.push_back({facts.run_id, facts.created_at_ms, facts.scenes[static_cast<std::size_t>(one.place)]});
  }
  return told;
}

}  // namespace comfytrace::bench
