#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "insight/verdict.h"

// Numbers as the sentences of answers write them: a plain space before the unit, a real minus, no thousands separator
// below 10 000. Pure.
namespace comfytrace::insight {

// "380 ms", "8.3 s", "48 s", "5 m 57 s", "1 h 03 m", "4 d 2 h".
[[nodiscard]] std::string duration_words(double duration_ms);
// "512 MiB", "21.4 GiB".
[[nodiscard]] std::string bytes_words(double bytes);
// 0.184 -> "18 %", 0.0123 -> "1.2 %", 0.5 -> "50 %". Two digits; never "0 %" of something, but "below 0.1 %".
[[nodiscard]] std::string percent_words(double ratio);
// "+38 %", "−4.1 %".
[[nodiscard]] std::string signed_percent_words(double ratio);
// Of two ratios: "14 to 22 %", "−4 to 10 %".
[[nodiscard]] std::string percent_range_words(double low, double high);
[[nodiscard]] std::string value_words(double value, Unit unit);
// "1 run", "5 runs": `noun` in the singular, which takes an s.
[[nodiscard]] std::string count_words(std::int64_t n, std::string_view noun);
// "a", "a and b", "a, b and c"; beyond `at_most` "a, b and 3 more".
[[nodiscard]] std::string list_words(const std::vector<std::string>& items, std::size_t at_most = 4);
// "16 Nov 2026" of the day at this offset.
[[nodiscard]] std::string day_words(std::int64_t at_ms, std::int64_t utc_offset_ms = 0);

}  // namespace comfytrace::insight
