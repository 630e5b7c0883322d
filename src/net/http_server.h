#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace comfytrace::net {

struct ServerLimits {
  std::size_t max_header_bytes = 16u << 10;
  std::size_t max_body_bytes = 32u << 20;
  std::size_t max_connections = 4096;
  std::int64_t header_timeout_ms = 10'000;             // from the first byte of a request to its end
  std::int64_t idle_timeout_ms = 60'000;               // keep-alive without a request
  std::size_t max_websocket_message_bytes = 1u << 20;  // from a client
  std::size_t max_websocket_queue_bytes = 1u << 20;    // unsent, per client
  std::size_t max_websocket_queue_frames = 256;
  std::int64_t websocket_ping_ms = 20'000;  // to a client that has sent nothing for so long
  std::int64_t websocket_dead_ms = 60'000;  // without any frame from the client: the connection is ended
};

// The server's side of one WebSocket. I/O thread only. Frames are made once and shared by all who get them.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  // Sends a complete frame (make_text_frame / make_binary_frame). False: its queue is full or it is closing, and the
  // frame was not taken.
  virtual bool send(std::shared_ptr<const std::string> frame) = 0;
  // Bytes taken and not yet given to the kernel.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  // Sends a close frame if the pipe is not full, and ends the connection without waiting for the peer.
  virtual void close(std::uint16_t code, std::string reason) = 0;

  // Set by the handler that accepts. Called on the I/O thread; on_close once, last.
  std::function<void(std::string_view text)> on_text;
  std::function<void(std::string_view bytes)> on_binary;
  std::function<void()> on_close;
};

// A complete unmasked server frame, RFC 6455.
[[nodiscard]] std::shared_ptr<const std::string> make_text_frame(std::string_view payload);
[[nodiscard]] std::shared_ptr<const std::string> make_binary_frame(std::string_view payload);

// Answers one request. May be called on any thread, once; later calls and calls after the peer has gone do nothing.
using Respond = std::function<void(HttpResponse)>;

struct ServerHandlers {
  std::function<void(HttpRequest, Respond)> http;
  // Asked for each valid upgrade request. Returning a response refuses (it is sent as HTTP); nullopt accepts, and
  // `opened` gets the session.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> accept_websocket;
  std::function<void(const HttpRequest&, std::shared_ptr<WebSocketSession>)> opened;
};

// An HTTP/1.1 and WebSocket server on the caller's io_context. Created, started and stopped on the I/O thread.
class HttpServer {
 public:
  HttpServer(asio::io_context& io, ServerHandlers handlers, ServerLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and accepts. Port 0 takes a free one. Errors: conflict (address in use), invalid, denied.
  [[nodiscard]] base::Result<void> start(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  // Stops accepting and ends every connection. Calls on_close of every session; no handler is called after it returns.
  void stop();
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::net
