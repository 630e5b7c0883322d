#include "net/http_exchange.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"

namespace comfytrace::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kMaxIdle = 4;
constexpr std::int64_t kMaxIdleMs = 30'000;

// A stream that is dropped unread ends its transfer.
class ExchangeBody : public BodyStream {
 public:
  explicit ExchangeBody(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  ~ExchangeBody() override { exchange_->abandon(); }
  void next(Part part) override { exchange_->next_part(std::move(part)); }

 private:
  std::shared_ptr<HttpExchange> exchange_;
};

std::string host_of(const Url& server) {
  // Some servers of names know themselves without the port only.
  const bool usual = server.scheme == "https" ? server.port == 443 : server.port == 80;
  std::string host = server.authority();
  return usual ? host.substr(0, host.rfind(':')) : host;
}

}  // namespace

std::shared_ptr<ClientStream> IdleConnections::take() {
  const std::int64_t now_ms = base::system_clock().steady_ms();
  while (!idle_.empty()) {
    const Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (now_ms - last.since_ms > kMaxIdleMs) continue;
    // Readable while nothing was asked: the server has closed it, or talks out of turn.
    tcp::socket& socket = last.stream->socket();
    error_code failure;
    char byte = 0;
    socket.non_blocking(true, failure);
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failure);
    if (failure == asio::error::would_block || failure == asio::error::try_again) return last.stream;
  }
  return nullptr;
}

void IdleConnections::give(std::shared_ptr<ClientStream> stream) {
  if (closed_) return;
  if (idle_.size() >= kMaxIdle) idle_.erase(idle_.begin());
  idle_.push_back({std::move(stream), base::system_clock().steady_ms()});
}

void IdleConnections::close() {
  closed_ = true;
  idle_.clear();
}

base::Result<std::string> write_request(const Url& server, const ClientRequest& request) {
  const auto breaks = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
  };
  const std::string target = server.path + request.target;
  if (target.empty() || target.front() != '/' || breaks(target) || target.find(' ') != std::string::npos) {
    return base::Error{base::ErrorCode::invalid, "The request target is malformed", "target", "percent-encode it"};
  }
  std::string bytes = request.method + " " + target + " HTTP/1.1\r\nHost: " + host_of(server) + "\r\n";
  for (const auto& [name, value] : request.headers.all()) {
    if (breaks(name) || breaks(value)) {
      return base::Error{base::ErrorCode::invalid, "A request header has a line break in it", name};
    }
    bytes.append(name).append(": ").append(value).append("\r\n");
  }
  const bool usually_has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (usually_has_body || !request.body.empty()) {
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return bytes += "\r\n" + request.body;
}

HttpExchange::HttpExchange(asio::io_context& io, Url server, std::shared_ptr<TlsContext> tls,
                           std::shared_ptr<IdleConnections> idle, ClientRequest request,
                           std::function<void(HttpExchange*)> on_end)
    : io_(io),
      server_(std::move(server)),
      tls_(std::move(tls)),
      idle_(std::move(idle)),
      request_(std::move(request)),
      on_end_(std::move(on_end)),
      timer_(io) {}

void HttpExchange::start(std::function<void(base::Result<ClientResponse>)> done) {
  done_ = std::move(done);
  begin();
}

void HttpExchange::start_stream(std::function<void(base::Result<StreamedResponse>)> done) {
  stream_done_ = std::move(done);
  begin();
}

void HttpExchange::begin() {
  auto bytes = write_request(server_, request_);
  if (!bytes.ok()) {
    // Later, as promised.
    asio::post(io_, [self = shared_from_this(), error = bytes.error()] { self->fail(error); });
    return;
  }
  out_ = std::move(*bytes);
  arm_timer();
  wire_ = idle_->take();
  reused_ = wire_ != nullptr;
  if (reused_) return send();
  connect();
}

void HttpExchange::connect() {
  dialer_ = std::make_shared<Dialer>(io_, server_);
  dialer_->dial([self = shared_from_this()](base::Result<std::shared_ptr<tcp::socket>> socket) {
    self->dialer_.reset();
    if (!socket.ok()) return self->fail(socket.error());
    self->on_connected(std::move(*socket));
  });
}

void HttpExchange::on_connected(std::shared_ptr<tcp::socket> socket) {
  if (server_.scheme != "https") {
    wire_ = plain_stream(std::move(socket));
    return send();
  }
  wire_ = start_tls(std::move(socket), server_, tls_, [self = shared_from_this()](const base::Result<void>& done) {
    if (self->ended_) return;
    if (!done) return self->fail(done.error());
    self->send();
  });
}

void HttpExchange::send() {
  const auto bound = is_stream() ? std::nullopt : std::optional<std::size_t>(request_.max_body_bytes);
  parser_.emplace(kMaxHeaderBytes, bound, request_.method == "HEAD");
  in_.clear();
  sent_ = false;
  wire_->write_all(asio::buffer(out_), [self = shared_from_this(), wire = wire_](const error_code& error, std::size_t) {
    // On an error nothing is done: a server may answer and close without reading all, and its answer
    // is read all the same.
    if (wire == self->wire_) self->sent_ = !error;
  });
  read();
}

