#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "net/connection.h"
#include "net/http_connection.h"

namespace comfytrace::net {
namespace {

constexpr std::int64_t kSweepMs = 1'000;
constexpr std::int64_t kAcceptPauseMs = 100;

std::string address_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

base::Error listen_error(const std::string& host, std::uint16_t port, const error_code& failure) {
  const std::string where = host + ":" + std::to_string(port);
  if (failure == asio::error::address_in_use) {
    return {base::ErrorCode::conflict, "Cannot listen on " + where + ": the port is in use", "",
            "stop the program that holds it, or choose another port"};
  }
  if (failure == asio::error::access_denied) {
    return {base::ErrorCode::denied, "Cannot listen on " + where + ": not permitted", "", "choose a port above 1023"};
  }
  return {base::ErrorCode::invalid, "Cannot listen on " + where + ": " + failure.message(), "",
          "give an address of this machine, such as 127.0.0.1"};
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(asio::io_context& io, ServerHandlers handlers, ServerLimits limits)
      : core(std::make_shared<ServerCore>(io, std::move(handlers), limits)), acceptor(io), sweeper(io), pause(io) {}

  base::Result<void> start(const std::string& host, std::uint16_t wanted_port);
  void accept();
  void on_accepted(tcp::socket socket);
  void sweep();
  void stop();

  std::shared_ptr<ServerCore> core;
  tcp::acceptor acceptor;
  asio::steady_timer sweeper;
  asio::steady_timer pause;
  std::uint16_t port = 0;
};

base::Result<void> HttpServer::Impl::start(const std::string& host, std::uint16_t wanted_port) {
  error_code failure;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failure);
  if (failure) return listen_error(host, wanted_port, failure);
  const tcp::endpoint endpoint(address, wanted_port);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(tcp::acceptor::max_listen_connections, failure);
  if (failure) {
    error_code ignored;
    acceptor.close(ignored);
    return listen_error(host, wanted_port, failure);
  }
  port = acceptor.local_endpoint(failure).port();
  accept();
  sweep();
  return {};
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const error_code& failure, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!failure) {
      self->on_accepted(std::move(socket));
      return self->accept();
    }
    // Out of file descriptors, or a client that went before it was accepted: without a pause this would spin.
    self->pause.expires_after(std::chrono::milliseconds(kAcceptPauseMs));
    self->pause.async_wait([self](const error_code& cancelled) {
      if (!cancelled && self->acceptor.is_open()) self->accept();
    });
  });
}

void HttpServer::Impl::on_accepted(tcp::socket socket) {
  error_code failure;
  const auto peer = socket.remote_endpoint(failure);
  if (failure) return;
  socket.non_blocking(true, failure);
  if (failure) return;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (core->connections.size() >= core->limits.max_connections) {
    base::counters().add(base::Counter::api_requests_refused);
    constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";
    socket.write_some(asio::buffer(kFull), ignored);
    return;
  }
  auto connection = std::make_shared<HttpConnection>(core, std::move(socket), address_text(peer));
  core->add(connection);
  connection->start();
}

void HttpServer::Impl::sweep() {
  const ServerLimits& limits = core->limits;
  // Once a second, but not coarser than a quarter of the shortest limit.
  const std::int64_t shortest_ms =
      std::min({limits.header_timeout_ms, limits.idle_timeout_ms, limits.websocket_ping_ms, limits.websocket_dead_ms});
  sweeper.expires_after(std::chrono::milliseconds(std::clamp<std::int64_t>(shortest_ms / 4, 10, kSweepMs)));
  sweeper.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled || !self->acceptor.is_open()) return;
    const std::int64_t now_ms = base::system_clock().steady_ms();
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(self->core->connections.size());
    for (const auto& [key, connection] : self->core->connections) all.push_back(connection);
    for (const auto& connection : all) connection->check_deadline(now_ms);
    if (self->acceptor.is_open()) self->sweep();
  });
}

void HttpServer::Impl::stop() {
  error_code ignored;
  acceptor.close(ignored);
  sweeper.cancel();
  pause.cancel();
  while (!core->connections.empty()) {
    const auto connection = core->connections.begin()->second;
    connection->abort();
  }
}

HttpServer::HttpServer(asio::io_context& io, ServerHandlers handlers, ServerLimits limits)
    : impl_(std::make_shared<Impl>(io, std::move(handlers), limits)) {}

HttpServer::~HttpServer() {
  stop();
}

base::Result<void> HttpServer::start(const std::string& host, std::uint16_t port) {
  return impl_->start(host, port);
}
std::uint16_t HttpServer::port() const {
  return impl_->port;
}
void HttpServer::stop() {
  impl_->stop();
}
std::size_t HttpServer::connections() const {
  return impl_->core->connections.size();
}

}  // namespace comfytrace::net
