#include <fmt/format.h>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "app/commands/command.h"
#include "base/json.h"
#include "net/http.h"
#include "replay/traffic_recorder.h"

namespace comfytrace::app {

int replay_command(const CommonOptions& common, const ReplayCommandOptions& options) {
  std::vector<replay::Recording> recordings;
  for (const std::string& file : options.files) {
    auto recording = replay::read_recording(file);
    if (!recording) return report(recording.error());
    recordings.push_back(std::move(*recording));
  }
  auto faults = replay::parse_faults(options.faults, options.seed);
  if (!faults) return report(faults.error());
  replay::ReplayOptions replaying = options.replay;
  replaying.faults = *faults;
  auto address = net::parse_url(options.listen);
  if (!address) return report({base::ErrorCode::invalid, address.error().message, "--listen", address.error().mend});

  net::asio::io_context io(1);
  replay::ReplayServer server(io, std::move(recordings), replaying);
  server.on_finished = [&] {
    std::fprintf(stderr, "comfytrace: the recording has been played; the server goes on answering\n");
  };
  if (auto started = server.start(address->host, address->port); !started) return report(started.error());
  const std::string url = "http://" +
                          (address->host.find(':') == std::string::npos ? address->host : "[" + address->host + "]") +
                          ":" + std::to_string(server.port());
  print_line(common.json ? base::to_json(base::json::object{{"url", url}})
                         : "replaying as a ComfyUI at " + url + "; stop with Ctrl-C");
  net::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const net::error_code& problem, int) {
    if (!problem) io.stop();
  });
  io.run();
  server.stop();
  return kDone;
}

int record_command(const CommonOptions& common, const RecordOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto url = net::parse_url(settings->workers.front().url);
  if (!url) return report(url.error());

  net::asio::io_context io(1);
  replay::TrafficRecorderOptions recording;
  recording.file = options.file;
  recording.overwrite = options.overwrite;
  replay::TrafficRecorder recorder(io, *url, recording);
  int code = kDone;
  const auto fail = [&](const base::Error& error) {
    code = report(error);
    io.stop();
  };
  recorder.on_failed = fail;
  net::asio::steady_timer limit(io);
  recorder.start([&](base::Result<void> started) {
    if (!started) return fail(started.error());
    if (!common.json) print_line("recording " + url->text() + " into " + options.file + "; stop with Ctrl-C");
    if (options.seconds <= 0) return;
    limit.expires_after(std::chrono::seconds(options.seconds));
    limit.async_wait([&io](const net::error_code& problem) {
      if (!problem) io.stop();
    });
  });
  net::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const net::error_code& problem, int) {
    if (!problem) io.stop();
  });
  io.run();
  recorder.stop();
  const auto counts = recorder.counts();
  if (code == kDone) {
    print_line(common.json
                   ? base::to_json(base::json::object{{"file", options.file},
                                                      {"frames", counts.frames},
                                                      {"requests", counts.requests},
                                                      {"disconnects", counts.disconnects},
                                                      {"bytes", counts.bytes}})
                   : fmt::format("{} frames and {} answers in {} bytes", counts.frames, counts.requests, counts.bytes));
  }
  return code;
}

}  // namespace comfytrace::app
