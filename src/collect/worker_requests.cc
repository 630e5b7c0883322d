#include "collect/worker_requests.h"

#include <fmt/format.h>

#include <utility>

#include "base/counters.h"
#include "base/text.h"

namespace comfytrace::collect {
namespace {

base::ErrorCode code_of(int status) {
  if (status >= 500) return base::ErrorCode::unavailable;
  return status == 401 || status == 403 ? base::ErrorCode::denied : base::ErrorCode::invalid;
}

}  // namespace

WorkerRequests::WorkerRequests(net::asio::io_context& io, const net::Url& url, const CollectorTimings& timings)
    : client_(io, url), timeout_ms_(timings.http_timeout_ms), max_body_bytes_(timings.max_body_bytes) {}

void WorkerRequests::get(const std::string& target, std::function<void(base::Result<std::string>)> done) {
  net::ClientRequest request;
  request.target = target;
  this->request(std::move(request), [target, done = std::move(done)](base::Result<net::ClientResponse> answer) {
    if (!answer) return done(answer.error());
    if (answer->status == 200) return done(std::move(answer->body));
    base::counters().add(base::Counter::worker_requests_failed);
    done(base::Error{code_of(answer->status), fmt::format("GET {} gave {}", target, answer->status)});
  });
}

void WorkerRequests::request(net::ClientRequest request, std::function<void(base::Result<net::ClientResponse>)> done) {
  request.timeout_ms = timeout_ms_;
  request.max_body_bytes = max_body_bytes_;
  client_.request(std::move(request), [done = std::move(done)](base::Result<net::ClientResponse> answer) {
    if (!answer) base::counters().add(base::Counter::worker_requests_failed);
    done(std::move(answer));
  });
}

base::Error malformed_body(std::string_view target, const base::Error& error) {
  if (error.code == base::ErrorCode::too_large) {
    return {error.code, fmt::format("GET {} gave more than can be taken in at once", target)};
  }
  base::counters().add(base::Counter::bodies_malformed);
  return {base::ErrorCode::invalid,
          fmt::format("GET {} gave something else ({})", target, base::bounded_text(error.sentence(), 200))};
}

}  // namespace comfytrace::collect
