#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include "net/asio.h"
#include "net/websocket_frame.h"

namespace comfytrace::net {

// Runs the loop until `done` holds; false when that takes unreasonably long.
inline bool run_until(asio::io_context& io, const std::function<bool()>& done,
                      std::chrono::milliseconds patience = std::chrono::seconds(20)) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  io.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    io.run_one_for(std::chrono::milliseconds(20));
    io.restart();
  }
  return true;
}

// A peer that says exactly what a test tells it to, on the loop of the test.
class TestPeer {
 public:
  TestPeer(asio::io_context& io, std::uint16_t port) : io_(io), socket_(io) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    socket_.non_blocking(true);
  }

  TestPeer& write(std::string_view bytes) {
    run_until(io_, [&] {
      error_code failure;
      bytes.remove_prefix(socket_.write_some(asio::buffer(bytes), failure));
      return bytes.empty() || (failure && failure != asio::error::would_block);
    });
    return *this;
  }

  // What has come so far and was not taken.
  std::string& received() {
    char buffer[16 << 10];
    while (!ended_) {
      error_code failure;
      const std::size_t got = socket_.read_some(asio::buffer(buffer), failure);
      if (failure == asio::error::would_block) break;
      if (failure) ended_ = true;
      received_.append(buffer, got);
    }
    return received_;
  }
  bool sees(std::string_view text) {
    return run_until(io_, [&] { return received().find(text) != std::string::npos; });
  }
  // The other side has closed or reset the connection.
  bool sees_end() {
    return run_until(io_, [&] {
      received();
      return ended_;
    });
  }
  // Everything up to the end of the connection.
  std::string rest() {
    sees_end();
    return received_;
  }

  // Upgrades to a WebSocket; false when the server refuses.
  bool upgrade(std::string_view target = "/") {
    write("GET " + std::string(target) +
          " HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    if (!sees("\r\n\r\n") || !received_.starts_with("HTTP/1.1 101")) return false;
    received_.erase(0, received_.find("\r\n\r\n") + 4);
    return true;
  }
  TestPeer& send_frame(WebSocketOpcode opcode, std::string_view payload) {
    return write(make_websocket_frame(opcode, payload, 0x12345678));
  }
  TestPeer& shutdown_send() {
    socket_.shutdown(tcp::socket::shutdown_send);
    return *this;
  }
  void close() { socket_.close(); }

 private:
  asio::io_context& io_;
  tcp::socket socket_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace comfytrace::net
