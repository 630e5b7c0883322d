#pragma once

#include <string>

#include "history/run_facts.h"

namespace comfytrace::generate {

// The facts that filters and statistics need as a table, so that other engines can be asked the same questions: CSV
// with a header. Absent numbers and unknown text are empty; several values are joined by '|'. Booleans are 0 and 1.
[[nodiscard]] std::string facts_table_header();
// One line with its newline, appended to `out`.
void append_facts_row(std::string& out, const history::RunFacts& facts);

// What two runs have in common that are like for like at the strictest level; empty if a part of it is not known.
[[nodiscard]] std::string like_text(const history::WorkKey& key);

}  // namespace comfytrace::generate
