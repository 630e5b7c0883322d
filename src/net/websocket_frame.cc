#include "net/websocket_frame.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace comfytrace::net {
namespace {

constexpr std::size_t kMaxControlBytes = 125;
constexpr std::size_t kKeptCapacityBytes = 64u << 10;

bool is_known(WebSocketOpcode opcode) {
  switch (opcode) {
    case WebSocketOpcode::continuation:
    case WebSocketOpcode::text:
    case WebSocketOpcode::binary:
    case WebSocketOpcode::close:
    case WebSocketOpcode::ping:
    case WebSocketOpcode::pong:
      return true;
  }
  return false;
}

bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

WebSocketViolation protocol_error(std::string reason) {
  return {1002, std::move(reason)};
}

}  // namespace

WebSocketDecoder::WebSocketDecoder(Sender sender, std::size_t max_message_bytes)
    : sender_(sender), max_message_bytes_(max_message_bytes) {}

bool WebSocketDecoder::take_header(std::string_view& bytes) {
  const auto take_until = [&](std::size_t wanted) {
    while (raw_header_bytes_ < wanted && !bytes.empty()) {
      raw_header_[raw_header_bytes_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
    }
    return raw_header_bytes_ >= wanted;
  };
  if (!take_until(2)) return false;
  const unsigned length = raw_header_[1] & 0x7f;
  const std::size_t extended = length == 127 ? 8 : length == 126 ? 2 : 0;
  const std::size_t mask = (raw_header_[1] & 0x80) != 0 ? 4 : 0;
  return take_until(2 + extended + mask);
}

std::optional<WebSocketViolation> WebSocketDecoder::read_header() {
  header_ = Header{};
  header_.fin = (raw_header_[0] & 0x80) != 0;
  header_.opcode = static_cast<WebSocketOpcode>(raw_header_[0] & 0x0f);
  if ((raw_header_[0] & 0x70) != 0) return protocol_error("a reserved bit is set");
  if (!is_known(header_.opcode)) return protocol_error("unknown opcode");

  const bool masked = (raw_header_[1] & 0x80) != 0;
  if (masked != (sender_ == Sender::client)) {
    return protocol_error(masked ? "a server's frame is masked" : "a client's frame is not masked");
  }
  const unsigned length = raw_header_[1] & 0x7f;
  const std::size_t extended = length == 127 ? 8 : length == 126 ? 2 : 0;
  header_.payload_bytes = extended == 0 ? length : 0;
  for (std::size_t i = 0; i < extended; ++i) header_.payload_bytes = header_.payload_bytes << 8 | raw_header_[2 + i];
  if ((extended == 2 && header_.payload_bytes < 126) || (extended == 8 && header_.payload_bytes <= 0xffff)) {
    return protocol_error("a length is not written in its shortest form");
  }
  if (masked) std::copy_n(raw_header_.begin() + static_cast<std::ptrdiff_t>(2 + extended), 4, header_.mask.begin());

  if (is_control()) {
    if (!header_.fin) return protocol_error("a control frame is fragmented");
    if (header_.payload_bytes > kMaxControlBytes) return protocol_error("a control frame is too long");
    return std::nullopt;
  }
  const bool continues = header_.opcode == WebSocketOpcode::continuation;
  const bool in_message = message_opcode_ != WebSocketOpcode::continuation;
  if (continues && !in_message) return protocol_error("a continuation without a beginning");
  if (!continues && in_message) return protocol_error("a new message inside a fragmented one");
  if (!continues) message_opcode_ = header_.opcode;
  if (header_.payload_bytes > max_message_bytes_ || message_.size() > max_message_bytes_ - header_.payload_bytes) {
    return WebSocketViolation{1009, "a message is over the bound of " + std::to_string(max_message_bytes_) + " bytes"};
  }
  return std::nullopt;
}

void WebSocketDecoder::take_payload(std::string_view& bytes) {
  const auto take =
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), header_.payload_bytes - payload_taken_));
  std::string& into = is_control() ? control_ : message_;
  const std::size_t at = into.size();
  into.append(bytes.substr(0, take));
  if (sender_ == Sender::client) {
    for (std::size_t i = 0; i < take; ++i) {
      into[at + i] =
          static_cast<char>(static_cast<unsigned char>(into[at + i]) ^ header_.mask[(payload_taken_ + i) % 4]);
    }
  }
  payload_taken_ += take;
  bytes.remove_prefix(take);
}

