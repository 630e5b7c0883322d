#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace comfytrace::net {

// Whether the comma-separated list in any header `name` has `token`, without case.
[[nodiscard]] bool has_token(const Headers& headers, std::string_view name, std::string_view token);

[[nodiscard]] bool is_websocket_upgrade(const HttpRequest& request);

// What is wrong with an upgrade request, as the answer to it.
[[nodiscard]] std::optional<HttpResponse> check_websocket_upgrade(const HttpRequest& request);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept(std::string_view key);

// A random Sec-WebSocket-Key, and a random mask. I/O thread.
[[nodiscard]] std::string random_websocket_key();
[[nodiscard]] std::uint32_t random_websocket_mask();

}  // namespace comfytrace::net
