#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace comfytrace::history {

// What came out of comparing the columns, as a start would load them, and the indexes of words and facets with the
// runs.
struct ColumnCheck {
  std::int64_t runs = 0;                       // in the history
  std::int64_t kept_rows = 0;                  // of the columns that stand packed in the file
  std::int64_t read_runs = 0;                  // that were read one by one, because they changed since
  std::optional<std::int64_t> covers_from_ms;  // older runs are left out by the bound on memory
  std::int64_t differing = 0;                  // runs of which a fact differs, or that only one side has
  std::int64_t words = 0;                      // beginnings of words that were compared; none if a run is damaged
  std::int64_t words_differing = 0;            // of those, by which a text filter finds others than it should
  std::int64_t facets_differing = 0;           // kinds of facet by which a filter finds others than it should
  std::vector<std::string> first;              // sentences on the first of what differs
};

// Compares every fact of every run, and by which words and facets it is found. Takes about as long as reading the
// history. Nothing is written. Errors: those of open_reader.
[[nodiscard]] base::Result<ColumnCheck> check_columns(const std::filesystem::path& path, std::int64_t max_column_bytes);

}  // namespace comfytrace::history
