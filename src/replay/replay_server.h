#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/asio.h"
#include "replay/faults.h"
#include "replay/recording.h"

namespace comfytrace::replay {

namespace asio = net::asio;

enum class Audience {
  faithful,  // as the real server: a watcher gets status, texts and what nobody owns; an owner's client id gets its own
  everyone,  // every socket gets the owners' frames too; for showing
};

struct ReplayOptions {
  double speed = 1;              // times as fast as recorded; 0: as fast as possible
  bool play = true;              // false: nothing happens by itself, only what is POSTed to /prompt is executed
  bool loop = false;             // again and again, with fresh prompt ids and times
  bool wait_for_client = false;  // the play begins when the first WebSocket client is there
  Audience audience = Audience::faithful;
  bool original_times = false;  // time stamps stay as recorded instead of being moved to now
  Faults faults;
};

// Recorded traffic served as the ComfyUI that it came from: its queue, history and frames pass as they did, and what is
// POSTed to /prompt is executed by replaying the most similar recorded prompt. Several recordings are played one after
// another. Created, started, stopped and destroyed on the io_context's thread.
class ReplayServer {
 public:
  ReplayServer(asio::io_context& io, std::vector<Recording> recordings, ReplayOptions options);
  ReplayServer(asio::io_context& io, Recording recording, ReplayOptions options);
  ~ReplayServer();
  ReplayServer(const ReplayServer&) = delete;
  ReplayServer& operator=(const ReplayServer&) = delete;

  // Binds and begins. Port 0 takes a free one, which stays the same through recorded restarts. Errors: invalid (no
  // recording, negative speed), conflict (address in use), denied.
  [[nodiscard]] base::Result<void> start(const std::string& host, std::uint16_t port);
  void stop();
  [[nodiscard]] std::uint16_t port() const;

  // Called once when the last step of the last recording has been played; never with `loop`. The server keeps serving.
  std::function<void()> on_finished;

  struct Counts {
    std::uint64_t frames = 0;    // published
    std::uint64_t requests = 0;  // HTTP
    std::uint64_t prompts = 0;   // accepted by POST /prompt
    std::uint64_t restarts = 0;  // recorded and by fault
    std::uint64_t sockets = 0;   // opened so far
    std::uint64_t sockets_refused = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::replay
