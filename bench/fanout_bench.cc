// What it costs to tell many open pages the same thing: our live hub beside a Node `ws` server, one after the other in
// one run, with the same load client on the other core.
// Worry: a naive port of the hub to Beast's streams is slower than Node (docs/dependencies.md says what we do instead).
// 20 updates a second, about 500 bytes each, to 100 and to 1 000 pages; then 100 pages of which 10 never read.
//
//   fanout_bench                       all cases, one JSON line each
//   fanout_bench serve PORT            the hub under test
//   fanout_bench load PORT N STALLED S LABEL PID

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "live/hub.h"
#include "net/http_server.h"
#include "net/websocket_client.h"

extern char** environ;

namespace comfytrace {
namespace {

constexpr int kUpdatesPerSecond = 20;

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

model::LiveScene scene_at(std::int64_t step) {
  model::LiveScene scene;
  scene.run_id = "5a9d9065-2d02-44a9-a186-d576f96c817f";
  scene.scene_id = "scene-004";
  scene.prompt_id = "256a7630-06e1-47ea-9039-22eb842f41a5";
  scene.worker_id = "9b2e1a94-52a6-5a51-b7a0-5c2d9f6f3a11";
  scene.run_title = "Keyframes to video";
  scene.status = model::Status::executing;
  scene.started_at_ms = 1'795'376'385'872;
  scene.updated_at_ms = base::system_clock().now_ms();
  scene.node_count = 16;
  scene.nodes_done = 12;
  scene.node_times_known = true;
  scene.node = model::LiveNode{"10", "KSampler", "", static_cast<double>(step % 1000), 1000.0, 1'795'376'395'872};
  return scene;
}

int serve(std::uint16_t port) {
  raise_file_limit();
  net::asio::io_context io(1);
  live::Hub hub(io, base::system_clock(), {});
  net::ServerHandlers handlers;
  handlers.http = [](net::HttpRequest, net::Respond respond) { respond({}); };
  handlers.accept_websocket = [](const net::HttpRequest&) { return std::nullopt; };
  handlers.opened = [&](const net::HttpRequest&, std::shared_ptr<net::WebSocketSession> session) {
    hub.add_client(std::move(session), std::nullopt, "");
  };
  net::ServerLimits limits;
  limits.max_connections = 5000;
  net::HttpServer server(io, handlers, limits);
  CHECK(server.start("127.0.0.1", port).ok());
  net::asio::steady_timer timer(io);
  std::int64_t step = 0;
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::milliseconds(1000 / kUpdatesPerSecond));
    timer.async_wait([&](const net::error_code&) {
      hub.scene_changed(scene_at(++step));
      tick();
    });
  };
  tick();
  io.run();
  return 0;
}

