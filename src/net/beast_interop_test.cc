// The one unit that speaks Beast's WebSockets: an independent implementation on the other side of both of ours.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "net/http_server.h"
#include "net/test_peer.h"
#include "net/websocket_client.h"

namespace comfytrace::net {
namespace {

namespace beast = boost::beast;
using BeastStream = beast::websocket::stream<tcp::socket>;

TEST(BeastInterop, ItsClientTalksWithOurServer) {
  asio::io_context io;
  ServerHandlers handlers;
  std::shared_ptr<WebSocketSession> session;
  handlers.accept_websocket = [](const HttpRequest&) { return std::optional<HttpResponse>(); };
  handlers.opened = [&](const HttpRequest&, std::shared_ptr<WebSocketSession> opened) {
    session = std::move(opened);
    session->on_text = [&](std::string_view text) { session->send(make_text_frame(text)); };
    session->on_binary = [&](std::string_view bytes) { session->send(make_binary_frame(bytes)); };
  };
  HttpServer server(io, std::move(handlers));
  ASSERT_TRUE(server.start("127.0.0.1", 0).ok());

  std::vector<std::string> echoed;
  std::uint16_t close_code = 0;
  std::atomic<bool> done = false;
  std::jthread other_side([&, port = server.port()] {
    asio::io_context client_io;
    BeastStream stream(client_io);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream.handshake("localhost", "/live");
    stream.auto_fragment(true);
    stream.write_buffer_bytes(512);
    for (const std::size_t size : {0u, 5u, 126u, 70'000u}) {
      stream.binary(size == 5);
      stream.write(asio::buffer(std::string(size, 'e')));
      beast::flat_buffer buffer;
      stream.read(buffer);
      EXPECT_EQ(stream.got_binary(), size == 5);
      echoed.push_back(beast::buffers_to_string(buffer.data()));
    }
    stream.ping("are you there");
    stream.text(true);
    stream.write(asio::buffer(std::string("bye")));
    beast::flat_buffer buffer;
    stream.read(buffer);
    stream.close({static_cast<beast::websocket::close_code>(4001), "done"});
    close_code = stream.reason().code;
    done = true;
  });
  EXPECT_TRUE(run_until(io, [&] { return done.load(); }));
  other_side.join();
  ASSERT_EQ(echoed.size(), 4u);
  EXPECT_EQ(echoed[3], std::string(70'000, 'e'));
  EXPECT_EQ(close_code, 4001);
}

TEST(BeastInterop, OurClientTalksWithItsServer) {
  asio::io_context io;
  asio::io_context server_io;
  tcp::acceptor acceptor(server_io, {asio::ip::address_v4::loopback(), 0});
  std::vector<std::string> server_heard;
  std::jthread other_side([&] {
    BeastStream stream(acceptor.accept());
    stream.accept();
    stream.auto_fragment(true);
    stream.write_buffer_bytes(1000);
    for (int i = 0; i < 2; ++i) {
      beast::flat_buffer buffer;
      stream.read(buffer);
      server_heard.push_back(beast::buffers_to_string(buffer.data()));
      stream.text(true);
      stream.write(asio::buffer(std::string(40'000, 's')));
    }
    stream.close({beast::websocket::close_code::service_restart, "back soon"});
  });

  std::vector<std::string> heard;
  std::optional<base::Error> closed;
  WebSocketClient::Handlers handlers;
  std::unique_ptr<WebSocketClient> client;
  handlers.opened = [&] { client->send_text("first"); };
  handlers.text = [&](std::string_view text) {
    heard.emplace_back(text);
    if (heard.size() == 1) client->send_text(std::string(100'000, 'c'));
  };
  handlers.closed = [&](base::Error why) { closed = std::move(why); };
  client = std::make_unique<WebSocketClient>(io, Url{"http", "127.0.0.1", acceptor.local_endpoint().port(), ""}, "/ws",
                                             WebSocketClientOptions{}, std::move(handlers));
  client->start();
  EXPECT_TRUE(run_until(io, [&] { return closed.has_value(); }));
  other_side.join();
  EXPECT_EQ(server_heard, (std::vector<std::string>{"first", std::string(100'000, 'c')}));
  EXPECT_EQ(heard, (std::vector<std::string>{std::string(40'000, 's'), std::string(40'000, 's')}));
  ASSERT_TRUE(closed.has_value());
  EXPECT_NE(closed->message.find("1012: back soon"), std::string::npos) << closed->message;
}

}  // namespace
}  // namespace comfytrace::net
