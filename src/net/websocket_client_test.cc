#include "net/websocket_client.h"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <vector>

#include "net/http_server.h"
#include "net/test_peer.h"
#include "net/websocket_handshake.h"

namespace comfytrace::net {
namespace {

using Opcode = WebSocketOpcode;

// A server whose side of the WebSocket a test writes byte by byte.
class RawServer {
 public:
  explicit RawServer(asio::io_context& io)
      : io_(io), acceptor_(io, {asio::ip::address_v4::loopback(), 0}), socket_(io) {
    acceptor_.async_accept(socket_, [](const error_code&) {});
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string& received() {
    char buffer[4096];
    error_code failure;
    while (socket_.is_open() && socket_.available(failure) > 0) {
      received_.append(buffer, socket_.read_some(asio::buffer(buffer), failure));
    }
    return received_;
  }
  bool sees(std::string_view text) {
    return run_until(io_, [&] { return received().find(text) != std::string::npos; });
  }
  void write(std::string_view bytes) {
    error_code ignored;
    socket_.write_some(asio::buffer(bytes), ignored);
  }
  // Answers the handshake; `extra` headers end in CRLF.
  void accept(const std::string& extra = "", const std::string& behind = "") {
    ASSERT_TRUE(sees("\r\n\r\n"));
    const auto at = received_.find("Sec-WebSocket-Key: ") + 19;
    write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
          websocket_accept(received_.substr(at, 24)) + "\r\n" + extra + "\r\n" + behind);
  }
  void close() { socket_.close(); }

 private:
  asio::io_context& io_;
  tcp::acceptor acceptor_;
  tcp::socket socket_;
  std::string received_;
};

class WebSocketClientTest : public testing::Test {
 protected:
  void connect(std::uint16_t port, WebSocketClientOptions options = {}) {
    WebSocketClient::Handlers handlers;
    handlers.opened = [this] { opened = true; };
    handlers.text = [this](std::string_view text) { heard.emplace_back(text); };
    handlers.binary = [this](std::string_view bytes) { heard.push_back("binary " + std::to_string(bytes.size())); };
    handlers.closed = [this](base::Error why) {
      ++closings;
      error = std::move(why);
    };
    client = std::make_unique<WebSocketClient>(io, Url{"http", "127.0.0.1", port, ""}, "/ws?clientId=1", options,
                                               std::move(handlers));
    client->start();
  }
  void serve() {
    ServerHandlers handlers;
    handlers.http = [](const HttpRequest&, const Respond& respond) { respond(HttpResponse{}); };
    handlers.accept_websocket = [this](const HttpRequest& request) {
      request_seen = request;
      return refusal;
    };
    handlers.opened = [this](const HttpRequest&, std::shared_ptr<WebSocketSession> opened_session) {
      session = std::move(opened_session);
      session->on_text = [this](std::string_view text) { server_heard.emplace_back(text); };
      session->on_close = [this] { session.reset(); };
    };
    server = std::make_unique<HttpServer>(io, std::move(handlers));
    ASSERT_TRUE(server->start("127.0.0.1", 0).ok());
  }
  bool is_open() {
    return run_until(io, [&] { return opened; });
  }
  bool is_closed(base::ErrorCode code, std::string_view saying) {
    if (!run_until(io, [&] { return closings > 0; })) return false;
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_NE(error.message.find(saying), std::string::npos) << error.message;
    return closings == 1;
  }

  asio::io_context io;
  std::optional<HttpResponse> refusal;
  HttpRequest request_seen;
  std::shared_ptr<WebSocketSession> session;
  std::vector<std::string> server_heard;
  std::unique_ptr<HttpServer> server;
  bool opened = false;
  std::vector<std::string> heard;
  int closings = 0;
  base::Error error;
  std::unique_ptr<WebSocketClient> client;
};

TEST_F(WebSocketClientTest, TalksWithAServer) {
  serve();
  WebSocketClientOptions options;
  options.bearer_token = "secret";
  connect(server->port(), options);
  client->send_text("before it is open");
  ASSERT_TRUE(is_open());
  client->send_text("after");
  ASSERT_TRUE(run_until(io, [&] { return server_heard.size() == 2; }));
  EXPECT_EQ(server_heard, (std::vector<std::string>{"before it is open", "after"}));
  EXPECT_EQ(request_seen.target, "/ws?clientId=1");
  EXPECT_EQ(request_seen.headers.get("Authorization"), "Bearer secret");
  EXPECT_FALSE(request_seen.headers.get("Origin").has_value());
  EXPECT_FALSE(request_seen.headers.get("Sec-WebSocket-Extensions").has_value());
  ASSERT_TRUE(session->send(make_text_frame("hello")));
  ASSERT_TRUE(session->send(make_binary_frame(std::string(3'000'000, 'b'))));
  ASSERT_TRUE(run_until(io, [&] { return heard.size() == 2; }));
  EXPECT_EQ(heard, (std::vector<std::string>{"hello", "binary 3000000"}));
}

TEST_F(WebSocketClientTest, ClosesInPeace) {
  serve();
  connect(server->port());
  ASSERT_TRUE(is_open());
  client->close();
  EXPECT_EQ(closings, 0) << "never from inside the call";
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "closed by us"));
  EXPECT_TRUE(run_until(io, [&] { return session == nullptr; }));
}

TEST_F(WebSocketClientTest, SaysWithWhichCodeTheServerClosed) {
  serve();
  connect(server->port());
  ASSERT_TRUE(is_open());
  session->close(1013, "too slow");
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "code 1013: too slow"));
}

