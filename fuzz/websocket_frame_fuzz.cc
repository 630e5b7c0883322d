#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "net/websocket_frame.h"

using namespace comfytrace::net;

namespace {

constexpr std::size_t kMaxMessageBytes = 1000;

struct Outcome {
  std::vector<std::tuple<WebSocketOpcode, std::string, std::uint16_t>> events;
  int violation = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(WebSocketDecoder::Sender sender, std::string_view bytes, std::size_t step) {
  WebSocketDecoder decoder(sender, kMaxMessageBytes);
  Outcome outcome;
  while (!bytes.empty()) {
    const auto violation = decoder.feed(bytes.substr(0, step), [&](const WebSocketEvent& event) {
      CHECK(event.payload.size() <= kMaxMessageBytes);
      const bool is_text = event.kind == WebSocketOpcode::text || event.kind == WebSocketOpcode::close;
      CHECK(!is_text || comfytrace::base::is_valid_utf8(event.payload));
      outcome.events.emplace_back(event.kind, std::string(event.payload), event.close_code);
      return true;
    });
    if (violation) {
      CHECK(outcome.violation == 0);
      outcome.violation = violation->code;
    }
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return outcome;
}

}  // namespace

// In whatever portions frames come, they say the same; and what we write, we read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto sender = (data[0] & 1) != 0 ? WebSocketDecoder::Sender::client : WebSocketDecoder::Sender::server;
  const std::size_t step = 1 + data[1] % 32;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  CHECK(decode(sender, bytes, bytes.size() + 1) == decode(sender, bytes, step));

  const auto payload = bytes.substr(0, kMaxMessageBytes);
  const auto frame = sender == WebSocketDecoder::Sender::client
                         ? make_websocket_frame(WebSocketOpcode::binary, payload, 0xdeadbeef)
                         : make_websocket_frame(WebSocketOpcode::binary, payload);
  const Outcome read = decode(sender, frame, step);
  CHECK(read.violation == 0 && read.events.size() == 1 && std::get<1>(read.events[0]) == payload);
  return 0;
}
