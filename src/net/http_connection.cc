#include "net/http_connection.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/counters.h"
#include "net/response_head.h"
#include "net/server_websocket.h"
#include "net/websocket_handshake.h"

namespace comfytrace::net {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDrainMs = 2'000;

std::int64_t in_ms(std::int64_t delay_ms) {
  return base::system_clock().steady_ms() + delay_ms;
}

HttpResponse text_response(int status, const std::string& message) {
  HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = message + "\n";
  return response;
}

// Shared by the copies of one Respond. When the last copy goes without an answer, the client is told so rather than
// left waiting.
class Answer {
 public:
  using Deliver = std::function<void(HttpResponse)>;
  explicit Answer(Deliver deliver) : deliver_(std::move(deliver)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { give(text_response(500, "The request was not answered")); }
  void give(HttpResponse response) {
    if (!given_.exchange(true)) deliver_(std::move(response));
  }

 private:
  Deliver deliver_;
  std::atomic<bool> given_ = false;
};

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<ServerCore> core, tcp::socket socket, std::string remote_address)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      remote_address_(std::move(remote_address)),
      deadline_ms_(in_ms(core_->limits.idle_timeout_ms)),
      parser_(core_->limits.max_header_bytes, core_->limits.max_body_bytes) {}

void HttpConnection::start() {
  wait_readable();
}

void HttpConnection::check_deadline(std::int64_t now_ms) {
  if (now_ms < deadline_ms_) return;
  if (phase_ == Phase::reading && parser_.started()) {
    refuse(408, "the request did not arrive in time");
  } else {
    close();
  }
}

void HttpConnection::wait_readable() {
  if (waits_readable_ || phase_ == Phase::closed) return;
  waits_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->waits_readable_ = false;
    self->on_readable(error);
  });
}

void HttpConnection::on_readable(const error_code& error) {
  if (phase_ != Phase::reading && phase_ != Phase::draining) return;
  if (error) return close();
  error_code failure;
  const std::size_t got = socket_.read_some(asio::buffer(core_->scratch), failure);
  if (is_would_block(failure)) return wait_readable();
  if (failure) return close();
  if (phase_ == Phase::draining) return wait_readable();
  in_.append(core_->scratch.data(), got);
  process();
}

void HttpConnection::process() {
  const bool was_started = parser_.started();
  switch (parser_.parse(in_)) {
    case ParseState::complete:
      return handle();
    case ParseState::refused:
      return refuse(parser_.refusal().status, parser_.refusal().message);
    case ParseState::need_more:
      break;
  }
  if (parser_.started() && !was_started) deadline_ms_ = in_ms(core_->limits.header_timeout_ms);
  if (parser_.take_expects_continue()) {
    // At this point nothing else is unsent, so these bytes fit the socket buffer.
    error_code failure;
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (socket_.write_some(asio::buffer(kContinue), failure) != kContinue.size()) return close();
  }
  wait_readable();
}

void HttpConnection::handle() {
  HttpRequest request = parser_.take();
  request.remote_address = remote_address_;
  keep_alive_ = parser_.keep_alive();
  http_1_0_ = parser_.is_http_1_0();
  head_only_ = request.method == "HEAD";
  parser_ = RequestParser(core_->limits.max_header_bytes, core_->limits.max_body_bytes);
  phase_ = Phase::handling;
  deadline_ms_ = kNever;
  ++serial_;
  if (core_->handlers.accept_websocket && !http_1_0_ && is_websocket_upgrade(request))
    return upgrade(std::move(request));
  core_->handlers.http(std::move(request), make_respond());
}

void HttpConnection::upgrade(HttpRequest request) {
  if (auto wrong = check_websocket_upgrade(request)) return answer(std::move(*wrong));
  auto refusal = core_->handlers.accept_websocket(request);
  if (phase_ != Phase::handling) return;
  if (refusal) return answer(std::move(*refusal));

  const auto self = shared_from_this();
  auto session = std::make_shared<ServerWebSocket>(core_, std::move(socket_));
  phase_ = Phase::closed;
  core_->add(session);
  core_->remove(this);
  session->start(*request.headers.get("Sec-WebSocket-Key"));
  if (core_->handlers.opened) core_->handlers.opened(request, session);
  session->begin_reading(std::exchange(in_, {}));
}

Respond HttpConnection::make_respond() {
  auto deliver = [&io = core_->io, self = weak_from_this(), serial = serial_](HttpResponse response) {
    asio::post(io, [self, serial, response = std::move(response)]() mutable {
      if (const auto connection = self.lock()) connection->respond(serial, std::move(response));
    });
  };
  return [answer = std::make_shared<Answer>(std::move(deliver))](HttpResponse response) {
    answer->give(std::move(response));
  };
}

