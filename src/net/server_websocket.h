#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/websocket_frame.h"

namespace comfytrace::net {

// The server's side of one WebSocket. A frame goes straight to the kernel; only what the kernel does not take waits
// here, as pointers to frames that all receivers share. I/O thread only.
class ServerWebSocket : public WebSocketSession,
                        public Connection,
                        public std::enable_shared_from_this<ServerWebSocket> {
 public:
  ServerWebSocket(std::shared_ptr<ServerCore> core, tcp::socket socket);

  // Answers the handshake with `key`.
  void start(std::string_view key);
  // `received` came behind the handshake.
  void begin_reading(const std::string& received);

  bool send(std::shared_ptr<const std::string> frame) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_; }
  void close(std::uint16_t code, std::string reason) override;

  void check_deadline(std::int64_t now_ms) override;
  void abort() override;

 private:
  // ending: on_close is called or posted, and the rest of what the peer sends is discarded so that our close frame
  // survives; gone: the socket is closed.
  enum class State { open, ending, gone };

  void wait_readable();
  void on_readable(const error_code& error);
  void take(std::string_view bytes);
  bool on_event(const WebSocketEvent& event);
  void wait_writable();
  void on_writable(const error_code& error);
  void enqueue(std::shared_ptr<const std::string> frame, std::size_t already_sent);
  void end(bool linger);
  void notify_closed();
  void release();

  std::shared_ptr<ServerCore> core_;
  tcp::socket socket_;
  WebSocketDecoder decoder_;
  State state_ = State::open;
  bool notified_ = false;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t first_sent_ = 0;  // bytes of queue_.front() that the kernel has
  std::size_t queued_bytes_ = 0;
  std::int64_t last_received_ms_;
  std::int64_t last_ping_ms_;
  std::int64_t linger_until_ms_ = 0;
};

}  // namespace comfytrace::net
