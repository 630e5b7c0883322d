#pragma once

#include <cstdint>
#include <string>

#include "history/run_filter.h"
#include "history/run_questions.h"

// The questions of a history as SQL over the tables of FactsTable, in which runs are `r`.
namespace comfytrace::bench {

// What a filter without text and regex asks for.
[[nodiscard]] std::string condition(const history::RunFilter& filter);

// The works (in brackets) that are like `key` in the sense of history::is_like().
[[nodiscard]] std::string like(const history::WorkKey& key, history::LikeLevel level);

// What a run is grouped by; of nodeClass with what its executions took.
struct Grouping {
  std::string key;
  std::string join;
};
[[nodiscard]] Grouping grouping_of(history::GroupBy by, std::int64_t utc_offset_ms);
// What a run adds to a group, as RunMeasures are.
[[nodiscard]] std::string measures();

}  // namespace comfytrace::bench
