#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "comfyui/foreign_json.h"

// What must hold for everything that the decoders of src/comfyui give out, whatever came in.
namespace comfytrace::fuzz {

// The mark behind a cut text, " … (N more bytes)", is not counted in the bound.
inline constexpr std::size_t kCutMarkBytes = 64;

inline void check_text(const std::string& text, std::size_t max_bytes) {
  CHECK(base::is_valid_utf8(text));
  CHECK(text.size() <= max_bytes + kCutMarkBytes);
}

inline void check_text(const std::optional<std::string>& text, std::size_t max_bytes) {
  if (text) check_text(*text, max_bytes);
}

inline void check_texts(const std::vector<std::string>& texts, const comfyui::TextBounds& bounds) {
  CHECK(texts.size() <= bounds.max_items);
  for (const auto& text : texts) check_text(text, bounds.max_text_bytes);
}

inline void check_json(const base::json::value& value, const comfyui::TextBounds& bounds) {
  if (const auto* object = value.if_object()) {
    CHECK(object->size() <= bounds.max_items);
    for (const auto& [key, item] : *object) {
      CHECK(!comfyui::is_credential(key));
      check_text(std::string(key), bounds.max_text_bytes);
      check_json(item, bounds);
    }
  } else if (const auto* array = value.if_array()) {
    CHECK(array->size() <= bounds.max_items);
    for (const auto& item : *array) check_json(item, bounds);
  } else if (value.is_string()) {
    check_text(std::string(value.get_string()), bounds.max_text_bytes);
  }
}

}  // namespace comfytrace::fuzz
