#include "net/websocket_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "net/dialer.h"
#include "net/http_client.h"
#include "net/http_exchange.h"
#include "net/http_parser.h"
#include "net/websocket_frame.h"
#include "net/websocket_handshake.h"

namespace comfytrace::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64u << 10;
constexpr std::int64_t kCloseMs = 2'000;

}  // namespace

struct WebSocketClient::Impl : std::enable_shared_from_this<WebSocketClient::Impl> {
  // closing: our close frame is sent and the peer's is awaited.
  enum class Phase { idle, connecting, open, closing, ended };

  Impl(asio::io_context& io_context, Url url, std::string target_text, WebSocketClientOptions client_options,
       Handlers client_handlers)
      : io(io_context),
        server(std::move(url)),
        target(std::move(target_text)),
        options(std::move(client_options)),
        handlers(std::move(client_handlers)),
        timer(io_context),
        parser(kMaxHeaderBytes, 64u << 10, false),
        decoder(WebSocketDecoder::Sender::server, options.max_message_bytes) {}

  void start();
  void on_connected(std::shared_ptr<tcp::socket> connected);
  void read();
  void on_bytes(const error_code& error, std::size_t bytes);
  void on_handshake(ParseState state);
  void on_frames(std::string_view bytes);
  bool on_event(const WebSocketEvent& event);
  void send(WebSocketOpcode opcode, std::string_view payload);
  void write();
  void begin_close(std::uint16_t code, std::string_view reason, base::Error why);
  void ping();
  void wait(std::int64_t delay_ms, void (Impl::*then)());
  void on_connect_timeout();
  void on_close_timeout() { end(*why_closing); }
  void end(base::Error why);
  void silence();

  [[nodiscard]] base::Error error(base::ErrorCode code, const std::string& what) const {
    return {code, "The WebSocket of " + server.authority() + " " + what};
  }

  asio::io_context& io;
  const Url server;
  const std::string target;
  const WebSocketClientOptions options;
  Handlers handlers;
  Phase phase = Phase::idle;
  asio::steady_timer timer;
  std::shared_ptr<Dialer> dialer;
  std::shared_ptr<tcp::socket> socket;
  std::string key;
  ResponseParser parser;
  WebSocketDecoder decoder;
  std::string in;
  std::array<char, 64u << 10> buffer;
  std::deque<std::string> out;
  bool writing = false;
  std::int64_t unanswered_since_ms = -1;  // when the first ping went out that nothing has followed; -1: none
  std::optional<base::Error> why_closing;
};

void WebSocketClient::Impl::start() {
  if (phase != Phase::idle) return;
  phase = Phase::connecting;
  wait(options.connect_timeout_ms, &Impl::on_connect_timeout);
  dialer = std::make_shared<Dialer>(io, server);
  dialer->dial([self = weak_from_this()](base::Result<std::shared_ptr<tcp::socket>> connected) {
    const auto impl = self.lock();
    if (!impl || impl->phase != Phase::connecting) return;
    impl->dialer.reset();
    if (!connected.ok()) return impl->end(connected.error());
    impl->on_connected(std::move(*connected));
  });
}

void WebSocketClient::Impl::on_connected(std::shared_ptr<tcp::socket> connected) {
  socket = std::move(connected);
  key = random_websocket_key();
  ClientRequest request;
  request.target = target;
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", key);
  if (!options.bearer_token.empty()) request.headers.set("Authorization", "Bearer " + options.bearer_token);
  auto bytes = write_request(server, request);
  if (!bytes.ok()) return end(bytes.error());
  out.push_front(std::move(*bytes));
  write();
  read();
}

void WebSocketClient::Impl::read() {
  socket->async_read_some(asio::buffer(buffer), [self = shared_from_this()](const error_code& failure, std::size_t n) {
    self->on_bytes(failure, n);
  });
}

