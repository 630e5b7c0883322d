#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace comfytrace::base {

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

// `bytes` with every ill-formed sequence replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

// At most `max_bytes` of `text`, cut at a code point, with " … (N more bytes)" behind if something was cut.
[[nodiscard]] std::string bounded_text(std::string_view text, std::size_t max_bytes);

// `text` fit for one cell of a terminal: control characters and escape sequences made visible, so that text
// from a graph can neither move the cursor nor colour the screen.
[[nodiscard]] std::string printable(std::string_view text);

// By their numbers, so that 0.10.0 is higher than 0.9.0. Text that is no version counts as 0.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace comfytrace::base
