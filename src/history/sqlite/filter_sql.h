#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "history/run_history.h"
#include "history/run_rules.h"
#include "history/sqlite/run_index.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// The words of a text filter as a query that FTS5 takes as plain prefixes. Empty: no words, no restriction.
[[nodiscard]] std::string match_of(std::string_view text);

// A filter as SQL: values are always bound. Made for one question: it looks up how rare the criteria are.
class FilterSql {
 public:
  // Throws Refused: the regular expression is none.
  FilterSql(Session& session, const RunFilter& filter);

  // Hands over `columns` of the matching `runs AS r` one by one, in this order, after `after`, at most `limit` of them,
  // until `each` returns false.
  void each_row(const std::string& columns, RunSort sort, const std::optional<Place>& after, std::int64_t limit,
                const std::function<bool(Query&)>& each);
  [[nodiscard]] std::int64_t count();

 private:
  using Value = std::variant<std::int64_t, std::string>;
  struct Part {
    std::string sql;
    std::vector<Value> values;
  };
  void add(std::string sql, std::vector<Value> values = {});
  template <class E>
  void add_words(const char* column, const std::vector<E>& words);
  // Runs that have one of the facets.
  void add_facets(const std::vector<std::pair<Facet, std::string>>& facets);
  void add_text(const std::string& text);
  void add_regex(const std::string& pattern);
  // `index` has `column` first.
  void add_range(const char* column, const char* index, const std::optional<std::int64_t>& min,
                 const std::optional<std::int64_t>& max);
  // `rids` selects rids: either what the query starts from, if few, or `condition` on each run.
  void add_set(Part rids, Part condition);
  [[nodiscard]] Part from(const char* index) const;
  [[nodiscard]] Query bound(const Part& part);

  Session& session_;
  std::vector<Part> conditions_;
  std::optional<Part> few_;                // a select of few rids, all of which matter
  bool tally_tells_ = true;                // only status and archived are asked for
  const char* count_by_ = "runs_created";  // the index whose entries are walked to count
};

}  // namespace comfytrace::history::sqlite