std::optional<WebSocketViolation> WebSocketDecoder::finish_close(std::string_view payload, const OnEvent& on_event) {
  ended_ = true;
  if (payload.empty()) {
    on_event({WebSocketOpcode::close, {}, 1005});
    return std::nullopt;
  }
  if (payload.size() == 1) return protocol_error("a close frame with half a code");
  const auto code =
      static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]));
  if (!may_be_sent(code)) return protocol_error("a close code that may not be sent");
  if (!base::is_valid_utf8(payload.substr(2))) return WebSocketViolation{1007, "a close reason is not valid UTF-8"};
  on_event({WebSocketOpcode::close, payload.substr(2), code});
  return std::nullopt;
}

std::optional<WebSocketViolation> WebSocketDecoder::finish_frame(std::string_view payload, const OnEvent& on_event) {
  if (header_.opcode == WebSocketOpcode::close) return finish_close(payload, on_event);
  if (is_control()) {
    ended_ = !on_event({header_.opcode, payload, 0});
    control_.clear();
    return std::nullopt;
  }
  if (!header_.fin) return std::nullopt;
  const WebSocketOpcode kind = std::exchange(message_opcode_, WebSocketOpcode::continuation);
  if (kind == WebSocketOpcode::text && !base::is_valid_utf8(payload)) {
    return WebSocketViolation{1007, "a text message is not valid UTF-8"};
  }
  ended_ = !on_event({kind, payload, 0});
  message_.clear();
  if (message_.capacity() > kKeptCapacityBytes) message_.shrink_to_fit();
  return std::nullopt;
}

std::optional<WebSocketViolation> WebSocketDecoder::feed(std::string_view bytes, const OnEvent& on_event) {
  while (!ended_) {
    if (!in_payload_) {
      if (!take_header(bytes)) return std::nullopt;
      if (auto violation = read_header()) {
        ended_ = true;
        return violation;
      }
      in_payload_ = true;
      payload_taken_ = 0;
    }
    std::optional<WebSocketViolation> violation;
    const bool whole = header_.payload_bytes <= bytes.size() && payload_taken_ == 0;
    if (whole && sender_ == Sender::server && (is_control() || (header_.fin && message_.empty()))) {
      // Nothing to unmask and nothing to join: handed on where it lies.
      const auto payload = bytes.substr(0, static_cast<std::size_t>(header_.payload_bytes));
      bytes.remove_prefix(payload.size());
      violation = finish_frame(payload, on_event);
    } else {
      take_payload(bytes);
      if (payload_taken_ < header_.payload_bytes) return std::nullopt;
      violation = finish_frame(is_control() ? control_ : message_, on_event);
    }
    if (violation) {
      ended_ = true;
      return violation;
    }
    in_payload_ = false;
    raw_header_bytes_ = 0;
  }
  return std::nullopt;
}

std::string make_websocket_frame(WebSocketOpcode opcode, std::string_view payload, std::optional<std::uint32_t> mask) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  const unsigned mask_bit = mask ? 0x80 : 0;
  const std::uint64_t size = payload.size();
  int length_bytes = 0;
  if (size < 126) {
    frame += static_cast<char>(mask_bit | size);
  } else {
    length_bytes = size <= 0xffff ? 2 : 8;
    frame += static_cast<char>(mask_bit | (length_bytes == 2 ? 126u : 127u));
  }
  for (int i = length_bytes - 1; i >= 0; --i) frame += static_cast<char>(size >> (8 * i) & 0xff);
  if (!mask) return frame.append(payload);

  std::array<unsigned char, 4> key{};
  for (int i = 0; i < 4; ++i) key[static_cast<std::size_t>(i)] = static_cast<unsigned char>(*mask >> (8 * (3 - i)));
  for (const unsigned char byte : key) frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key[i % 4]);
  }
  return frame;
}

std::string make_close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == 1005) return payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  std::size_t length = std::min(reason.size(), kMaxControlBytes - 2);
  while (length > 0 && length < reason.size() && (static_cast<unsigned char>(reason[length]) & 0xc0) == 0x80) --length;
  return payload.append(reason.substr(0, length));
}

}  // namespace comfytrace::net
