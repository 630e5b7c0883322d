#pragma once

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace comfytrace::base {

namespace json = boost::json;

struct JsonLimits {
  std::size_t max_bytes = 64u << 20;
  std::size_t max_depth = 96;
};

// Parses one JSON text. Python's NaN, Infinity and -Infinity literals (which ComfyUI can emit) become null;
// invalid UTF-8 is an error. Errors: invalid (with the byte offset), too_large.
[[nodiscard]] Result<json::value> parse_json(std::string_view text, const JsonLimits& limits = {});

// Writes `value` without white space: integers and shortest-round-trip decimals instead of Boost.JSON's
// exponents; non-finite numbers as null.
void write_json(std::string& out, const json::value& value);
[[nodiscard]] std::string to_json(const json::value& value);

// Appends `text` as a JSON string with its quotes. Invalid UTF-8 is replaced by U+FFFD.
void write_json_string(std::string& out, std::string_view text);
void write_json_number(std::string& out, double value);
// The same from `to` on, where there is room for so many characters. Returns the end.
inline constexpr std::size_t kJsonNumberRoom = 32;
char* put_json_number(char* to, double value);
template <std::integral T>
void write_json_integer(std::string& out, T value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
}

// Lenient readers for foreign JSON: absent, null or another type is nullopt / nullptr, never an error.
[[nodiscard]] const json::value* find(const json::value& object, std::string_view key);
[[nodiscard]] const json::object* find_object(const json::value& object, std::string_view key);
[[nodiscard]] const json::array* find_array(const json::value& object, std::string_view key);
[[nodiscard]] std::optional<std::string> find_string(const json::value& object, std::string_view key);
// Whole numbers, also when written as 2.0. Out of range: nullopt.
[[nodiscard]] std::optional<std::int64_t> find_integer(const json::value& object, std::string_view key);
[[nodiscard]] std::optional<double> find_number(const json::value& object, std::string_view key);
[[nodiscard]] std::optional<bool> find_bool(const json::value& object, std::string_view key);
[[nodiscard]] std::optional<std::int64_t> as_integer(const json::value& value);
[[nodiscard]] std::optional<double> as_number(const json::value& value);

}  // namespace comfytrace::base
