#include "net/websocket_handshake.h"

#include <algorithm>
#include <random>

#include "base/digest.h"

namespace comfytrace::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// 16 bytes in base64.
bool is_websocket_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, [](char c) {
           return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '+' || c == '/';
         });
}

std::random_device& entropy() {
  static std::random_device device;
  return device;
}

HttpResponse refusal(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text) + "\n";
  return response;
}

}  // namespace

bool has_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [key, value] : headers.all()) {
    if (!same_without_case(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      auto item = rest.substr(0, comma);
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
      if (same_without_case(item, token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

bool is_websocket_upgrade(const HttpRequest& request) {
  return has_token(request.headers, "Upgrade", "websocket");
}

std::optional<HttpResponse> check_websocket_upgrade(const HttpRequest& request) {
  if (request.method != "GET") return refusal(400, "A WebSocket begins with GET");
  if (!has_token(request.headers, "Connection", "upgrade")) return refusal(400, "The Connection header lacks Upgrade");
  if (request.headers.get("Sec-WebSocket-Version") != "13") {
    auto response = refusal(426, "Only version 13 of the WebSocket protocol is supported");
    response.headers.set("Sec-WebSocket-Version", "13");
    response.headers.set("Upgrade", "websocket");
    return response;
  }
  const auto key = request.headers.get("Sec-WebSocket-Key");
  if (!key || !is_websocket_key(*key)) return refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  return std::nullopt;
}

std::string websocket_accept(std::string_view key) {
  return base::to_base64(base::sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::string random_websocket_key() {
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const std::uint32_t word = entropy()();
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(word >> shift & 0xff);
  }
  return base::to_base64(bytes);
}

std::uint32_t random_websocket_mask() {
  return entropy()();
}

}  // namespace comfytrace::net