double cpu_seconds_of(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << stat.rdbuf();
  std::string rest = text.str();
  rest = rest.substr(rest.rfind(')') + 2);
  std::stringstream fields(rest);
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::int64_t resident_bytes_of(int pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

int load(std::uint16_t port, int clients, int stalled, int seconds, const char* label, int pid) {
  raise_file_limit();
  net::asio::io_context io(1);
  const net::Url url{"http", "127.0.0.1", port, ""};
  std::vector<double> latencies_ms;
  double bytes = 0;
  int open = 0;
  bool measuring = false;
  net::WebSocketClientOptions options;
  options.ping_interval_ms = 60'000;
  options.ping_timeout_ms = 60'000;
  std::vector<std::unique_ptr<net::WebSocketClient>> sockets;
  for (int i = 0; i < clients; ++i) {
    net::WebSocketClient::Handlers handlers;
    handlers.opened = [&open] { ++open; };
    handlers.closed = [](base::Error error) { std::fprintf(stderr, "client closed: %s\n", error.message.c_str()); };
    handlers.text = [&](std::string_view text) {
      if (!measuring || text.find("\"update\"") == std::string_view::npos) return;
      const auto at = text.find("\"timestamp\":");
      if (at == std::string_view::npos) return;
      const std::int64_t sent_ms = std::strtoll(text.data() + at + 12, nullptr, 10);
      latencies_ms.push_back(static_cast<double>(base::system_clock().now_ms() - sent_ms));
      bytes += static_cast<double>(text.size());
    };
    sockets.push_back(std::make_unique<net::WebSocketClient>(io, url, "/telemetry", options, std::move(handlers)));
    sockets.back()->start();
    sockets.back()->send_text(R"({"type":"subscribe","bufferMs":20})");
    if (i % 50 == 49) io.run_for(std::chrono::milliseconds(50));
  }
  // Pages that connect and never read again.
  std::vector<std::unique_ptr<net::tcp::socket>> silent;
  for (int i = 0; i < stalled; ++i) {
    auto socket = std::make_unique<net::tcp::socket>(io);
    socket->connect({net::asio::ip::make_address("127.0.0.1"), port});
    const std::string request =
        "GET /telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Version: "
        "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket->send(net::asio::buffer(request));
    silent.push_back(std::move(socket));
  }
  const auto opened_by = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (open < clients && std::chrono::steady_clock::now() < opened_by) io.run_for(std::chrono::milliseconds(50));
  io.run_for(std::chrono::milliseconds(1000));
  measuring = true;
  const double cpu = cpu_seconds_of(pid);
  const auto began = std::chrono::steady_clock::now();
  io.run_for(std::chrono::seconds(seconds));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double used = cpu_seconds_of(pid) - cpu;
  const double count = static_cast<double>(latencies_ms.size());
  std::printf(
      "{\"bench\":\"fanout\",\"server\":\"%s\",\"pages\":%d,\"stalledPages\":%d,\"seconds\":%.1f,\"framesPerSecond\":%."
      "0f,"
      "\"bytesPerFrame\":%.0f,\"serverCoreRatio\":%.4f,\"latencyP50Ms\":%.1f,\"latencyP99Ms\":%.1f,"
      "\"serverResidentBytes\":%lld}\n",
      label, clients, stalled, wall, count / wall, count > 0 ? bytes / count : 0, used / wall,
      quantile(latencies_ms, 0.5), quantile(latencies_ms, 0.99), static_cast<long long>(resident_bytes_of(pid)));
  std::fflush(stdout);
  return 0;
}

int start(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int pid = 0;
  CHECK(::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == 0);
  return pid;
}

int all(const std::string& self) {
  const int seconds = std::getenv("COMFYTRACE_BENCH_SECONDS") ? std::atoi(std::getenv("COMFYTRACE_BENCH_SECONDS")) : 10;
  const struct {
    int pages;
    int stalled;
  } cases[] = {{100, 0}, {1000, 0}, {100, 10}};
  int port = 20'000 + ::getpid() % 20'000;
  for (const auto& each : cases) {
    for (const bool node : {false, true}) {
      ++port;
      const int server =
          node ? start({"node", "bench/fanout_ws_server.mjs", std::to_string(port), std::to_string(kUpdatesPerSecond)})
               : start({self, "serve", std::to_string(port)});
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      const int client =
          start({self, "load", std::to_string(port), std::to_string(each.pages), std::to_string(each.stalled),
                 std::to_string(seconds), node ? "node ws" : "comfytrace hub", std::to_string(server)});
      ::waitpid(client, nullptr, 0);
      ::kill(server, SIGKILL);
      ::waitpid(server, nullptr, 0);
    }
  }
  return 0;
}

}  // namespace
}  // namespace comfytrace

int main(int argc, char** argv) {
  using namespace comfytrace;
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "serve" && argc == 3) return serve(static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (mode == "load" && argc == 8) {
    return load(static_cast<std::uint16_t>(std::atoi(argv[2])), std::atoi(argv[3]), std::atoi(argv[4]),
                std::atoi(argv[5]), argv[6], std::atoi(argv[7]));
  }
  return all(argv[0]);
}
