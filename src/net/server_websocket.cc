#include "net/server_websocket.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/container/static_vector.hpp>
#include <utility>

#include "base/clock.h"
#include "net/response_head.h"
#include "net/websocket_handshake.h"

namespace comfytrace::net {
namespace {

constexpr std::int64_t kLingerMs = 1'000;
constexpr std::size_t kGatheredFrames = 32;

}  // namespace

std::shared_ptr<const std::string> make_text_frame(std::string_view payload) {
  return std::make_shared<const std::string>(make_websocket_frame(WebSocketOpcode::text, payload));
}

std::shared_ptr<const std::string> make_binary_frame(std::string_view payload) {
  return std::make_shared<const std::string>(make_websocket_frame(WebSocketOpcode::binary, payload));
}

ServerWebSocket::ServerWebSocket(std::shared_ptr<ServerCore> core, tcp::socket socket)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      decoder_(WebSocketDecoder::Sender::client, core_->limits.max_websocket_message_bytes),
      last_received_ms_(base::system_clock().steady_ms()),
      last_ping_ms_(last_received_ms_) {}

void ServerWebSocket::start(std::string_view key) {
  HttpResponse response;
  response.status = 101;
  response.headers.set("Upgrade", "websocket");
  response.headers.set("Sec-WebSocket-Accept", websocket_accept(key));
  send(std::make_shared<const std::string>(make_response_head(response, {})));
}

void ServerWebSocket::begin_reading(const std::string& received) {
  take(received);
  wait_readable();
}

bool ServerWebSocket::send(std::shared_ptr<const std::string> frame) {
  if (state_ != State::open) return false;
  if (!queue_.empty()) {
    const ServerLimits& limits = core_->limits;
    if (queue_.size() >= limits.max_websocket_queue_frames) return false;
    if (queued_bytes_ + frame->size() > limits.max_websocket_queue_bytes) return false;
    enqueue(std::move(frame), 0);
    return true;
  }
  error_code failure;
  const std::size_t sent = socket_.write_some(asio::buffer(*frame), failure);
  if (failure && !is_would_block(failure)) {
    end(false);
    return false;
  }
  if (sent == frame->size()) return true;
  enqueue(std::move(frame), sent);
  wait_writable();
  return true;
}

void ServerWebSocket::enqueue(std::shared_ptr<const std::string> frame, std::size_t already_sent) {
  if (queue_.empty()) first_sent_ = already_sent;
  queued_bytes_ += frame->size() - already_sent;
  queue_.push_back(std::move(frame));
}

void ServerWebSocket::wait_writable() {
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& error) { self->on_writable(error); });
}

void ServerWebSocket::on_writable(const error_code& error) {
  if (state_ != State::open) return;
  if (error) return end(false);
  while (!queue_.empty()) {
    boost::container::static_vector<asio::const_buffer, kGatheredFrames> buffers;
    for (const auto& frame : queue_) {
      if (buffers.size() == kGatheredFrames) break;
      buffers.push_back(asio::buffer(*frame) + (buffers.empty() ? first_sent_ : 0));
    }
    error_code failure;
    std::size_t sent = socket_.write_some(buffers, failure);
    if (is_would_block(failure)) return wait_writable();
    if (failure) return end(false);
    queued_bytes_ -= sent;
    while (sent > 0) {
      const std::size_t left = queue_.front()->size() - first_sent_;
      if (sent < left) {
        first_sent_ += sent;
        break;
      }
      sent -= left;
      first_sent_ = 0;
      queue_.pop_front();
    }
  }
}

void ServerWebSocket::wait_readable() {
  if (state_ == State::gone) return;
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& error) { self->on_readable(error); });
}

void ServerWebSocket::on_readable(const error_code& error) {
  if (state_ == State::gone) return;
  error_code failure = error;
  const std::size_t got = failure ? 0 : socket_.read_some(asio::buffer(core_->scratch), failure);
  if (is_would_block(failure)) return wait_readable();
  if (failure) {
    end(false);
    return release();
  }
  take({core_->scratch.data(), got});
  wait_readable();
}

void ServerWebSocket::take(std::string_view bytes) {
  if (state_ != State::open || bytes.empty()) return;
  last_received_ms_ = base::system_clock().steady_ms();
  const auto violation = decoder_.feed(bytes, [this](const WebSocketEvent& event) { return on_event(event); });
  if (violation) close(violation->code, violation->reason);
}

bool ServerWebSocket::on_event(const WebSocketEvent& event) {
  switch (event.kind) {
    case WebSocketOpcode::text:
      if (on_text) on_text(event.payload);
      break;
    case WebSocketOpcode::binary:
      if (on_binary) on_binary(event.payload);
      break;
    case WebSocketOpcode::ping:
      // A client that pings and does not read gets no pong once its queue is full.
      send(std::make_shared<const std::string>(make_websocket_frame(WebSocketOpcode::pong, event.payload)));
      break;
    case WebSocketOpcode::close:
      close(event.close_code, "");
      break;
    case WebSocketOpcode::pong:
    case WebSocketOpcode::continuation:
      break;
  }
  return state_ == State::open;
}

void ServerWebSocket::close(std::uint16_t code, std::string reason) {
  if (state_ != State::open) return;
  // Behind unsent frames it would have to wait for a peer that may never read.
  const bool pipe_is_free = queue_.empty();
  if (pipe_is_free) {
    error_code ignored;
    const std::string frame = make_websocket_frame(WebSocketOpcode::close, make_close_payload(code, reason));
    socket_.write_some(asio::buffer(frame), ignored);
  }
  end(pipe_is_free);
}

void ServerWebSocket::check_deadline(std::int64_t now_ms) {
  if (state_ == State::ending && now_ms >= linger_until_ms_) return release();
  if (state_ != State::open) return;
  if (now_ms - last_received_ms_ >= core_->limits.websocket_dead_ms) return end(false);
  if (now_ms - std::max(last_received_ms_, last_ping_ms_) >= core_->limits.websocket_ping_ms) {
    last_ping_ms_ = now_ms;
    send(std::make_shared<const std::string>(make_websocket_frame(WebSocketOpcode::ping, "")));
  }
}

void ServerWebSocket::abort() {
  const auto self = shared_from_this();
  close(1001, "the server is stopping");
  notify_closed();
  release();
}

void ServerWebSocket::end(bool linger) {
  if (state_ != State::open) return;
  state_ = State::ending;
  queue_.clear();
  queued_bytes_ = 0;
  error_code ignored;
  if (linger) {
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    linger_until_ms_ = base::system_clock().steady_ms() + kLingerMs;
  }
  // Posted: the owner may be inside send(), walking over its sessions.
  asio::post(core_->io, [self = shared_from_this(), linger] {
    self->notify_closed();
    if (!linger) self->release();
  });
}

void ServerWebSocket::notify_closed() {
  if (std::exchange(notified_, true)) return;
  const auto notify = std::exchange(on_close, nullptr);
  if (notify) notify();
  // What the handlers hold may hold this session. They may be running now, so they go later.
  asio::post(core_->io, [text = std::exchange(on_text, nullptr), binary = std::exchange(on_binary, nullptr)] {});
}

void ServerWebSocket::release() {
  if (state_ == State::gone) return;
  end(false);
  state_ = State::gone;
  const auto self = shared_from_this();
  error_code ignored;
  socket_.close(ignored);
  core_->remove(this);
}

}  // namespace comfytrace::net
