#include "history/sqlite/filter_sql.h"

#include <algorithm>

#include "base/codec.h"
#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

// Up to so many runs it is quicker to fetch and sort them than to walk the list until enough are found.
constexpr std::int64_t kFewRuns = 2'000;

struct Order {
  std::string column;
  const char* index;
  bool ascending;
  bool can_lack;  // a run may have no such value
};

Order order_of(RunSort sort) {
  switch (sort) {
    case RunSort::newest:
      break;
    case RunSort::oldest:
      return {"r.created_at_ms", "runs_created", true, false};
    case RunSort::longest:
      return {"r.duration_ms", "runs_duration", false, true};
    case RunSort::shortest:
      return {"r.duration_ms", "runs_duration", true, true};
    case RunSort::vram:
      return {"r.vram_peak_bytes", "runs_vram", false, true};
  }
  return {"r.created_at_ms", "runs_created", false, false};
}

std::string marks(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ",?";
  return text;
}

}  // namespace

std::string match_of(std::string_view text) {
  std::string query;
  for (const std::string& word : words_of(text)) {
    if (!query.empty()) query += ' ';
    query += '"' + word + "\"*";
  }
  return query;
}

FilterSql::FilterSql(Session& session, const RunFilter& filter) : session_(session) {
  add_words("r.status", filter.statuses);
  if (filter.archived) add("r.archived = ?", {std::int64_t{*filter.archived}});
  const std::size_t told_by_tally = conditions_.size();
  if (filter.attempts_min) add("r.attempt_count >= ?", {*filter.attempts_min});
  if (filter.attempts_max) add("r.attempt_count <= ?", {*filter.attempts_max});
  if (filter.from_ms) add("r.created_at_ms >= ?", {*filter.from_ms});
  if (filter.to_ms) add("r.created_at_ms < ?", {*filter.to_ms});
  add_words("r.exit_reason", filter.exit_reasons);
  std::vector<std::pair<Facet, std::string>> facets;
  for (const auto& worker : filter.worker_ids) facets.emplace_back(Facet::worker, worker);
  add_facets(facets);
  facets.clear();
  for (const auto& gpu : filter.gpus) facets.emplace_back(Facet::gpu, folded(gpu));
  add_facets(facets);
  facets.clear();
  for (const auto& workflow : filter.workflows) {
    if (!workflow.empty()) facets.emplace_back(Facet::fingerprint, workflow);
    facets.emplace_back(Facet::workflow_name, folded(workflow));
  }
  add_facets(facets);
  facets.clear();
  for (const auto& model : filter.models) facets.emplace_back(Facet::model, model);
  add_facets(facets);
  facets.clear();
  for (const auto& tag : filter.tags) facets.emplace_back(Facet::tag, tag);
  add_facets(facets);
  if (filter.story) add_facets({{Facet::story_id, *filter.story}, {Facet::story_title, folded(*filter.story)}});
  add_range("duration_ms", "runs_duration", filter.duration_min_ms, filter.duration_max_ms);
  add_range("vram_peak_bytes", "runs_vram", filter.vram_peak_min_bytes, filter.vram_peak_max_bytes);
  if (filter.text) add_text(*filter.text);
  if (filter.regex) add_regex(*filter.regex);
  tally_tells_ = conditions_.size() == told_by_tally && !few_;
}

void FilterSql::add(std::string sql, std::vector<Value> values) {
  conditions_.push_back({std::move(sql), std::move(values)});
}

template <class E>
void FilterSql::add_words(const char* column, const std::vector<E>& words) {
  if (words.empty()) return;
  std::vector<Value> values;
  values.reserve(words.size());
  for (const E word : words) values.emplace_back(std::string(base::enum_name(word)));
  add(std::string(column) + " IN (" + marks(words.size()) + ")", std::move(values));
}

void FilterSql::add_facets(const std::vector<std::pair<Facet, std::string>>& facets) {
  if (facets.empty()) return;
  // One lookup a key: a list of pairs would make SQLite walk the whole index.
  Part rids;
  Part condition;
  for (const auto& [kind, text] : facets) {
    const auto id = session_.texts.find_name(text);
    if (!id) continue;
    const std::string of_key = " FROM facet_blocks AS f";
    const std::string key = " WHERE f.kind = ? AND f.value = ?";
    rids.sql += rids.sql.empty() ? "" : " UNION ";
    rids.sql += "SELECT j.value AS rid" + of_key + " CROSS JOIN json_each(block_rids(f.rid, f.others)) AS j" + key;
    // Blocks of a key do not overlap: the last that begins before the run has it, or none does.
    condition.sql += (condition.sql.empty() ? "(" : " OR ") + ("(SELECT block_has(f.rid, f.others, r.rid)" + of_key) +
                     key + " AND f.rid <= r.rid ORDER BY f.rid DESC LIMIT 1)";
    rids.values.insert(rids.values.end(), {static_cast<std::int64_t>(kind), *id});
  }
  if (rids.sql.empty()) return add("0");  // no run ever had one of them
  condition.sql += ")";
  condition.values = rids.values;
  add_set(std::move(rids), std::move(condition));
}

void FilterSql::add_text(const std::string& text) {
  const std::string match = match_of(text);
  if (match.empty()) return;
  const std::string select = "SELECT rowid AS rid FROM run_words WHERE run_words MATCH ?";
  add_set({select, {match}}, {"r.rid IN (" + select + ")", {match}});
}

