#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// The values that filters, retention and settings are written in. Pure. Errors: invalid, with the mend and no field.
namespace comfytrace::history {

// A time as people write it; one of the two is set.
struct WrittenTime {
  std::optional<std::int64_t> at_ms;
  std::optional<std::int64_t> ago_ms;  // back from now
  // Never before the epoch.
  [[nodiscard]] std::int64_t from(std::int64_t now_ms) const;
};

// "1763800000000" (epoch ms), "2026-11-22" (UTC midnight), "2026-11-22T10:00:00Z", "…T10:00:00.5+01:00"; back from now:
// "-2w", "-7d", "-12h", "-30m", "now".
[[nodiscard]] base::Result<WrittenTime> parse_time(std::string_view text);
// "-7d", "-90m", "now": the largest unit up to days that fits. `ago_ms` is a number of whole minutes.
[[nodiscard]] std::string to_text_ago(std::int64_t ago_ms);

// "1500" and "1500ms", "90s", "2m", "1.5h", "30d", "4w".
[[nodiscard]] base::Result<std::int64_t> parse_duration_ms(std::string_view text);
// "1048576", "500 MB", "8GiB", "1.5TiB"; without regard to case.
[[nodiscard]] base::Result<std::int64_t> parse_bytes(std::string_view text);
// "12". Whole and not negative, as every number here.
[[nodiscard]] base::Result<std::int64_t> parse_count(std::string_view text);

}  // namespace comfytrace::history
