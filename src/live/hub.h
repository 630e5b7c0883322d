#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "history/run_history.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"
#include "net/asio.h"
#include "net/http_server.h"

namespace comfytrace::live {

// A picture of a node at work. The views need to live only during the call.
struct Preview {
  std::string_view run_id;
  std::string_view scene_id;
  std::string_view prompt_id;
  std::string_view worker_id;
  std::string_view node_id;
  std::string_view mime;   // image/jpeg, image/png
  std::string_view bytes;  // the image file
};

struct HubOptions {
  std::string version = {};
  std::string boot_id = {};  // empty: a random one
  std::size_t recent_runs = 20;
  // What ?since= can resume from.
  std::size_t ring_updates = 4096;
  std::size_t ring_bytes = 4u << 20;
  // A client with more than this unsent gets nothing but its own coalesced backlog until it has read.
  std::size_t slow_bytes = 256u << 10;
  std::size_t backlog_updates = 4096;
  std::int64_t stuck_after_ms = 30'000;  // slow for so long without reading a byte: closed
};

// The current state of everything that runs, and its fan-out to open pages. I/O thread only. Created before and
// destroyed after the server whose sessions it gets; the io_context outlives it.
// Every change gets a sequence number. Clients with the same window share one timer and one encoded frame.
class Hub {
 public:
  Hub(net::asio::io_context& io, const base::Clock& clock, HubOptions options);
  ~Hub();  // closes every client with 1001
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The newest runs of the history, at start. Sends nothing.
  void seed_recent(std::vector<model::RunSummary> newest_first);

  void worker_changed(const model::WorkerState& state);
  // An open scene, or a scene that just ended. Nothing goes out when it equals what is known.
  void scene_changed(const model::LiveScene& scene);
  void run_changed(const model::RunSummary& run);
  void run_deleted(std::string_view run_id);
  // Raised, acknowledged or cleared. A snapshot carries those that are not cleared.
  void alert_changed(const history::Alert& alert);
  // Goes to subscribers only, at most four times a second a scene.
  void preview(const Preview& preview);
  // Whether anybody would see a preview: false saves decoding it.
  [[nodiscard]] bool wants_previews() const;

  // Greets the client and keeps it until its connection ends. `since` and `boot`: where it was.
  void add_client(std::shared_ptr<net::WebSocketSession> session, std::optional<std::uint64_t> since,
                  std::string_view boot);

  [[nodiscard]] const std::string& boot_id() const;
  [[nodiscard]] std::uint64_t seq() const;
  [[nodiscard]] std::size_t clients() const;
  // Every worker as last told, in order of first sight.
  [[nodiscard]] std::vector<model::WorkerState> workers() const;

  // Sends what is due by the clock. The hub's timers call it; a test with a clock of its own may.
  void flush_due();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::live
