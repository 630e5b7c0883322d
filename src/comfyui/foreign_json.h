#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// What all decoders of this folder do to ComfyUI's JSON before anything else sees it. Pure; any thread.
namespace comfytrace::comfyui {

struct TextBounds {
  std::size_t max_text_bytes = 64u << 10;
  std::size_t max_items = 20'000;
};

// Like base::parse_json, but mends what Python writes and JSON forbids: halves of surrogate pairs (file names that
// are not UTF-8) and ill-formed UTF-8 become U+FFFD. Errors: invalid, too_large.
[[nodiscard]] base::Result<base::json::value> parse_foreign_json(std::string_view text, std::size_t max_bytes);

[[nodiscard]] bool is_credential(std::string_view key);
// Removes the keys that carry credentials, at every depth.
void drop_credentials(base::json::value& value);
// The same, and cuts texts and lists to the bounds. Keys over the text bound go with their values.
void tidy(base::json::value& value, const TextBounds& bounds);

// A bounded, valid text; nullopt unless `value` is a string.
[[nodiscard]] std::optional<std::string> text_of(const base::json::value* value, std::size_t max_bytes);
// An id: a string, or a whole number as its decimal.
[[nodiscard]] std::optional<std::string> id_of(const base::json::value* value, std::size_t max_bytes);
// The ids in an array; what is none is left out.
[[nodiscard]] std::vector<std::string> ids_of(const base::json::value* value, const TextBounds& bounds);
// A finite number.
[[nodiscard]] std::optional<double> number_of(const base::json::value* value);
// Whole milliseconds or bytes, also when written with a fraction.
[[nodiscard]] std::optional<std::int64_t> rounded_of(const base::json::value* value);

// invalid: "<path>: expected <wanted>, got <kind>", or "is missing".
[[nodiscard]] base::Error wrong_type(std::string path, std::string_view wanted, const base::json::value* got);

}  // namespace comfytrace::comfyui
