#pragma once

#include "app/settings.h"
#include "base/clock.h"
#include "history/history_writer.h"
#include "net/asio.h"

namespace comfytrace::app {

// Removes what retention says, at the start and then daily; does nothing where it says nothing. I/O thread.
class Retainer {
 public:
  Retainer(net::asio::io_context& io, const base::Clock& clock, const api::Retention& retention,
           history::HistoryWriter& writer)
      : clock_(clock), retention_(retention), writer_(writer), timer_(io) {}

  void start();
  void stop() { timer_.cancel(); }

 private:
  const base::Clock& clock_;
  const api::Retention retention_;
  history::HistoryWriter& writer_;
  net::asio::steady_timer timer_;
};

}  // namespace comfytrace::app
