#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/metrics.h"
#include "api/services.h"
#include "base/clock.h"
#include "base/result.h"
#include "live/hub.h"
#include "net/asio.h"
#include "net/http_server.h"

namespace comfytrace::api {

struct ApiOptions {
  std::string host = "127.0.0.1";  // the address to listen on
  std::uint16_t port = 8199;       // 0: a free one
  // Further names under which the server is reached, "name" or "name:port" (behind a proxy or a port mapping).
  std::vector<std::string> names = {};
  std::string token = {};  // empty: none asked; required when `host` is not a loopback address
  std::string version = {};
  net::ServerLimits limits = {};
};

// The HTTP and WebSocket interface of docs/api.md, and the page. I/O thread only.
// `metrics`, `hub` and `clock` outlive it. Changes made over HTTP are told to the hub.
class ApiServer {
 public:
  ApiServer(net::asio::io_context& io, const base::Clock& clock, ApiOptions options, Services services, Assets assets,
            live::Hub& hub, const Metrics& metrics);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Errors: those of HttpServer::start; denied for a wider address without a token.
  [[nodiscard]] base::Result<void> start();
  [[nodiscard]] std::uint16_t port() const;
  // Ends every connection. Answers that come later from other threads go nowhere.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::api