TEST_F(WebSocketClientTest, CallsNoHandlerOnceItIsDestroyed) {
  serve();
  connect(server->port());
  ASSERT_TRUE(is_open());
  ASSERT_TRUE(session->send(make_text_frame("unheard")));
  client.reset();
  EXPECT_TRUE(run_until(io, [&] { return session == nullptr; }));
  EXPECT_EQ(closings, 0);
  EXPECT_TRUE(heard.empty());
}

TEST_F(WebSocketClientTest, SaysWhyItWasNotOpened) {
  serve();
  refusal.emplace();
  refusal->status = 401;
  connect(server->port());
  EXPECT_TRUE(is_closed(base::ErrorCode::denied, "HTTP status 401"));

  closings = 0;
  const std::uint16_t port = server->port();
  server.reset();
  connect(port);
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "refused"));
}

TEST_F(WebSocketClientTest, GivesUpOnAServerThatDoesNotAnswer) {
  RawServer raw(io);
  WebSocketClientOptions options;
  options.connect_timeout_ms = 50;
  connect(raw.port(), options);
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "no answer within 50 ms"));
}

TEST_F(WebSocketClientTest, RefusesAWrongHandshake) {
  RawServer raw(io);
  connect(raw.port());
  ASSERT_TRUE(raw.sees("\r\n\r\n"));
  raw.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      "x\r\n\r\n");
  EXPECT_TRUE(is_closed(base::ErrorCode::invalid, "handshake"));
  EXPECT_FALSE(opened);
}

TEST_F(WebSocketClientTest, RefusesAnExtensionItDidNotOffer) {
  RawServer raw(io);
  connect(raw.port());
  raw.accept("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_TRUE(is_closed(base::ErrorCode::invalid, "extension"));
}

TEST_F(WebSocketClientTest, HearsWhatComesWithTheHandshakeAndInFragments) {
  RawServer raw(io);
  connect(raw.port());
  auto first = make_websocket_frame(Opcode::text, "one ");
  first[0] = static_cast<char>(first[0] & 0x7f);
  raw.accept("", make_websocket_frame(Opcode::text, "zero") + first);
  ASSERT_TRUE(run_until(io, [&] { return heard.size() == 1; }));
  raw.received().clear();
  raw.write(make_websocket_frame(Opcode::ping, "?") + make_websocket_frame(Opcode::continuation, "message"));
  ASSERT_TRUE(run_until(io, [&] { return heard.size() == 2; }));
  EXPECT_EQ(heard, (std::vector<std::string>{"zero", "one message"}));
  EXPECT_TRUE(run_until(io, [&] { return raw.received().size() == 2 + 4 + 1; })) << "a masked pong";
  EXPECT_EQ(static_cast<unsigned char>(raw.received()[0]), 0x8a);
}

TEST_F(WebSocketClientTest, ClosesOnAMessageOverItsBound) {
  RawServer raw(io);
  WebSocketClientOptions options;
  options.max_message_bytes = 1000;
  connect(raw.port(), options);
  raw.accept();
  ASSERT_TRUE(is_open());
  raw.received().clear();
  raw.write(make_websocket_frame(Opcode::binary, std::string(1001, 'x')));
  ASSERT_TRUE(run_until(io, [&] { return raw.received().starts_with("\x88"); }));
  raw.close();
  EXPECT_TRUE(is_closed(base::ErrorCode::too_large, "over the bound of 1000 bytes"));
}

TEST_F(WebSocketClientTest, ClosesOnInvalidUtf8) {
  RawServer raw(io);
  connect(raw.port());
  raw.accept();
  ASSERT_TRUE(is_open());
  raw.write(make_websocket_frame(Opcode::text, "\xff"));
  ASSERT_TRUE(raw.sees("\x88"));
  raw.close();
  EXPECT_TRUE(is_closed(base::ErrorCode::invalid, "UTF-8"));
  EXPECT_TRUE(heard.empty());
}

TEST_F(WebSocketClientTest, CountsASilentServerAsDead) {
  RawServer raw(io);
  WebSocketClientOptions options;
  options.ping_interval_ms = 20;
  options.ping_timeout_ms = 100;
  connect(raw.port(), options);
  raw.accept();
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "no answer to a ping within 100 ms"));
  EXPECT_TRUE(raw.sees("\x89")) << "a ping";
}

TEST_F(WebSocketClientTest, StaysOnAServerThatAnswersPings) {
  serve();
  WebSocketClientOptions options;
  options.ping_interval_ms = 20;
  options.ping_timeout_ms = 5'000;
  connect(server->port(), options);
  ASSERT_TRUE(is_open());
  io.restart();
  io.run_for(std::chrono::milliseconds(200));
  EXPECT_EQ(closings, 0);
  client->send_text("still here");
  EXPECT_TRUE(run_until(io, [&] { return server_heard.size() == 1; }));
}

TEST_F(WebSocketClientTest, NoticesALostConnection) {
  RawServer raw(io);
  connect(raw.port());
  raw.accept();
  ASSERT_TRUE(is_open());
  raw.close();
  EXPECT_TRUE(is_closed(base::ErrorCode::unavailable, "ended"));
}

TEST_F(WebSocketClientTest, MayBeDestroyedFromInsideItsHandler) {
  serve();
  WebSocketClient::Handlers handlers;
  bool gone = false;
  handlers.text = [&](std::string_view) {
    client.reset();
    gone = true;
  };
  client = std::make_unique<WebSocketClient>(io, Url{"http", "127.0.0.1", server->port(), ""}, "/",
                                             WebSocketClientOptions{}, std::move(handlers));
  client->start();
  ASSERT_TRUE(run_until(io, [&] { return session != nullptr; }));
  session->send(make_text_frame("go"));
  EXPECT_TRUE(run_until(io, [&] { return gone && session == nullptr; }));
}

}  // namespace
}  // namespace comfytrace::net
