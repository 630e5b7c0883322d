#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "app/settings.h"
#include "base/result.h"
#include "collect/submitter.h"
#include "net/asio.h"

namespace comfytrace::app {

struct HouseOptions {
  bool with_server = true;  // the API and the page; without: only recording
  std::string token;        // asked of clients; required when listening wider than loopback
};

// Every part of the recorder, put together: history, collectors, assembler, hub and server, on the caller's I/O thread.
class House {
 public:
  // Opens the history and takes it into possession. Errors: those of SqliteHistory::open, HistoryPool and the settings.
  [[nodiscard]] static base::Result<std::unique_ptr<House>> build(net::asio::io_context& io, Settings settings,
                                                                  HouseOptions options);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  // Starts listening and recording. Errors: those of ApiServer::start.
  [[nodiscard]] base::Result<void> start();
  // Ends every connection and writes what is pending, for at most `deadline_ms`. Error: what could not be written.
  [[nodiscard]] base::Result<void> stop(std::int64_t deadline_ms);

  // http://host:port with the port that was really taken.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] collect::Recorder& recorder();
  [[nodiscard]] collect::Submitter& submitter();

 private:
  struct Impl;
  explicit House(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Runs `io` until SIGINT or SIGTERM, then `stop`s the house within 5 s. Returns the exit code.
[[nodiscard]] int run_until_signal(net::asio::io_context& io, House& house);

}  // namespace comfytrace::app
