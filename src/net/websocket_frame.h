#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace comfytrace::net {

enum class WebSocketOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// A breach of RFC 6455 by the peer, or of our bound: the code to close with and why.
struct WebSocketViolation {
  std::uint16_t code = 1002;
  std::string reason;
};

// A whole message (text, binary) or a control frame. `payload` is valid during the call only; of a close frame it is
// the reason, and `close_code` its code (1005: none was given).
struct WebSocketEvent {
  WebSocketOpcode kind = WebSocketOpcode::text;
  std::string_view payload = {};
  std::uint16_t close_code = 0;
};

// Frames of one direction of a WebSocket, out of bytes that come in any portions. Pure: no I/O, no clock.
class WebSocketDecoder {
 public:
  // Clients must mask, servers must not.
  enum class Sender { client, server };
  // Returns false to take no more (the connection is being ended): what follows is dropped.
  using OnEvent = std::function<bool(const WebSocketEvent&)>;

  WebSocketDecoder(Sender sender, std::size_t max_message_bytes);

  // Calls `on_event` for everything that is complete. After a violation, a close frame or a false of `on_event` all
  // further bytes are dropped.
  [[nodiscard]] std::optional<WebSocketViolation> feed(std::string_view bytes, const OnEvent& on_event);

 private:
  struct Header {
    bool fin = false;
    WebSocketOpcode opcode = WebSocketOpcode::continuation;
    std::uint64_t payload_bytes = 0;
    std::array<unsigned char, 4> mask{};
  };

  // Takes header bytes from the front; true once the header is whole.
  bool take_header(std::string_view& bytes);
  [[nodiscard]] std::optional<WebSocketViolation> read_header();
  void take_payload(std::string_view& bytes);
  [[nodiscard]] std::optional<WebSocketViolation> finish_frame(std::string_view payload, const OnEvent& on_event);
  [[nodiscard]] std::optional<WebSocketViolation> finish_close(std::string_view payload, const OnEvent& on_event);
  [[nodiscard]] bool is_control() const { return header_.opcode >= WebSocketOpcode::close; }

  const Sender sender_;
  const std::size_t max_message_bytes_;
  std::array<unsigned char, 14> raw_header_{};
  std::size_t raw_header_bytes_ = 0;
  bool in_payload_ = false;
  Header header_;
  std::uint64_t payload_taken_ = 0;
  std::string control_;
  std::string message_;                                             // of the fragments so far
  WebSocketOpcode message_opcode_ = WebSocketOpcode::continuation;  // continuation: no message has begun
  bool ended_ = false;
};

// A complete frame with FIN set. With `mask` (client to server) the payload is masked.
[[nodiscard]] std::string make_websocket_frame(WebSocketOpcode opcode, std::string_view payload,
                                               std::optional<std::uint32_t> mask = std::nullopt);

// The payload of a close frame; the reason is cut to fit a control frame. Code 1005 gives an empty payload.
[[nodiscard]] std::string make_close_payload(std::uint16_t code, std::string_view reason);

}  // namespace comfytrace::net
