#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "comfyui/foreign_json.h"
#include "comfyui/frame.h"

namespace comfytrace::comfyui {

// One message's data with the bounds that apply to it. A view: both must outlive it.
struct MessageData {
  const base::json::value& value;
  const FrameLimits& limits;

  [[nodiscard]] TextBounds bounds() const { return {limits.max_text_bytes, limits.max_items}; }
  [[nodiscard]] std::optional<std::string> id(std::string_view key) const {
    return id_of(base::find(value, key), limits.max_text_bytes);
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    return text_of(base::find(value, key), limits.max_text_bytes).value_or("");
  }
  // ComfyUI's own stamp of the message.
  [[nodiscard]] std::optional<std::int64_t> timestamp_ms() const { return rounded_of(base::find(value, "timestamp")); }
  [[nodiscard]] base::Error lacks(std::string_view key, std::string_view wanted) const {
    return wrong_type("$.data." + std::string(key), wanted, base::find(value, key));
  }
};

}  // namespace comfytrace::comfyui
