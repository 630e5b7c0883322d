#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "assemble/fact.h"
#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "comfyui/event.h"
#include "model/worker.h"
#include "net/asio.h"
#include "net/http.h"
#include "net/http_client.h"

namespace comfytrace::collect {

// What a stream tells its owner. All on the I/O thread; a handler may call the manager, but not destroy it.
struct StreamHandlers {
  std::function<void(assemble::Fact)> fact;
  std::function<void(comfyui::PreviewImage)> preview;  // these are no facts: they are shown and forgotten
  std::function<bool()> previews_wanted;               // asked now and then; empty: always
  std::function<void(const model::WorkerState&)> state_changed;
  std::function<void(const model::Worker&)> worker_seen;  // first contact, another make, end of contact
};

// The worker id of an address: the same after every restart.
[[nodiscard]] std::string worker_id_of(const net::Url& url);

// Watches one worker for as long as it lives: connects, reconnects for ever, reads eagerly, polls what stock ComfyUI
// only tells when asked, and hands over facts. Prefers our extension inside ComfyUI where it is, which tells as it
// happens what would be asked for; what both tell is handed over twice. States (model::ConnectionState):
//   connecting    first contact, and after connect_now()
//   connected     open and answering, nothing runs
//   streaming     something runs and news come within what its own history explains
//   stalled       something runs and no news came for longer than that
//   disconnected  waiting for the next try, or trying again
// I/O thread only. World's faults are counted in base::counters() and told in WorkerState::connection.
class TelemetryStreamManager {
 public:
  TelemetryStreamManager(net::asio::io_context& io, const base::Clock& clock, net::Url url, std::string name,
                         CollectorTimings timings, StreamHandlers handlers);
  ~TelemetryStreamManager();
  TelemetryStreamManager(const TelemetryStreamManager&) = delete;
  TelemetryStreamManager& operator=(const TelemetryStreamManager&) = delete;

  void start();
  // Closes the socket and ends every request; no handler is called any more. May be started again.
  void stop();
  // Tries at once instead of waiting for the next try. Nothing happens while connected.
  void connect_now();

  [[nodiscard]] const model::WorkerState& state() const;
  // Our own id as a client of this worker: random, the same for as long as this object lives.
  [[nodiscard]] const std::string& client_id() const;

  // Asks the worker's history for this prompt; gives HistoryRead, or HistoryMissing after the retry window.
  void want_history(const std::string& prompt_id);

  // How long what runs now may be without news before the state is `stalled`.
  void expect_news_within(std::int64_t limit_ms);

  // Calls `ready` once the stream is open and the worker answers (perhaps at once), or with an error after
  // `timeout_ms` (unavailable; the last reason is in the message).
  void when_connected(std::int64_t timeout_ms, std::function<void(base::Result<void>)> ready);

  // A request beside the polls; failures are counted.
  void request(net::ClientRequest request, std::function<void(base::Result<net::ClientResponse>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace comfytrace::collect