void FilterSql::add_range(const char* column, const char* index, const std::optional<std::int64_t>& min,
                          const std::optional<std::int64_t>& max) {
  if (!min && !max) return;
  const std::string name(column);
  Part rids{"SELECT rid FROM runs INDEXED BY " + std::string(index) + " WHERE " + name + " IS NOT NULL", {}};
  Part condition{"r." + name + " IS NOT NULL", {}};
  for (const auto& [bound, sign] : {std::pair(min, " >= ?"), std::pair(max, " <= ?")}) {
    if (!bound) continue;
    rids.sql += " AND " + name + sign;
    condition.sql += " AND r." + name + sign;
    rids.values.emplace_back(*bound);
    condition.values.emplace_back(*bound);
  }
  count_by_ = index;
  add_set(std::move(rids), std::move(condition));
}

// Last of all: it is the dearest. Prompts that many runs share are looked at once.
void FilterSql::add_regex(const std::string& pattern) {
  if (auto regex = RunRegex::compile(pattern); !regex) throw Refused{regex.error()};
  add("(run_regex(?, r.title) OR run_regex(?, r.error) OR run_regex(?, r.notes) OR r.rid IN (SELECT j.value FROM "
      "prompts "
      "AS p CROSS JOIN facet_blocks AS f ON f.kind = ? AND f.value = p.prompt_id "
      "CROSS JOIN json_each(block_rids(f.rid, f.others)) AS j WHERE run_regex(?, p.prompt)))",
      {pattern, pattern, pattern, static_cast<std::int64_t>(Facet::prompt), pattern});
}

void FilterSql::add_set(Part rids, Part condition) {
  if (!few_) {
    Part count{"SELECT COUNT(*) FROM (SELECT rid FROM (" + rids.sql + ") LIMIT " + std::to_string(kFewRuns + 1) + ")",
               rids.values};
    Query query = bound(count);
    if (query.step() && query.integer(0) <= kFewRuns) {
      few_ = std::move(rids);
      return;
    }
  }
  conditions_.push_back(std::move(condition));
}

FilterSql::Part FilterSql::from(const char* index) const {
  Part part;
  if (few_) {
    part = {"(" + few_->sql + ") AS few CROSS JOIN runs AS r ON r.rid = few.rid", few_->values};
  } else {
    part.sql = "runs AS r INDEXED BY " + std::string(index);
  }
  part.sql += " WHERE 1";
  for (const Part& condition : conditions_) {
    part.sql += " AND " + condition.sql;
    part.values.insert(part.values.end(), condition.values.begin(), condition.values.end());
  }
  return part;
}

Query FilterSql::bound(const Part& part) {
  Query query = session_.connection.query(part.sql);
  for (const Value& value : part.values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      query.bind(*number);
    } else {
      query.bind(std::get<std::string>(value));
    }
  }
  return query;
}

void FilterSql::each_row(const std::string& columns, RunSort sort, const std::optional<Place>& after,
                         std::int64_t limit, const std::function<bool(Query&)>& each) {
  const Order order = order_of(sort);
  const std::string beyond = order.ascending ? " > ?" : " < ?";
  const std::string direction = order.ascending ? " ASC" : " DESC";
  // Where the tally knows how many there are, nobody looks for one more through all the rest.
  std::int64_t left = tally_tells_ ? std::min(limit, count()) : limit;
  bool going_on = true;
  // Those that have the value, then those that have none: each by an index, however deep in the list.
  for (const bool has_value : {true, false}) {
    if (!going_on || left <= 0 || (!has_value && !order.can_lack) || (has_value && after && !after->value)) continue;
    Part part = from(order.index);
    part.sql = "SELECT " + columns + " FROM " + part.sql;
    if (order.can_lack) part.sql += " AND " + order.column + (has_value ? " IS NOT NULL" : " IS NULL");
    if (after && after->value && has_value) {
      part.sql += " AND " + order.column + beyond.substr(0, 2) + "= ? AND (" + order.column + beyond + " OR r.rid" +
                  beyond + ")";
      part.values.insert(part.values.end(), {*after->value, *after->value, after->order});
    } else if (after && !after->value) {
      part.sql += " AND r.rid" + beyond;
      part.values.emplace_back(after->order);
    }
    part.sql += " ORDER BY ";
    if (has_value) part.sql += order.column + direction + ", ";
    part.sql += "r.rid" + direction + " LIMIT ?";
    part.values.emplace_back(left);
    Query query = bound(part);
    while (going_on && query.step()) {
      --left;
      going_on = each(query);
    }
  }
}

std::int64_t FilterSql::count() {
  Part part = from(count_by_);
  part.sql = "SELECT COUNT(*) FROM " + part.sql;
  if (tally_tells_) {
    part = {"SELECT COALESCE(SUM(r.runs), 0) FROM run_tally AS r WHERE 1", {}};
    for (const Part& condition : conditions_) {
      part.sql += " AND " + condition.sql;
      part.values.insert(part.values.end(), condition.values.begin(), condition.values.end());
    }
  }
  Query query = bound(part);
  return query.step() ? query.integer(0) : 0;
}

}  // namespace comfytrace::history::sqlite
