#pragma once

#include <cstdint>
#include <string>

#include "history/run_questions.h"

namespace comfytrace::history {

[[nodiscard]] constexpr bool is_time(GroupBy group_by) {
  return group_by == GroupBy::hour || group_by == GroupBy::day || group_by == GroupBy::week ||
         group_by == GroupBy::month;
}
// How many groups are told where nobody says how many: more than anybody reads, and of days more than a year.
[[nodiscard]] constexpr std::int64_t default_max_groups(GroupBy group_by) {
  return is_time(group_by) ? 500 : 200;
}

// The first moment of the hour, day, week (from Monday) or month that `at_ms` lies in, by a clock that is
// `utc_offset_ms` ahead of UTC. Moments beyond the year ±275 000 are taken for the last one within.
[[nodiscard]] std::int64_t bucket_start(GroupBy group_by, std::int64_t at_ms, std::int64_t utc_offset_ms);

// "2026-11-22T00:00:00Z", "2026-11-22T00:00:00+01:00".
[[nodiscard]] std::string iso_time(std::int64_t at_ms, std::int64_t utc_offset_ms);

}  // namespace comfytrace::history