void WebSocketClient::Impl::on_bytes(const error_code& failure, std::size_t bytes) {
  if (phase == Phase::ended) return;
  if (failure) {
    if (phase == Phase::closing) return end(*why_closing);
    if (phase == Phase::connecting && failure == asio::error::eof && parser.started()) {
      return on_handshake(parser.parse_end());
    }
    const bool by_server = failure == asio::error::eof;
    return end(error(base::ErrorCode::unavailable, by_server
                                                       ? "ended: the server closed the connection without a close frame"
                                                       : "ended: " + describe(failure)));
  }
  unanswered_since_ms = -1;
  if (phase == Phase::connecting) {
    in.append(buffer.data(), bytes);
    on_handshake(parser.parse(in));
  } else {
    on_frames({buffer.data(), bytes});
  }
  if (phase != Phase::ended) read();
}

void WebSocketClient::Impl::on_handshake(ParseState state) {
  if (state == ParseState::refused) {
    return end(
        error(base::ErrorCode::invalid, "was not opened: the answer is not HTTP (" + parser.refusal().message + ")"));
  }
  if (!parser.head_complete()) return;
  const int status = parser.status();
  if (status != 101) {
    const auto code = status == 401 || status == 403 ? base::ErrorCode::denied
                      : status == 404                ? base::ErrorCode::not_found
                                                     : base::ErrorCode::unavailable;
    return end(error(code, "was refused with HTTP status " + std::to_string(status)));
  }
  if (!has_token(parser.headers(), "Upgrade", "websocket") || !has_token(parser.headers(), "Connection", "upgrade") ||
      parser.headers().get("Sec-WebSocket-Accept") != websocket_accept(key)) {
    return end(error(base::ErrorCode::invalid, "was not opened: the handshake is not answered as it must be"));
  }
  if (parser.headers().get("Sec-WebSocket-Extensions")) {
    return end(error(base::ErrorCode::invalid, "was not opened: the server insists on an extension"));
  }
  phase = Phase::open;
  wait(options.ping_interval_ms, &Impl::ping);
  if (handlers.opened) handlers.opened();
  if (phase != Phase::open) return;
  write();
  if (const std::string behind = std::exchange(in, {}); !behind.empty()) on_frames(behind);
}

void WebSocketClient::Impl::on_frames(std::string_view bytes) {
  const auto violation = decoder.feed(bytes, [this](const WebSocketEvent& event) { return on_event(event); });
  if (!violation || phase != Phase::open) return;
  const auto code = violation->code == 1009 ? base::ErrorCode::too_large : base::ErrorCode::invalid;
  begin_close(violation->code, violation->reason, error(code, "was closed by us: " + violation->reason));
}

bool WebSocketClient::Impl::on_event(const WebSocketEvent& event) {
  if (event.kind == WebSocketOpcode::close) {
    if (phase == Phase::closing) {
      end(*why_closing);
      return false;
    }
    std::string what = "was closed by the server with code " + std::to_string(event.close_code);
    if (!event.payload.empty()) what += ": " + base::printable(event.payload);
    begin_close(event.close_code, "", error(base::ErrorCode::unavailable, what));
    return false;
  }
  if (phase != Phase::open) return phase == Phase::closing;  // what comes before the peer's close frame is dropped
  if (event.kind == WebSocketOpcode::text && handlers.text) handlers.text(event.payload);
  if (event.kind == WebSocketOpcode::binary && handlers.binary) handlers.binary(event.payload);
  if (event.kind == WebSocketOpcode::ping) send(WebSocketOpcode::pong, event.payload);
  return phase == Phase::open || phase == Phase::closing;
}

void WebSocketClient::Impl::send(WebSocketOpcode opcode, std::string_view payload) {
  if (phase == Phase::closing || phase == Phase::ended) return;
  out.push_back(make_websocket_frame(opcode, payload, random_websocket_mask()));
  if (phase == Phase::open) write();
}