void HttpConnection::refuse(int status, const std::string& message) {
  base::counters().add(base::Counter::api_requests_refused);
  keep_alive_ = false;
  head_only_ = false;
  answer(text_response(status, message));
}

void HttpConnection::respond(std::uint64_t serial, HttpResponse response) {
  if (phase_ == Phase::handling && serial == serial_) answer(std::move(response));
}

void HttpConnection::answer(HttpResponse response) {
  if (has_token(response.headers, "Connection", "close")) keep_alive_ = false;
  const bool has_body = status_has_body(response.status);
  ResponseFraming framing;
  stream_.reset();
  if (response.stream) {
    framing.content_length = response.stream_bytes;
    framing.chunked = !response.stream_bytes && !http_1_0_;
    // Without a length and without chunks the end of the connection is the end of the body.
    if (!response.stream_bytes && http_1_0_) keep_alive_ = false;
  } else {
    framing.content_length = response.shared_body ? response.shared_body->size() : response.body.size();
  }
  if (!has_body) {
    framing.content_length.reset();
    framing.chunked = false;
  }
  framing.keep_alive = keep_alive_;
  out_ = make_response_head(response, framing);
  written_ = 0;
  if (has_body && !head_only_) {
    stream_ = std::move(response.stream);
    if (!stream_) {
      body_ = std::move(response.body);
      shared_body_ = std::move(response.shared_body);
    }
  }
  chunked_ = framing.chunked;
  stream_left_ = response.stream_bytes;
  stream_ended_ = false;
  phase_ = Phase::writing;
  flush();
}

void HttpConnection::flush() {
  if (phase_ != Phase::writing) return;
  const std::string& body = shared_body_ ? *shared_body_ : body_;
  const std::size_t total = out_.size() + body.size();
  while (written_ < total) {
    const std::size_t of_head = std::min(written_, out_.size());
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(out_) + of_head,
                                                     asio::buffer(body) + (written_ - of_head)};
    error_code failure;
    written_ += socket_.write_some(parts, failure);
    if (is_would_block(failure)) {
      deadline_ms_ = in_ms(core_->limits.idle_timeout_ms);
      socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
        if (error) return self->close();
        self->flush();
      });
      return;
    }
    if (failure) return close();
  }
  on_flushed();
}

void HttpConnection::on_flushed() {
  out_.clear();
  body_ = {};
  shared_body_.reset();
  written_ = 0;
  deadline_ms_ = kNever;
  if (stream_ && !stream_ended_) return next_part();
  finish_response();
}

void HttpConnection::next_part() {
  // Posted: the stream may call back from inside next(), and is never destroyed from inside its own call.
  stream_->next([self = weak_from_this(), &io = core_->io](base::Result<std::optional<std::string>> part) {
    asio::post(io, [self, part = std::move(part)]() mutable {
      if (const auto connection = self.lock()) connection->on_part(std::move(part));
    });
  });
}

void HttpConnection::on_part(base::Result<std::optional<std::string>> part) {
  if (phase_ != Phase::writing || !stream_) return;
  // The status is sent: all that can still tell the client of a failure is a body that does not end as promised.
  if (!part.ok()) return close();
  std::optional<std::string> bytes = std::move(part).value();
  if (!bytes) {
    if (stream_left_ && *stream_left_ > 0) return close();
    stream_ended_ = true;
    out_ = chunked_ ? "0\r\n\r\n" : "";
  } else if (chunked_) {
    if (bytes->empty()) return next_part();  // an empty chunk would end the body
    out_ = fmt::format("{:x}\r\n", bytes->size());
    body_ = std::move(*bytes) + "\r\n";
  } else {
    if (stream_left_) {
      if (bytes->size() > *stream_left_) return close();
      *stream_left_ -= bytes->size();
    }
    body_ = std::move(*bytes);
  }
  flush();
}

void HttpConnection::finish_response() {
  stream_.reset();
  if (!keep_alive_) return drain();
  phase_ = Phase::reading;
  deadline_ms_ = in_ms(core_->limits.idle_timeout_ms);
  if (in_.empty()) return wait_readable();
  process();
}

void HttpConnection::drain() {
  // Closing with unread bytes in the kernel resets the connection and can destroy the answer on its way.
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  phase_ = Phase::draining;
  deadline_ms_ = in_ms(kDrainMs);
  in_ = {};
  wait_readable();
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  deadline_ms_ = kNever;
  const auto self = shared_from_this();
  stream_.reset();
  error_code ignored;
  socket_.close(ignored);
  core_->remove(this);
}

}  // namespace comfytrace::net
