#include "comfyui/foreign_json.h"

#include <cmath>

#include "base/text.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of the escape \uXXXX at `at`, or -1.
int escaped_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high(int unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(int unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// Outside strings a backslash is an error anyway, so strings need not be told apart.
std::string mend_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out.push_back(text[i++]);
      continue;
    }
    const int unit = escaped_unit(text, i);
    if (is_high(unit) && is_low(escaped_unit(text, i + 6))) {
      out.append(text, i, 12);
      i += 12;
    } else if (is_high(unit) || is_low(unit)) {
      out += "\\ufffd";
      i += 6;
    } else {
      out.append(text, i, 2);
      i += 2;
    }
  }
  return out;
}

void cut_text(json::value& value, std::size_t max_bytes) {
  const std::string_view text = value.get_string();
  if (text.size() > max_bytes) value = json::string(base::bounded_text(text, max_bytes));
}

}  // namespace

base::Result<json::value> parse_foreign_json(std::string_view text, std::size_t max_bytes) {
  const base::JsonLimits limits{.max_bytes = max_bytes};
  auto parsed = base::parse_json(text, limits);
  if (parsed || parsed.error().code != base::ErrorCode::invalid) return parsed;
  std::string mended = mend_surrogates(base::to_valid_utf8(text));
  if (mended == text) return parsed;
  // U+FFFD is longer than the byte it stands for.
  auto second = base::parse_json(mended, {.max_bytes = mended.size()});
  return second ? std::move(second) : std::move(parsed);
}

bool is_credential(std::string_view key) {
  return key == "api_key_comfy_org" || key == "auth_token_comfy_org";
}

void drop_credentials(json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto it = object->begin(); it != object->end();) {
      if (is_credential(it->key())) {
        it = object->stable_erase(it);
      } else {
        drop_credentials(it->value());
        ++it;
      }
    }
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) drop_credentials(item);
  }
}

void tidy(json::value& value, const TextBounds& bounds) {
  if (auto* object = value.if_object()) {
    json::object kept(object->storage());
    kept.reserve(std::min(object->size(), bounds.max_items));
    for (auto& [key, item] : *object) {
      if (kept.size() == bounds.max_items) break;
      if (is_credential(key) || key.size() > bounds.max_text_bytes) continue;
      tidy(item, bounds);
      kept.emplace(key, std::move(item));
    }
    *object = std::move(kept);
  } else if (auto* array = value.if_array()) {
    if (array->size() > bounds.max_items) array->resize(bounds.max_items);
    for (auto& item : *array) tidy(item, bounds);
  } else if (value.is_string()) {
    cut_text(value, bounds.max_text_bytes);
  }
}

std::optional<std::string> text_of(const json::value* value, std::size_t max_bytes) {
  if (!value || !value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  if (base::is_valid_utf8(text)) return base::bounded_text(text, max_bytes);
  return base::bounded_text(base::to_valid_utf8(text), max_bytes);
}

std::optional<std::string> id_of(const json::value* value, std::size_t max_bytes) {
  if (!value) return std::nullopt;
  if (value->is_string()) return text_of(value, max_bytes);
  const auto number = base::as_integer(*value);
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

std::vector<std::string> ids_of(const json::value* value, const TextBounds& bounds) {
  std::vector<std::string> ids;
  if (!value || !value->is_array()) return ids;
  for (const auto& item : value->get_array()) {
    if (ids.size() == bounds.max_items) break;
    if (auto id = id_of(&item, bounds.max_text_bytes)) ids.push_back(std::move(*id));
  }
  return ids;
}

std::optional<double> number_of(const json::value* value) {
  if (!value) return std::nullopt;
  const auto number = base::as_number(*value);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> rounded_of(const json::value* value) {
  if (!value) return std::nullopt;
  if (const auto whole = base::as_integer(*value)) return whole;
  const auto number = number_of(value);
  if (!number || std::abs(*number) > 9.2e18) return std::nullopt;
  return std::llround(*number);
}

base::Error wrong_type(std::string path, std::string_view wanted, const json::value* got) {
  const std::string what = got ? "expected " + std::string(wanted) + ", got " + std::string(to_string(got->kind()))
                               : "is missing, expected " + std::string(wanted);
  return base::Error{base::ErrorCode::invalid, what, std::move(path)};
}

}  // namespace comfytrace::comfyui
