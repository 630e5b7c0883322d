#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/update.h"
#include "net/http_server.h"

namespace comfytrace::live {

inline constexpr std::int64_t kDefaultBufferMs = 200;
inline constexpr std::int64_t kMinBufferMs = 20;
inline constexpr std::int64_t kMaxBufferMs = 5'000;

// What a client may ask for; what it leaves out stays as it is.
struct Subscription {
  std::int64_t buffer_ms = kDefaultBufferMs;
  bool previews = false;
};
// Errors: invalid, with field and mend.
[[nodiscard]] base::Result<Subscription> parse_subscribe(std::string_view text, const Subscription& current);

// When a client counts as slow and when it is given up.
struct Patience {
  std::size_t slow_bytes = 0;
  std::size_t backlog_updates = 0;
  std::int64_t stuck_after_ms = 0;
};

// One open page. I/O thread only.
class Client {
 public:
  Client(std::shared_ptr<net::WebSocketSession> session, const Patience& patience)
      : session_(std::move(session)), patience_(patience) {}

  // Takes `updates`; `shared` are the frames of all of them. False: it cannot be saved and is to be closed.
  [[nodiscard]] bool deliver(const std::vector<UpdatePtr>& updates, const std::vector<UpdateFrame>& shared,
                             std::uint64_t seq, std::int64_t now_ms, std::int64_t steady_ms);
  // Sends of its own backlog what it has room for. False: as above.
  [[nodiscard]] bool drain(std::int64_t now_ms, std::int64_t steady_ms);
  [[nodiscard]] bool slow() const { return !backlog_.empty(); }
  // Up to here it has everything, or it is in its backlog.
  [[nodiscard]] std::uint64_t known_seq() const { return known_seq_; }
  void set_known_seq(std::uint64_t seq) { known_seq_ = seq; }

  // Not for a client that has anything unread: pictures come last.
  [[nodiscard]] bool has_room_for_preview() const;
  [[nodiscard]] net::WebSocketSession& session() const { return *session_; }

  Subscription subscription;

 private:
  void keep(std::vector<UpdatePtr>::const_iterator from, std::vector<UpdatePtr>::const_iterator to,
            std::int64_t steady_ms);

  std::shared_ptr<net::WebSocketSession> session_;
  const Patience& patience_;
  Backlog backlog_;
  std::uint64_t known_seq_ = 0;
  std::int64_t unread_since_ms_ = 0;  // steady; since when nothing of the queue was read
  std::size_t unread_bytes_ = 0;
};

}  // namespace comfytrace::live
