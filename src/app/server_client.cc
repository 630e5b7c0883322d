#include "app/server_client.h"

#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "net/http_client.h"
#include "net/websocket_client.h"

namespace comfytrace::app {
namespace {

base::Error problem_of(const net::ClientResponse& response) {
  base::Error error{base::ErrorCode::internal, "the server answered " + std::to_string(response.status)};
  if (response.status == 404) error.code = base::ErrorCode::not_found;
  if (response.status == 400 || response.status == 422) error.code = base::ErrorCode::invalid;
  if (response.status == 401 || response.status == 403) error.code = base::ErrorCode::denied;
  if (response.status == 409) error.code = base::ErrorCode::conflict;
  if (response.status == 502 || response.status == 503) error.code = base::ErrorCode::unavailable;
  auto body = base::parse_json(response.body);
  if (!body) return error;
  if (auto detail = base::find_string(*body, "detail")) error.message = *detail;
  if (auto field = base::find_string(*body, "field")) error.field = *field;
  if (auto mend = base::find_string(*body, "mend")) error.mend = *mend;
  return error;
}

}  // namespace

base::Result<base::json::value> ServerClient::call(const std::string& method, const std::string& target,
                                                   const std::string& body, std::int64_t timeout_ms) const {
  net::asio::io_context io(1);
  net::HttpClient client(io, server_);
  net::ClientRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.timeout_ms = timeout_ms;
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
  std::optional<base::Result<net::ClientResponse>> answer;
  client.request(std::move(request), [&](base::Result<net::ClientResponse> result) {
    answer.emplace(std::move(result));
    io.stop();
  });
  io.run();
  if (!answer) return base::Error{base::ErrorCode::internal, "no answer from " + server_.text()};
  if (!*answer) return answer->error();
  const net::ClientResponse& response = **answer;
  if (response.status < 200 || response.status > 299) return problem_of(response);
  if (response.body.empty()) return base::json::value(nullptr);
  return base::parse_json(response.body);
}

void ServerClient::follow(const std::string& query, const std::function<bool(std::string_view)>& message,
                          const std::function<bool(const base::Error&)>& lost) const {
  net::asio::io_context io(1);
  net::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const net::error_code& problem, int) {
    if (!problem) io.stop();
  });
  net::asio::steady_timer again(io);
  std::unique_ptr<net::WebSocketClient> socket;
  std::function<void()> connect = [&] {
    net::WebSocketClientOptions options;
    options.bearer_token = token_;
    net::WebSocketClient::Handlers handlers;
    handlers.text = [&](std::string_view text) {
      if (!message(text)) io.stop();
    };
    handlers.closed = [&](base::Error error) {
      if (!lost(error)) return io.stop();
      again.expires_after(std::chrono::seconds(1));
      again.async_wait([&](const net::error_code& problem) {
        if (!problem) connect();
      });
    };
    socket = std::make_unique<net::WebSocketClient>(io, server_, "/telemetry" + query, options, std::move(handlers));
    socket->start();
  };
  connect();
  io.run();
}

}  // namespace comfytrace::app
