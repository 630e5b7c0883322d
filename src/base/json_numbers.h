#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/json.h"

namespace comfytrace::base {

// Members that are written as a number, true, false or null: in little room that is known beforehand.
template <class T>
inline constexpr bool kIsSmall = std::is_arithmetic_v<T>;
template <class T>
inline constexpr bool kIsSmall<std::optional<T>> = std::is_arithmetic_v<T>;

inline char* put_text(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// Writes the value as JSON from `to` on, where there is room for kJsonNumberRoom, and returns the end.
template <class T>
char* put_small(char* to, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return put_text(to, value ? "true" : "false");
  } else if constexpr (std::integral<T>) {
    return std::to_chars(to, to + kJsonNumberRoom, value).ptr;
  } else if constexpr (std::floating_point<T>) {
    return put_json_number(to, static_cast<double>(value));
  } else {
    return value ? put_small(to, *value) : put_text(to, "null");
  }
}

}  // namespace comfytrace::base
