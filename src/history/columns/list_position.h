#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "history/columns/candidate.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// The runs of a list from position `offset` on, `limit` of them, in order; `behind`: of the list behind this one.
// `total` gets the number of all that match.
[[nodiscard]] std::vector<Candidate> at_position(RowScan& scan, RunSort sort, std::int64_t offset, std::int64_t limit,
                                                 const std::optional<Candidate>& behind, std::int64_t& total);

}  // namespace comfytrace::history::columns