void HttpExchange::read() {
  buffer_.resize(kReadBytes);
  wire_->read_some(asio::buffer(buffer_),
                   [self = shared_from_this(), wire = wire_](const error_code& error, std::size_t bytes) {
                     if (wire == self->wire_) self->on_bytes(error, bytes);
                   });
}

void HttpExchange::on_bytes(const error_code& error, std::size_t bytes) {
  if (ended_) return;
  if (error == asio::error::eof && parser_->started()) {
    const ParseState state = parser_->parse_end();
    if (state == ParseState::refused) return broke(error);
    return on_progress(state);
  }
  if (error) return broke(error);
  in_.append(buffer_.data(), bytes);
  on_progress(parser_->parse(in_));
}

void HttpExchange::on_progress(ParseState state) {
  if (state == ParseState::refused) {
    const bool over_bound = parser_->refusal().status == 413;
    return fail({over_bound ? base::ErrorCode::too_large : base::ErrorCode::invalid,
                 server_.authority() + " answered " + request_.method + " " + request_.target + " with something " +
                     (over_bound ? "over the bound: " : "that cannot be read: ") + parser_->refusal().message});
  }
  if (state == ParseState::complete) finish_connection();
  if (is_stream()) {
    if (stream_done_ && parser_->head_complete()) return on_head();
    if (stream_) return deliver_part();
    return read();
  }
  if (!complete_) return read();
  ClientResponse response{parser_->status(), std::move(parser_->headers()), parser_->take_body()};
  const auto done = std::exchange(done_, nullptr);
  end();
  if (done) done(std::move(response));
}

void HttpExchange::on_head() {
  stream_ = true;
  timer_.cancel();
  const auto done = std::exchange(stream_done_, nullptr);
  StreamedResponse response{parser_->status(), std::move(parser_->headers()), parser_->content_length(),
                            std::make_shared<ExchangeBody>(shared_from_this())};
  done(std::move(response));
}

void HttpExchange::next_part(BodyStream::Part part) {
  part_ = std::move(part);
  if (!ended_ && !complete_) arm_timer();
  asio::post(io_, [self = shared_from_this()] { self->deliver_part(); });
}

void HttpExchange::deliver_part() {
  if (!part_) return;
  std::string bytes = parser_ && !failure_ ? parser_->take_body() : std::string();
  if (bytes.empty() && !complete_ && !failure_) return read();
  timer_.cancel();
  const auto part = std::exchange(part_, nullptr);
  if (failure_) return part(*failure_);
  if (!bytes.empty()) return part(std::optional<std::string>(std::move(bytes)));
  end();
  part(std::optional<std::string>());
}

void HttpExchange::finish_connection() {
  complete_ = true;
  if (sent_ && parser_->keep_alive() && in_.empty() && parser_->status() != 101) idle_->give(wire_);
  wire_.reset();
}

bool HttpExchange::may_repeat() const {
  const auto& method = request_.method;
  const bool idempotent =
      method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
  return reused_ && !repeated_ && !parser_->started() && idempotent;
}

void HttpExchange::broke(const error_code& error) {
  if (may_repeat()) {
    repeated_ = true;
    reused_ = false;
    wire_.reset();
    return connect();
  }
  fail(unavailable(describe(error)));
}

base::Error HttpExchange::unavailable(const std::string& what) const {
  return {base::ErrorCode::unavailable,
          request_.method + " " + request_.target + " of " + server_.authority() + " failed: " + what};
}

void HttpExchange::fail(base::Error error) {
  if (ended_) return;
  failure_ = error;
  const auto done = std::exchange(done_, nullptr);
  const auto stream_done = std::exchange(stream_done_, nullptr);
  const auto part = std::exchange(part_, nullptr);
  end();
  if (done) return done(std::move(error));
  if (stream_done) return stream_done(std::move(error));
  if (part) part(std::move(error));
}

void HttpExchange::cancel() {
  if (ended_) return;
  done_ = nullptr;
  stream_done_ = nullptr;
  if (!complete_) failure_ = unavailable("it was cancelled");
  if (part_) asio::post(io_, [self = shared_from_this()] { self->deliver_part(); });
  end();
}

void HttpExchange::abandon() {
  part_ = nullptr;
  cancel();
}

void HttpExchange::end() {
  if (std::exchange(ended_, true)) return;
  timer_.cancel();
  if (dialer_) dialer_->cancel();
  dialer_.reset();
  if (wire_) wire_->close();
  wire_.reset();
  if (const auto on_end = std::exchange(on_end_, nullptr)) on_end(this);
}

void HttpExchange::arm_timer() {
  timer_.expires_after(std::chrono::milliseconds(request_.timeout_ms));
  timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    // A wait that has expired cannot be cancelled any more: the expiry time tells whether it still counts.
    if (cancelled || self->ended_ || self->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
    if (self->stream_ && !self->part_) return;
    self->fail(self->unavailable("no answer within " + std::to_string(self->request_.timeout_ms) + " ms"));
  });
}

}  // namespace comfytrace::net
