#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <vector>

#include "net/http_server.h"
#include "net/test_peer.h"

namespace comfytrace::net {
namespace {

using Opcode = WebSocketOpcode;

class ServerWebSocketTest : public testing::Test {
 protected:
  void start(ServerLimits limits = {}) {
    ServerHandlers handlers;
    handlers.http = [](const HttpRequest&, const Respond& respond) { respond(HttpResponse{}); };
    handlers.accept_websocket = [](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (request.path != "/closed") return std::nullopt;
      HttpResponse refusal;
      refusal.status = 403;
      return refusal;
    };
    handlers.opened = [this](const HttpRequest&, std::shared_ptr<WebSocketSession> session) {
      session->on_text = [this, raw = session.get()](std::string_view text) {
        heard.emplace_back(text);
        if (text == "close me") raw->close(4000, "as you wish");
        if (text.starts_with("echo ")) raw->send(make_text_frame(text.substr(5)));
      };
      session->on_binary = [this](std::string_view bytes) { heard.push_back("binary " + std::string(bytes)); };
      session->on_close = [this, raw = session.get()] {
        ++closed;
        std::erase_if(sessions, [raw](const auto& each) { return each.get() == raw; });
      };
      sessions.push_back(std::move(session));
    };
    server = std::make_unique<HttpServer>(io, std::move(handlers), limits);
    ASSERT_TRUE(server->start("127.0.0.1", 0).ok());
  }
  TestPeer& peer() { return peers.emplace_back(io, server->port()); }
  TestPeer& upgraded() {
    auto& client = peer();
    EXPECT_TRUE(client.upgrade());
    return client;
  }
  bool hears(std::size_t count) {
    return run_until(io, [&] { return heard.size() >= count; });
  }
  // What a client that sent `bytes` gets before the end.
  std::string fate_of(std::string_view bytes) { return upgraded().write(bytes).rest(); }
  static std::string close_frame(std::uint16_t code, std::string_view reason) {
    return make_websocket_frame(Opcode::close, make_close_payload(code, reason));
  }

