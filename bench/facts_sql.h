#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

#include "history/run_filter.h"
#include "history/run_questions.h"

// The questions of a history as SQL over the tables of SqlFacts, in which runs are `r`.
namespace comfytrace::bench {

// The aggregate `distribution`: a history::Distribution of its values, as the bytes of one.
void add_distribution(SQLite::Database& database);

// What a filter without text and regex asks for.
[[nodiscard]] std::string condition(const history::RunFilter& filter);

// history::is_like() of the columns of `table`.
[[nodiscard]] std::string like(const history::WorkKey& key, history::LikeLevel level, const std::string& table);

struct Grouping {
  std::string key;
  std::string join;
};
[[nodiscard]] Grouping grouping_of(history::GroupBy by, std::int64_t utc_offset_ms);
// What is told of a group, beyond the ends of its runs.
[[nodiscard]] std::string measures_of(history::GroupBy by);

struct Order {
  const char* column;
  bool falling;
};
[[nodiscard]] Order order_of(history::RunSort sort);

}  // namespace comfytrace::bench
