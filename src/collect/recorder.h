#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/fact.h"
#include "assemble/run_assembler.h"
#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "collect/telemetry_stream_manager.h"
#include "history/run_history.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"
#include "net/asio.h"

namespace comfytrace::collect {

// One picture of what is being made. Ids that neither the frame nor the worker's queue tells are empty.
struct LivePreview {
  std::string worker_id;
  std::string run_id;
  std::string scene_id;
  std::string prompt_id;
  std::string node_id;  // display id
  std::string format;   // jpeg or png
  std::string image;    // the file's bytes
};

// Where the recorder's findings go. Called on the I/O thread; may call the recorder, but not destroy it.
class RecorderSink {
 public:
  virtual ~RecorderSink() = default;
  virtual void run_changed(const model::Run& run) = 0;  // must be kept
  virtual void scene_changed(const model::LiveScene& scene) = 0;
  virtual void worker_changed(const model::WorkerState& worker) = 0;
  virtual void preview(const LivePreview& preview) = 0;
  virtual bool wants_previews() { return true; }                  // false spares ComfyUI the making of them
  virtual void worker_seen(const model::Worker& worker) = 0;      // to be kept
  virtual void samples(const history::SampleSeries& series) = 0;  // of an attempt that ended; after its run
};

// Watches workers and makes runs of what they tell: owns the assembler and a TelemetryStreamManager a worker.
// I/O thread only.
class Recorder {
 public:
  Recorder(net::asio::io_context& io, const base::Clock& clock, assemble::RunAssembler::Lookup lookup,
           RecorderSink& sink, CollectorTimings timings = {});
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Returns the worker's id. `name` empty: host:port. Watched at once if the recorder has been started.
  // Errors: invalid (not an address), conflict (it is watched already).
  [[nodiscard]] base::Result<std::string> add_worker(std::string_view url, std::string_view name = {});

  // Takes up the open runs of an earlier life. Before start().
  void adopt(std::span<const model::Run> runs);

  void start();
  // Ends every connection. What has been found so far is with the sink.
  void stop();

  [[nodiscard]] std::vector<model::WorkerState> worker_states() const;
  [[nodiscard]] std::vector<model::LiveScene> open_scenes() const;
  // False if there is no such worker.
  bool connect_now(std::string_view worker_id);
  // A person deleted this run.
  void forget(std::string_view run_id);

  // The worker with this id, name or address; nullopt if none. Empty text: the only worker there is.
  [[nodiscard]] std::optional<std::string> find_worker(std::string_view text) const;
  // nullptr if there is no such worker. Lives as long as the recorder.
  [[nodiscard]] TelemetryStreamManager* stream(std::string_view worker_id);
  // Takes in a fact from elsewhere (a submission of ours).
  void apply(assemble::Fact fact);
  // Calls `changed` for every change of this prompt as people see it, the last one when it has ended.
  void watch_prompt(const std::string& worker_id, const std::string& prompt_id,
                    std::function<void(const model::LiveScene&)> changed);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace comfytrace::collect
