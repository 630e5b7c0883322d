#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "collect/collector_timings.h"
#include "net/asio.h"
#include "net/http.h"
#include "net/http_client.h"

namespace comfytrace::collect {

// HTTP to one worker, with every failure counted. I/O thread only; no callback after cancel_all() or destruction.
class WorkerRequests {
 public:
  WorkerRequests(net::asio::io_context& io, const net::Url& url, const CollectorTimings& timings);

  // The body of a 200. Errors: unavailable (not reached, or an error of the server's), invalid (it answers otherwise
  // than a ComfyUI does), denied, too_large.
  void get(const std::string& target, std::function<void(base::Result<std::string>)> done);
  // Any answer.
  void request(net::ClientRequest request, std::function<void(base::Result<net::ClientResponse>)> done);
  void cancel_all() { client_.cancel_all(); }

 private:
  net::HttpClient client_;
  std::int64_t timeout_ms_;
  std::size_t max_body_bytes_;
};

// Says of a body that could not be decoded: "GET /queue gave something else (queue_running: …)", and counts it. One
// that is only too large stays too_large.
[[nodiscard]] base::Error malformed_body(std::string_view target, const base::Error& error);

}  // namespace comfytrace::collect
