#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "alert/facts.h"
#include "api/services.h"
#include "app/alert_settings.h"
#include "base/clock.h"
#include "base/result.h"
#include "history/history_writer.h"
#include "history/run_history.h"
#include "live/hub.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"
#include "net/asio.h"

namespace comfytrace::app {

// The alerts of a running house: takes facts to the engine, and what comes of them to the history, to open pages and to
// the sinks. I/O thread only; hub and writer outlive it.
class AlertWiring {
 public:
  struct Parts {
    net::asio::io_context& io;
    const base::Clock& clock;
    live::Hub& hub;
    history::HistoryWriter& writer;
    std::filesystem::path store;
  };
  // Errors: those of net::TlsContext::make, naming the sink.
  [[nodiscard]] static base::Result<std::unique_ptr<AlertWiring>> make(const Parts& parts, AlertSettings settings);
  ~AlertWiring();

  // Takes up what an earlier life left. Before any fact. Errors: the reader's.
  [[nodiscard]] base::Result<void> restore(const history::RunHistoryReader& reader,
                                           std::span<const model::RunSummary> newest_runs,
                                           const std::vector<std::string>& worker_ids);
  void start();
  void stop();

  void run_changed(const model::Run& run);
  void scene_changed(const model::LiveScene& scene);
  void worker_changed(const model::WorkerState& state);
  // How a finished run stands to its baseline.
  void verdict(const alert::RunVerdict& verdict);

  [[nodiscard]] api::AlertServices services();

 private:
  struct Impl;
  explicit AlertWiring(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::app
