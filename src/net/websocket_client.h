#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace comfytrace::net {

struct WebSocketClientOptions {
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t ping_interval_ms = 5'000;
  std::int64_t ping_timeout_ms = 10'000;  // without any frame after a ping: the connection counts as dead
  std::size_t max_message_bytes = 64u << 20;
  std::string bearer_token;  // sent as Authorization if not empty
};

// One connection to a WebSocket server. Sends no Origin, offers no compression, and never stops reading: messages are
// handed over as fast as they come. I/O thread only. Not reconnecting: that is its owner's decision.
class WebSocketClient {
 public:
  struct Handlers {
    std::function<void()> opened;
    std::function<void(std::string_view)> text;
    std::function<void(std::string_view)> binary;
    // Once, last; also when connecting failed. The error says what happened in a sentence: refused, timed out,
    // refused by HTTP status, closed by the server with code, no answer to ping, message over the bound.
    std::function<void(base::Error)> closed;
  };

  WebSocketClient(asio::io_context& io, Url server, std::string target, WebSocketClientOptions options,
                  Handlers handlers);
  ~WebSocketClient();  // closes; no handler is called any more
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  void start();
  // Queued; in order.
  void send_text(std::string text);
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::net
