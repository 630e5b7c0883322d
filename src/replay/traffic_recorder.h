#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace comfytrace::replay {

namespace asio = net::asio;

struct TrafficRecorderOptions {
  std::filesystem::path file;  // made anew
  bool overwrite = false;
  std::string bearer_token;  // sent, never written
  std::string note;          // the first line's; empty: "recorded by comfytrace"
};

// Listens to a ComfyUI as a watcher with its own client id and writes what it says, in the format of recordings
// (docs/formats/recording.md): frames as they come, and at each change of the queue what /queue and /history answer.
// Bytes of pictures are left out, credentials are never written. Lines are flushed one by one, so that a recording that
// is killed can be read. I/O thread only.
class TrafficRecorder {
 public:
  TrafficRecorder(asio::io_context& io, net::Url server, TrafficRecorderOptions options);
  ~TrafficRecorder();  // stops
  TrafficRecorder(const TrafficRecorder&) = delete;
  TrafficRecorder& operator=(const TrafficRecorder&) = delete;

  // `done` is called once, later: the recording runs, or why not (conflict: the file exists; denied: cannot be written;
  // unavailable: nobody there; invalid: not a ComfyUI). Nothing is left behind where it does not run.
  void start(std::function<void(base::Result<void>)> done);
  // Writes the last line and closes the file. The server may go on.
  void stop();

  // Called when the file can no longer be written (disk full); the recording has ended then. Lost connections are no
  // failure: they are recorded, and made anew.
  std::function<void(base::Error)> on_failed;

  struct Counts {
    std::uint64_t frames = 0;
    std::uint64_t requests = 0;
    std::uint64_t disconnects = 0;
    std::uint64_t bytes = 0;  // written
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::replay
