#include "net/websocket_frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/websocket_handshake.h"

namespace comfytrace::net {
namespace {

using Opcode = WebSocketOpcode;
using Sender = WebSocketDecoder::Sender;
constexpr std::uint32_t kMask = 0xa1b2c3d4;

struct Heard {
  Opcode kind;
  std::string payload;
  std::uint16_t code;
  bool operator==(const Heard&) const = default;
};

struct Decoded {
  std::vector<Heard> events;
  int violation = 0;
};

// Feeds `bytes` in portions of `step`.
Decoded decode(Sender sender, std::string_view bytes, std::size_t step = 1 << 20, std::size_t max_bytes = 1 << 20) {
  WebSocketDecoder decoder(sender, max_bytes);
  Decoded decoded;
  while (!bytes.empty()) {
    const auto violation = decoder.feed(bytes.substr(0, step), [&](const WebSocketEvent& event) {
      decoded.events.push_back({event.kind, std::string(event.payload), event.close_code});
      return true;
    });
    if (violation) decoded.violation = violation->code;
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return decoded;
}

std::string without_fin(std::string frame) {
  frame[0] = static_cast<char>(frame[0] & 0x7f);
  return frame;
}

TEST(WebSocketDecoder, ReadsEveryLengthInAnyPortionsFromBothSides) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 200000u}) {
    const std::string payload(size, 'x');
    for (const std::size_t step : {1u, 3u, 1000u, 1000000u}) {
      const std::vector<Heard> expected = {{Opcode::binary, payload, 0}, {Opcode::text, "end", 0}};
      const auto masked =
          make_websocket_frame(Opcode::binary, payload, kMask) + make_websocket_frame(Opcode::text, "end", kMask);
      EXPECT_EQ(decode(Sender::client, masked, step).events, expected) << size << " by " << step;
      const auto plain = make_websocket_frame(Opcode::binary, payload) + make_websocket_frame(Opcode::text, "end");
      EXPECT_EQ(decode(Sender::server, plain, step).events, expected) << size << " by " << step;
    }
  }
}

TEST(WebSocketDecoder, JoinsFragmentsWithControlFramesBetweenThem) {
  const std::string bytes = without_fin(make_websocket_frame(Opcode::text, "gr\xc3", kMask)) +
                            make_websocket_frame(Opcode::ping, "alive?", kMask) +
                            without_fin(make_websocket_frame(Opcode::continuation, "\xbc", kMask)) +
                            make_websocket_frame(Opcode::continuation, "n", kMask);
  for (const std::size_t step : {1u, 1000u}) {
    const auto decoded = decode(Sender::client, bytes, step);
    EXPECT_EQ(decoded.violation, 0);
    EXPECT_EQ(decoded.events, (std::vector<Heard>{{Opcode::ping, "alive?", 0}, {Opcode::text, "gr\xc3\xbcn", 0}}));
  }
}

TEST(WebSocketDecoder, NamesTheViolation) {
  const auto close_with = [](std::string payload) { return make_websocket_frame(Opcode::close, payload, kMask); };
  const auto violation = [](std::string_view bytes) { return decode(Sender::client, bytes).violation; };
  EXPECT_EQ(violation(make_websocket_frame(Opcode::text, "unmasked")), 1002);
  EXPECT_EQ(decode(Sender::server, make_websocket_frame(Opcode::text, "masked", kMask)).violation, 1002);
  EXPECT_EQ(violation(make_websocket_frame(Opcode::continuation, "x", kMask)), 1002);
  EXPECT_EQ(violation(without_fin(make_websocket_frame(Opcode::text, "a", kMask)) +
                      make_websocket_frame(Opcode::text, "b", kMask)),
            1002);
  EXPECT_EQ(violation(without_fin(make_websocket_frame(Opcode::ping, "", kMask))), 1002);
  EXPECT_EQ(violation(make_websocket_frame(Opcode::ping, std::string(126, 'x'), kMask)), 1002);
  EXPECT_EQ(violation(make_websocket_frame(static_cast<Opcode>(3), "x", kMask)), 1002);
  EXPECT_EQ(violation(make_websocket_frame(static_cast<Opcode>(11), "x", kMask)), 1002);
  EXPECT_EQ(violation(std::string("\xc1\x80", 2) + "mask"), 1002) << "reserved bit";
  EXPECT_EQ(violation(std::string("\x81\xfe\x00\x05mask", 8)), 1002) << "length not in its shortest form";
  EXPECT_EQ(violation(std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10) + "mask"), 1009);
  EXPECT_EQ(violation(close_with("x")), 1002);
  EXPECT_EQ(violation(close_with(std::string("\x03\xed", 2))), 1002) << "1005 may not be sent";
  EXPECT_EQ(violation(close_with(std::string("\x03\xe8\xff", 3))), 1007);
  EXPECT_EQ(violation(make_websocket_frame(Opcode::text, "\xc3(", kMask)), 1007);
  EXPECT_EQ(violation(make_websocket_frame(Opcode::binary, "\xc3(", kMask)), 0);
}

TEST(WebSocketDecoder, RefusesAnOversizedMessageBeforeItsPayloadAlsoInFragments) {
  EXPECT_EQ(decode(Sender::server, make_websocket_frame(Opcode::binary, std::string(101, 'x')).substr(0, 2), 10, 100)
                .violation,
            1009);
  EXPECT_EQ(decode(Sender::server, make_websocket_frame(Opcode::binary, std::string(100, 'x')), 10, 100).violation, 0);
  const auto fragments = without_fin(make_websocket_frame(Opcode::binary, std::string(60, 'x'))) +
                         make_websocket_frame(Opcode::continuation, std::string(41, 'x'));
  EXPECT_EQ(decode(Sender::server, fragments, 1000, 100).violation, 1009);
}

TEST(WebSocketDecoder, DropsEverythingBehindAClose) {
  const auto bytes = make_websocket_frame(Opcode::close, make_close_payload(1001, "gone"), kMask) +
                     make_websocket_frame(Opcode::text, "late", kMask);
  EXPECT_EQ(decode(Sender::client, bytes, 1).events, (std::vector<Heard>{{Opcode::close, "gone", 1001}}));
  EXPECT_EQ(decode(Sender::client, make_websocket_frame(Opcode::close, "", kMask)).events,
            (std::vector<Heard>{{Opcode::close, "", 1005}}));
}

TEST(WebSocketDecoder, StopsWhenTheReceiverHasEnough) {
  WebSocketDecoder decoder(Sender::server, 100);
  int heard = 0;
  const auto once = [&](const WebSocketEvent&) { return ++heard < 1; };
  const auto frame = make_websocket_frame(Opcode::text, "x");
  EXPECT_FALSE(decoder.feed(frame + frame, once).has_value());
  EXPECT_FALSE(decoder.feed(frame, once).has_value());
  EXPECT_EQ(heard, 1);
}

TEST(WebSocketClose, CutsALongReasonAtACodePoint) {
  std::string reason(122, 'x');
  reason += "\xc3\xbc";
  EXPECT_EQ(make_close_payload(1000, reason).size(), 124u);
  EXPECT_EQ(make_close_payload(1000, std::string(123, 'x')).size(), 125u);
}

TEST(WebSocketHandshake, AnswersTheKeyOfTheStandard) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(random_websocket_key().size(), 24u);
  EXPECT_NE(random_websocket_key(), random_websocket_key());
}

}  // namespace
}  // namespace comfytrace::net
