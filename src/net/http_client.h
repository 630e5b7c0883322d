#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/asio.h"
#include "net/client_stream.h"
#include "net/http.h"

namespace comfytrace::net {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers;           // Host, Connection and Content-Length are filled in; no Origin is ever sent
  std::string body;
  std::int64_t timeout_ms = 10'000;  // for the whole exchange; for streams: between two parts
  std::size_t max_body_bytes = 64u << 20;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct StreamedResponse {
  int status = 0;
  Headers headers;
  std::optional<std::uint64_t> body_bytes;  // Content-Length
  std::shared_ptr<BodyStream> body;
};

// Requests to one server. I/O thread only. Keeps idle connections (few) and makes new ones when they have gone stale.
// Errors: unavailable (refused, reset, timed out: the message says which), invalid (not HTTP), too_large.
class HttpClient {
 public:
  // `tls` is needed for a server whose scheme is https.
  HttpClient(asio::io_context& io, Url server, std::shared_ptr<TlsContext> tls = nullptr);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `done` is called once, later, on the I/O thread; never after cancel_all() or destruction.
  void request(ClientRequest request, std::function<void(base::Result<ClientResponse>)> done);
  // Hands over the head as soon as it is there and the body in parts.
  void request_stream(ClientRequest request, std::function<void(base::Result<StreamedResponse>)> done);
  void cancel_all();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::net
