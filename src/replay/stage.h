#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "net/http_server.h"
#include "replay/faults.h"

namespace comfytrace::replay {

// One WebSocket client of the replayed server.
struct Listener {
  std::shared_ptr<net::WebSocketSession> session;
  std::string path;         // "/ws"
  std::string client_id;    // given, or made by us
  bool subscribed = false;  // to log lines
  bool spoke = false;       // its first message has come
};

// The sockets, and what faults do to frames on their way to them. I/O thread only.
class Stage {
 public:
  using Chooser = std::function<bool(const Listener&)>;
  // Called while a frame is being published; must only post.
  struct Troubles {
    std::function<void()> cut;
    std::function<void()> restart;
    std::function<void(std::int64_t)> stall;
  };

  Stage(const Faults& faults, Troubles troubles);

  // As ComfyUI keeps its sockets: a newcomer takes the place of the one with the same client id, and when either
  // closes the id is gone. Greets with `greetings` past all faults.
  void open(const std::string& path, const std::string& client_id, std::shared_ptr<net::WebSocketSession> session,
            const std::vector<std::string>& greetings, const base::json::value& features);
  void publish(const std::string& payload, bool binary, const Chooser& to);
  void subscribe(const std::string& client_id, bool on);
  // A frame that waits to change places with the next goes now.
  void flush();
  // From now on frames wait / all that waited goes out.
  void hold() { holding_ = true; }
  void release();
  // Nobody of those that are here gets anything any more.
  void abandon();

  [[nodiscard]] std::size_t listeners() const { return sockets_.size(); }
  [[nodiscard]] std::size_t most_queued_bytes() const;
  [[nodiscard]] FaultDealer& dealer() { return dealer_; }

 private:
  struct Frame {
    std::shared_ptr<const std::string> bytes;
    Chooser to;
  };
  void send(Frame frame);
  void deliver(const Frame& frame);

  Faults faults_;
  FaultDealer dealer_;
  Troubles troubles_;
  std::map<std::string, std::shared_ptr<Listener>> sockets_;  // by path and client id
  std::vector<Frame> waiting_;
  std::vector<Frame> swapped_;
  bool holding_ = false;
};

}  // namespace comfytrace::replay