  asio::io_context io;
  std::vector<std::string> heard;
  int closed = 0;
  std::vector<std::shared_ptr<WebSocketSession>> sessions;
  std::unique_ptr<HttpServer> server;
  std::list<TestPeer> peers;
};

TEST_F(ServerWebSocketTest, HearsAndAnswersAClient) {
  start();
  auto& client = upgraded();
  client.send_frame(Opcode::text, "hello").send_frame(Opcode::binary, "bytes").send_frame(Opcode::text, "echo back");
  ASSERT_TRUE(hears(3));
  EXPECT_EQ(heard[0], "hello");
  EXPECT_EQ(heard[1], "binary bytes");
  EXPECT_TRUE(client.sees(*make_text_frame("back")));
}

TEST_F(ServerWebSocketTest, TakesFramesThatComeWithTheHandshake) {
  start();
  peer().write(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      make_websocket_frame(Opcode::text, "eager", 7));
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(heard[0], "eager");
}

TEST_F(ServerWebSocketTest, RefusesHandshakesThatAreWrongOrNotAccepted) {
  start();
  EXPECT_FALSE(peer().upgrade("/closed"));
  EXPECT_TRUE(peers.back().received().starts_with("HTTP/1.1 403 "));
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  EXPECT_TRUE(peer().write(head + "Sec-WebSocket-Version: 13\r\n\r\n").sees("HTTP/1.1 400 "));
  EXPECT_TRUE(peer()
                  .write(head + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                  .sees("HTTP/1.1 426 "));
  EXPECT_TRUE(sessions.empty());
}

TEST_F(ServerWebSocketTest, AnswersPingsWithTheirPayload) {
  start();
  EXPECT_TRUE(upgraded().send_frame(Opcode::ping, "42").sees(make_websocket_frame(Opcode::pong, "42")));
}

TEST_F(ServerWebSocketTest, ClosesOnAViolationWithItsCode) {
  ServerLimits limits;
  limits.max_websocket_message_bytes = 1000;
  start(limits);
  EXPECT_TRUE(fate_of(make_websocket_frame(Opcode::text, "\xff", 1)).starts_with("\x88")) << "close";
  EXPECT_NE(fate_of(make_websocket_frame(Opcode::text, "\xff", 1)).find("\x03\xef"), std::string::npos) << "1007";
  EXPECT_NE(fate_of(make_websocket_frame(Opcode::text, "plain")).find("\x03\xea"), std::string::npos) << "1002";
  EXPECT_NE(fate_of(make_websocket_frame(Opcode::text, std::string(1001, 'x'), 1)).find("\x03\xf1"), std::string::npos)
      << "1009";
  peers.clear();
  EXPECT_TRUE(run_until(io, [&] { return closed == 4 && server->connections() == 0; }));
  EXPECT_TRUE(heard.empty());
}

TEST_F(ServerWebSocketTest, EchoesTheClientsClose) {
  start();
  const auto fate = fate_of(make_websocket_frame(Opcode::close, make_close_payload(3001, "bye"), 9));
  EXPECT_EQ(fate, close_frame(3001, ""));
  EXPECT_TRUE(run_until(io, [&] { return closed == 1; }));
}

TEST_F(ServerWebSocketTest, MayBeClosedFromInsideItsOwnHandler) {
  start();
  const auto fate =
      fate_of(make_websocket_frame(Opcode::text, "close me", 1) + make_websocket_frame(Opcode::text, "late", 1));
  EXPECT_EQ(fate, close_frame(4000, "as you wish"));
  EXPECT_EQ(heard, std::vector<std::string>{"close me"});
  EXPECT_TRUE(run_until(io, [&] { return closed == 1; }));
}

TEST_F(ServerWebSocketTest, NoticesAClientThatGoesWithoutAWord) {
  start();
  upgraded().close();
  EXPECT_TRUE(run_until(io, [&] { return closed == 1 && server->connections() == 0; }));
}

TEST_F(ServerWebSocketTest, RefusesFramesForAClientThatNeverReadsWhileOthersGetThemAll) {
  ServerLimits limits;
  limits.max_websocket_queue_frames = 8;
  start(limits);
  upgraded();
  auto& reader = upgraded();
  ASSERT_EQ(sessions.size(), 2u);
  const auto stalled = sessions[0];
  const auto frame = make_text_frame(std::string(100'000, 'x'));
  std::size_t sent = 0;
  bool refused = false;
  while (!refused && sent < 10'000) {
    refused = !stalled->send(frame);
    ASSERT_TRUE(sessions[1]->send(frame));
    ++sent;
    ASSERT_TRUE(run_until(io, [&] { return reader.received().size() == frame->size(); }));
    reader.received().clear();
  }
  ASSERT_TRUE(refused);
  EXPECT_GT(stalled->queued_bytes(), 0u);
  EXPECT_LE(stalled->queued_bytes(), 8 * frame->size());

  stalled->close(1013, "too slow");
  EXPECT_FALSE(stalled->send(frame));
  EXPECT_EQ(stalled->queued_bytes(), 0u);
  EXPECT_TRUE(run_until(io, [&] { return closed == 1 && server->connections() == 1; }));
}

TEST_F(ServerWebSocketTest, BoundsTheQueueInBytes) {
  ServerLimits limits;
  limits.max_websocket_queue_bytes = 300'000;
  limits.max_websocket_queue_frames = 1'000'000;
  start(limits);
  upgraded();
  const auto frame = make_binary_frame(std::string(100'000, 'x'));
  int sent = 0;
  while (sessions[0]->send(frame) && sent < 10'000) ++sent;
  EXPECT_LT(sent, 10'000);
  EXPECT_LE(sessions[0]->queued_bytes(), 300'000u);
}

TEST_F(ServerWebSocketTest, DeliversWhatHadToWaitInOrderAndWhole) {
  ServerLimits limits;
  limits.max_websocket_queue_bytes = 64 << 20;
  limits.max_websocket_queue_frames = 100'000;
  start(limits);
  auto& client = upgraded();
  std::size_t total = 0;
  int count = 0;
  // Until a good part of it waits in the session.
  while (sessions[0]->queued_bytes() < 2'000'000) {
    const auto frame = make_text_frame(std::to_string(count++) + std::string(9'000, 'y'));
    ASSERT_TRUE(sessions[0]->send(frame));
    total += frame->size();
  }
  ASSERT_TRUE(run_until(io, [&] { return client.received().size() >= total; }));
  EXPECT_EQ(sessions[0]->queued_bytes(), 0u);
  WebSocketDecoder decoder(WebSocketDecoder::Sender::server, 1 << 20);
  int at = 0;
  const auto violation = decoder.feed(client.received(), [&](const WebSocketEvent& event) {
    EXPECT_TRUE(event.payload.starts_with(std::to_string(at++) + "y"));
    return true;
  });
  EXPECT_FALSE(violation.has_value());
  EXPECT_EQ(at, count);
}

TEST_F(ServerWebSocketTest, PingsAQuietClientAndEndsADeadOne) {
  ServerLimits limits;
  limits.websocket_ping_ms = 40;
  limits.websocket_dead_ms = 400;
  start(limits);
  auto& client = upgraded();
  EXPECT_TRUE(client.sees(make_websocket_frame(Opcode::ping, "")));
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(run_until(io, [&] { return closed == 1; }));
}

TEST_F(ServerWebSocketTest, StopTellsEverySessionBeforeItReturns) {
  start();
  for (int i = 0; i < 5; ++i) upgraded();
  ASSERT_EQ(sessions.size(), 5u);
  server->stop();
  EXPECT_EQ(closed, 5);
  EXPECT_EQ(server->connections(), 0u);
  for (auto& client : peers) EXPECT_EQ(client.rest(), close_frame(1001, "the server is stopping"));
  EXPECT_EQ(closed, 5);
}

TEST_F(ServerWebSocketTest, SharesOneFrameAmongManyClients) {
  start();
  for (int i = 0; i < 200; ++i) upgraded();
  const auto frame = make_text_frame("to all");
  for (const auto& session : sessions) EXPECT_TRUE(session->send(frame));
  for (auto& client : peers) EXPECT_TRUE(client.sees(*frame));
  EXPECT_EQ(frame.use_count(), 1);
}

}  // namespace
}  // namespace comfytrace::net
