#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "net/http_client.h"
#include "net/websocket_client.h"
#include "replay/replay_server.h"

namespace comfytrace::replay {

// A WebSocket client that keeps what it gets. For tests.
class TestSocket {
 public:
  TestSocket(asio::io_context& io, std::uint16_t port, const std::string& target);

  std::vector<std::string> frames;  // texts as they are, binaries with "binary " before
  std::vector<std::string> types;   // "type" of texts, "binary N" of binaries, "?" of what is no JSON
  bool opened = false;
  std::optional<std::string> closed;
  net::WebSocketClient client;

  [[nodiscard]] std::size_t count(std::string_view type) const;
};

// One io_context, one replay, and what a test does with it. Everything waits for an event, nothing for a time; a test
// that waits in vain fails after a generous limit.
class Theatre {
 public:
  Theatre(const std::vector<std::string>& names, ReplayOptions options);
  ~Theatre();

  std::unique_ptr<TestSocket> connect(const std::string& target);
  // False if it did not come true.
  [[nodiscard]] bool until(const std::function<bool()>& come_true);
  struct Answer {
    int status = 0;
    std::string body;
    base::json::value json;
  };
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "");

  asio::io_context io{1};
  ReplayServer server;
  std::unique_ptr<net::HttpClient> http;
  bool finished = false;
};

[[nodiscard]] Recording test_recording(const std::string& name);

}  // namespace comfytrace::replay
