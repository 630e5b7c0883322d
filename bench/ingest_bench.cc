// How many ComfyUI events a second one core takes from bytes to runs, and from bytes to runs that are durable.
// Worry: a burst of progress frames (300 updates in 35 ms, or a 61-node graph with 757 kB of snapshots) must not let
// the reader fall behind, because a reader that falls behind holds up ComfyUI's other clients.
// Input: the frames of every recording and the answers of /queue and /history, as bytes. Prints one JSON line a case.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "assemble/run_assembler.h"
#include "base/check.h"
#include "base/json.h"
#include "comfyui/body.h"
#include "comfyui/frame.h"
#include "history/sqlite/sqlite_history.h"
#include "replay/recording.h"

namespace comfytrace {
namespace {

enum class Source { text, binary, queue, history };

struct Frame {
  std::string bytes;
  Source source = Source::text;
  std::int64_t at_ms = 0;
};

// What arrives, decoded; nullopt if it is not what it should be.
std::optional<decltype(assemble::Fact::what)> decode(const Frame& frame) {
  const auto take = [](auto decoded) -> std::optional<decltype(assemble::Fact::what)> {
    if (!decoded) return std::nullopt;
    return decltype(assemble::Fact::what)(std::move(*decoded));
  };
  switch (frame.source) {
    case Source::text:
      return take(comfyui::decode_text_frame(frame.bytes));
    case Source::binary:
      return take(comfyui::decode_binary_frame(frame.bytes));
    case Source::queue:
      return take(comfyui::decode_queue(frame.bytes));
    case Source::history: {
      auto entries = comfyui::decode_history(frame.bytes);
      if (!entries) return std::nullopt;
      return decltype(assemble::Fact::what)(assemble::HistoryRead{std::move(*entries)});
    }
  }
  return std::nullopt;
}

double cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<Frame> load(const std::filesystem::path& folder) {
  std::vector<Frame> frames;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    auto recording = replay::read_recording(entry.path());
    CHECK(recording.ok());
    for (const replay::RecordedLine& line : recording->lines) {
      // "T" is a subscriber of another source's format.
      const std::int64_t at_ms = recording->epoch_ms + line.offset_us / 1000;
      if (line.direction == replay::Direction::http_in && line.method == "GET" && line.json && line.status == 200) {
        // What a watcher polls for; without it no prompt's graph would be known, and nothing be kept.
        if (line.path == "/queue") frames.push_back({base::to_json(*line.json), Source::queue, at_ms});
        if (line.path.starts_with("/history")) frames.push_back({base::to_json(*line.json), Source::history, at_ms});
        continue;
      }
      if (line.direction != replay::Direction::websocket_in || line.client == "T" || (!line.json && !line.binary))
        continue;
      frames.push_back({replay::frame_bytes(line), line.binary ? Source::binary : Source::text, at_ms});
    }
  }
  return frames;
}

void report(const char* name, double events, double runs, double wall, double cpu, double bytes) {
  std::printf(
      "{\"bench\":\"ingest\",\"case\":\"%s\",\"events\":%.0f,\"eventsPerSecond\":%.0f,\"megabytesPerSecond\":%.1f,"
      "\"runsSaved\":%.0f,\"wallSeconds\":%.3f,\"cpuSeconds\":%.3f}\n",
      name, events, events / wall, bytes / wall / 1e6, runs, wall, cpu);
}

// Every pass is another worker, so that its prompts are other runs.
void measure(const char* name, const std::vector<Frame>& frames, int passes, history::RunHistory* history,
             std::size_t batch) {
  double events = 0;
  double bytes = 0;
  double runs = 0;
  const double wall = wall_s();
  const double cpu = cpu_s();
  for (int pass = 0; pass < passes; ++pass) {
    assemble::RunAssembler assembler([](std::string_view) { return std::nullopt; });
    std::vector<model::Run> changed;
    const auto save = [&] {
      runs += static_cast<double>(changed.size());
      if (history != nullptr) CHECK(history->save(changed).ok());
      changed.clear();
    };
    std::size_t since = 0;
    for (const Frame& frame : frames) {
      auto event = decode(frame);
      events += 1;
      bytes += static_cast<double>(frame.bytes.size());
      if (!event) continue;
      assemble::Fact fact;
      fact.worker_id = "worker-" + std::to_string(pass);
      fact.at_ms = frame.at_ms;
      fact.what = std::move(*event);
      assembler.apply(fact);
      auto changes = assembler.take_changes();
      for (model::Run& run : changes.runs) changed.push_back(std::move(run));
      if (++since >= batch) {
        save();
        since = 0;
      }
    }
    save();
  }
  report(name, events, runs, wall_s() - wall, cpu_s() - cpu, bytes);
}

void measure_decoding(const std::vector<Frame>& frames, int passes) {
  double bytes = 0;
  const double wall = wall_s();
  const double cpu = cpu_s();
  for (int pass = 0; pass < passes; ++pass) {
    for (const Frame& frame : frames) {
      auto event = decode(frame);
      bytes += static_cast<double>(frame.bytes.size());
      if (!event) std::abort();
    }
  }
  report("decode", static_cast<double>(frames.size()) * passes, 0, wall_s() - wall, cpu_s() - cpu, bytes);
}

}  // namespace
}  // namespace comfytrace

int main(int argc, char** argv) {
  using namespace comfytrace;
  const std::filesystem::path folder = argc > 1 ? argv[1] : "tests/recordings";
  const auto frames = load(folder);
  measure_decoding(frames, 200);
  measure("decode+assemble", frames, 100, nullptr, 1);
  const auto file = std::filesystem::temp_directory_path() / ("comfytrace-bench-" + std::to_string(::getpid()) + ".db");
  {
    auto history = history::SqliteHistory::open(file);
    CHECK(history.ok());
    // What gathers in 50 ms at 100 000 events a second.
    measure("decode+assemble+durable", frames, 40, history->get(), 5'000);
  }
  for (const char* ending : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(file.string() + ending);
  return 0;
}
