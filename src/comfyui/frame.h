#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "comfyui/event.h"

namespace comfytrace::comfyui {

struct FrameLimits {
  std::size_t max_bytes = 16u << 20;       // of one frame
  std::size_t max_text_bytes = 64u << 10;  // of one text in it: message, traceback line, id
  std::size_t max_items = 20'000;          // nodes of a snapshot, lines of a traceback, log entries
};

// Decodes one WebSocket frame. Pure; any thread. Errors: invalid (naming the JSON path or the byte), too_large.
// An unknown type is not an error. A known type that lacks what makes it useful (its prompt_id) is.
[[nodiscard]] base::Result<Event> decode_text_frame(std::string_view frame, const FrameLimits& limits = {});
[[nodiscard]] base::Result<Event> decode_binary_frame(std::string_view frame, const FrameLimits& limits = {});

// The same for the [type, data] pairs in a history entry's status.messages.
[[nodiscard]] base::Result<Event> decode_event(std::string_view type, const base::json::value& data,
                                               const FrameLimits& limits = {});

}  // namespace comfytrace::comfyui
