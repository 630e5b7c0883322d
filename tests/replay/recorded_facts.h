#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "assemble/fact.h"
#include "replay/recording.h"

// Recorded traffic as the facts that a collector beside that server would have told.
namespace comfytrace::replay_test {

inline constexpr const char* kWorker = "worker-1";

struct RecordedFact {
  assemble::Fact fact;
  std::size_t line = 0;   // index in the recording
  bool is_frame = false;  // came over a WebSocket
};

// All frames of all ordinary sockets, queue and history as they were read, prompts as they were posted, and the first
// socket's opening and the last one's end.
[[nodiscard]] std::vector<RecordedFact> facts_of(const replay::Recording& recording);

// What the worker holds in its queue and history, as far as the facts so far tell.
class KnownServer {
 public:
  void take(const assemble::Fact& fact);
  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] bool holds(const std::string& prompt_id) const;
  [[nodiscard]] comfyui::QueueSnapshot queue() const;
  [[nodiscard]] assemble::HistoryRead history() const;

 private:
  struct Entry {
    comfyui::QueueItem item;
    bool is_running = false;
  };
  void runs(const std::string& prompt_id);
  void leaves(const std::string& prompt_id);

  bool is_connected_ = false;
  std::vector<Entry> entries_;
  std::map<std::string, comfyui::HistoryEntry> history_;
};

struct RecordingFile {
  std::string version;
  std::string name;
  std::filesystem::path path;
  friend void PrintTo(const RecordingFile& file, std::ostream* out) { *out << file.version << '/' << file.name; }
};
// Every recording kept with the tests.
[[nodiscard]] std::vector<RecordingFile> recording_files();
[[nodiscard]] replay::Recording load(const RecordingFile& file);

}  // namespace comfytrace::replay_test