void WebSocketClient::Impl::write() {
  if (writing || out.empty() || !socket) return;
  writing = true;
  asio::async_write(*socket, asio::buffer(out.front()),
                    [self = shared_from_this()](const error_code& failure, std::size_t) {
                      self->writing = false;
                      if (self->phase == Phase::ended) return;
                      self->out.pop_front();
                      // The reader sees the same failure, and what the server still said before it.
                      if (failure) return self->out.clear();
                      if (self->phase != Phase::connecting) self->write();
                    });
}

void WebSocketClient::Impl::begin_close(std::uint16_t code, std::string_view reason, base::Error why) {
  if (phase != Phase::open) return;
  send(WebSocketOpcode::close, make_close_payload(code, reason));
  phase = Phase::closing;
  why_closing = std::move(why);
  wait(kCloseMs, &Impl::on_close_timeout);
}

void WebSocketClient::Impl::ping() {
  if (phase != Phase::open) return;
  const std::int64_t now_ms = base::system_clock().steady_ms();
  if (unanswered_since_ms >= 0 && now_ms - unanswered_since_ms >= options.ping_timeout_ms) {
    return end(error(base::ErrorCode::unavailable,
                     "is dead: no answer to a ping within " + std::to_string(options.ping_timeout_ms) + " ms"));
  }
  send(WebSocketOpcode::ping, "");
  if (unanswered_since_ms < 0) unanswered_since_ms = now_ms;
  const std::int64_t dead_in_ms = unanswered_since_ms + options.ping_timeout_ms - now_ms;
  wait(std::max<std::int64_t>(1, std::min(options.ping_interval_ms, dead_in_ms)), &Impl::ping);
}

void WebSocketClient::Impl::wait(std::int64_t delay_ms, void (Impl::*then)()) {
  timer.expires_after(std::chrono::milliseconds(delay_ms));
  timer.async_wait([self = weak_from_this(), then](const error_code& cancelled) {
    const auto impl = self.lock();
    if (cancelled || !impl || impl->phase == Phase::ended) return;
    // A wait that has expired cannot be cancelled any more: the expiry time tells whether it still counts.
    if (impl->timer.expiry() > asio::steady_timer::clock_type::now()) return;
    (impl.get()->*then)();
  });
}

void WebSocketClient::Impl::on_connect_timeout() {
  end({base::ErrorCode::unavailable, "Could not connect to " + server.authority() + ": no answer within " +
                                         std::to_string(options.connect_timeout_ms) + " ms"});
}

void WebSocketClient::Impl::silence() {
  phase = Phase::ended;
  timer.cancel();
  if (dialer) dialer->cancel();
  dialer.reset();
  error_code ignored;
  if (socket) socket->close(ignored);
}

void WebSocketClient::Impl::end(base::Error why) {
  if (phase == Phase::ended) return;
  const auto self = shared_from_this();
  silence();
  if (handlers.closed) handlers.closed(std::move(why));
}

WebSocketClient::WebSocketClient(asio::io_context& io, Url server, std::string target, WebSocketClientOptions options,
                                 Handlers handlers)
    : impl_(std::make_shared<Impl>(io, std::move(server), std::move(target), std::move(options), std::move(handlers))) {
}

WebSocketClient::~WebSocketClient() {
  if (impl_->phase == Impl::Phase::open && !impl_->writing) {
    error_code ignored;
    impl_->socket->non_blocking(true, ignored);
    impl_->socket->write_some(asio::buffer(make_websocket_frame(WebSocketOpcode::close, make_close_payload(1001, ""),
                                                                random_websocket_mask())),
                              ignored);
  }
  impl_->silence();
}

void WebSocketClient::start() {
  impl_->start();
}

void WebSocketClient::send_text(std::string text) {
  impl_->send(WebSocketOpcode::text, text);
}

void WebSocketClient::close() {
  const auto why = impl_->error(base::ErrorCode::unavailable, "was closed by us");
  if (impl_->phase == Impl::Phase::open) return impl_->begin_close(1000, "", why);
  // Later: never a handler from inside a call of the owner.
  asio::post(impl_->io, [impl = impl_, why] { impl->end(why); });
}

}  // namespace comfytrace::net
