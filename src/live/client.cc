#include "live/client.h"

#include <utility>

#include "base/counters.h"
#include "base/json.h"

namespace comfytrace::live {

base::Result<Subscription> parse_subscribe(std::string_view text, const Subscription& current) {
  using base::Error;
  using base::ErrorCode;
  auto message = base::parse_json(text, base::JsonLimits{.max_bytes = 4096, .max_depth = 8});
  if (!message) return message.error();
  if (base::find_string(*message, "type") != "subscribe") {
    return Error{ErrorCode::invalid, "a message of unknown type", "type", "subscribe is the only one"};
  }
  Subscription wanted = current;
  if (const auto* value = base::find(*message, "bufferMs")) {
    const auto buffer_ms = base::as_integer(*value);
    if (!buffer_ms || *buffer_ms < kMinBufferMs || *buffer_ms > kMaxBufferMs) {
      return Error{ErrorCode::invalid, "bufferMs is not a window this server offers", "bufferMs",
                   "a whole number from 20 to 5000"};
    }
    wanted.buffer_ms = *buffer_ms;
  }
  if (const auto* value = base::find(*message, "previews")) {
    if (!value->is_bool()) {
      return Error{ErrorCode::invalid, "previews is neither true nor false", "previews", "true or false"};
    }
    wanted.previews = value->get_bool();
  }
  return wanted;
}

bool Client::deliver(const std::vector<UpdatePtr>& updates, const std::vector<UpdateFrame>& shared, std::uint64_t seq,
                     std::int64_t now_ms, std::int64_t steady_ms) {
  known_seq_ = seq;
  if (slow()) {
    keep(updates.begin(), updates.end(), steady_ms);
    return drain(now_ms, steady_ms);
  }
  auto next = updates.begin();
  for (const auto& [frame, count] : shared) {
    if (session_->queued_bytes() > patience_.slow_bytes) break;
    if (!session_->send(frame)) return false;
    next += static_cast<std::ptrdiff_t>(count);
  }
  keep(next, updates.end(), steady_ms);
  return backlog_.size() <= patience_.backlog_updates;
}

bool Client::drain(std::int64_t now_ms, std::int64_t steady_ms) {
  const std::size_t unread = session_->queued_bytes();
  if (unread < unread_bytes_ || unread == 0) unread_since_ms_ = steady_ms;
  unread_bytes_ = unread;
  if (unread <= patience_.slow_bytes) {
    const auto waiting = backlog_.take();
    return deliver(waiting, make_update_frames(waiting, known_seq_, now_ms), known_seq_, now_ms, steady_ms);
  }
  return backlog_.size() <= patience_.backlog_updates && steady_ms - unread_since_ms_ <= patience_.stuck_after_ms;
}

void Client::keep(std::vector<UpdatePtr>::const_iterator from, std::vector<UpdatePtr>::const_iterator to,
                  std::int64_t steady_ms) {
  if (from == to) return;
  if (backlog_.empty()) {
    unread_since_ms_ = steady_ms;
    unread_bytes_ = session_->queued_bytes();
  }
  for (; from != to; ++from) {
    if (backlog_.add(*from)) base::counters().add(base::Counter::live_updates_dropped);
  }
}

bool Client::has_room_for_preview() const {
  return !slow() && session_->queued_bytes() == 0;
}

}  // namespace comfytrace::live
