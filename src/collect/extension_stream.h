#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "collect/back_off.h"
#include "collect/collector_timings.h"
#include "collect/worker_requests.h"
#include "comfyui/telemetry_frame.h"
#include "net/asio.h"
#include "net/http.h"
#include "net/timer.h"
#include "net/websocket_client.h"

namespace comfytrace::collect {

// The second source: our extension inside a ComfyUI, if it is there. Looks for it whenever the worker answers, follows
// it, and goes on where it was after an interruption. Begins with whatever it still has of the time before: what was
// told to an earlier life of ours comes twice, and what happened between the two is not lost. I/O thread only.
class ExtensionStream {
 public:
  struct Handlers {
    std::function<void(const model::ExtensionInfo&)> opened;  // it tells from now on
    std::function<void()> resumed;  // and leaves out nothing of what happened since it last told
    // Each once, in order. `is_past`: it was before we asked for the first time.
    std::function<void(comfyui::TelemetryFrame, bool is_past)> frame;
    std::function<void()> gap;  // some will not come
    // It is not there, or no longer. What to do about it, if anything but installing it.
    std::function<void(std::optional<std::string> mend)> closed;
  };

  ExtensionStream(net::asio::io_context& io, const net::Url& url, WorkerRequests& requests,
                  const CollectorTimings& timings, Handlers handlers);

  void start();
  // After WorkerRequests::cancel_all(). Its place in the stream is kept.
  void stop();
  void want_previews(bool wanted);
  [[nodiscard]] bool is_open() const { return is_open_; }

 private:
  void look();
  void take(base::Result<net::ClientResponse> answer);
  void connect();
  void take_frame(std::string_view text);
  void take_hello(const comfyui::TelemetryHello& hello, std::int64_t at_ms);
  void lost(std::optional<std::string> mend, bool try_again);

  net::asio::io_context& io_;
  const net::Url& url_;
  WorkerRequests& requests_;
  const CollectorTimings& timings_;
  Handlers handlers_;
  BackOff back_off_;
  net::Timer retry_;
  std::unique_ptr<net::WebSocketClient> socket_;
  std::uint64_t connection_ = 0;  // which one: what an earlier one still says is not heard
  bool running_ = false;
  bool is_open_ = false;
  bool wants_previews_ = false;
  bool asked_for_previews_ = false;  // by this connection
  bool is_first_ = true;             // nothing has been told yet
  bool resumes_ = false;             // goes on where the last connection was, unless a gap is told first
  std::string boot_;                 // the life of ComfyUI that `seq_` is a number of; empty: never connected
  std::uint64_t seq_ = 0;            // the last frame taken
  std::uint64_t past_seq_ = 0;       // the last frame of what was before we asked for the first time
};

}  // namespace comfytrace::collect
