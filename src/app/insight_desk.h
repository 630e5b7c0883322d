#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "history/history_pool.h"
#include "history/history_writer.h"
#include "insight/deviation.h"
#include "insight/eta_book.h"
#include "insight/recommendation_rules.h"
#include "model/live.h"
#include "net/asio.h"

namespace comfytrace::app {

// Keeps the answers that nobody has to ask for: estimates of what is open, recommendations, and deviations of what has
// just ended. I/O thread; every look into the history happens on a reader's thread.
class InsightDesk {
 public:
  struct Parts {
    net::asio::io_context& io;
    const base::Clock& clock;
    history::HistoryPool& pool;
    history::HistoryWriter& writer;
    insight::RuleSettings rules;
    std::function<void()> estimates_changed;                       // what was not known is: show open scenes anew
    std::function<void(const insight::Deviations&)> run_deviates;  // may be unset
  };
  explicit InsightDesk(Parts parts);
  ~InsightDesk();
  InsightDesk(const InsightDesk&) = delete;

  void start();
  void stop();

  void run_changed(const model::Run& run);
  void run_deleted(std::string_view run_id);
  // This run is in the history now.
  void run_durable(std::string_view run_id);
  [[nodiscard]] model::LiveScene with_eta(model::LiveScene scene);
  [[nodiscard]] insight::EtaReport eta();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::app
