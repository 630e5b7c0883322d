#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace comfytrace::history::sqlite {

// `bytes` behind one byte that says whether they were deflated, which they are if that makes them shorter.
[[nodiscard]] std::string deflated_if_shorter(std::string_view bytes);
[[nodiscard]] std::string plain_form(std::string_view bytes);
[[nodiscard]] bool is_plain_form(std::string_view packed);
// Back from either. Absent: damaged.
[[nodiscard]] std::optional<std::string> plain_bytes(std::string_view packed);

}  // namespace comfytrace::history::sqlite
