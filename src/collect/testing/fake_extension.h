#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/http_server.h"

namespace comfytrace::collect::testing {

// For the tests of collect/: our extension inside a FakeComfyUi. Absent until `protocol` is set.
class FakeExtension {
 public:
  struct Socket {
    std::string target;
    std::vector<std::string> received;
    std::shared_ptr<net::WebSocketSession> session;
  };

  std::optional<std::int64_t> protocol;
  std::string boot = "boot-1";
  std::string version = "999";  // no other is higher
  std::string running_nodes = "[]";
  std::string about;                             // more of the hello, each with a comma behind it
  std::vector<std::shared_ptr<Socket>> sockets;  // open and closed, in order

  // Tells a numbered frame to all who listen and keeps it.
  void tell(const std::string& source, const std::string& event, const std::string& data, double ts_ms) {
    frames_.push_back(frame(frames_.size() + 1, source, event, data, ts_ms));
    for (const auto& socket : sockets) send(*socket, frames_.back());
  }
  // A whole prompt of another program but for its queueing: node 1 from 10 to 60 ms after the start, node 2 on to 90.
  void tell_execution(const std::string& id, std::int64_t start_ms, bool to_the_end = true) {
    const double start = static_cast<double>(start_ms);
    tell("queue", "started", fmt::format(R"({{"promptId":"{}","number":1,"task":0}})", id), start);
    const auto stamp = [&](std::int64_t at) {
      return fmt::format(R"("prompt_id":"{}","timestamp":{})", id, start_ms + at);
    };
    tell("executor", "execution_start", "{" + stamp(0) + "}", start + 0.4);
    tell("executor", "execution_cached", R"({"nodes":[],)" + stamp(0) + "}", start + 0.6);
    tell_node(id, "1", start + 10, start + 60);
    tell("node", "node_started", fmt::format(R"({{"promptId":"{}","nodeId":"2","classType":"SaveImage"}})", id),
         start + 60);
    if (!to_the_end) return;
    tell_end(id, start_ms);
  }
  void tell_end(const std::string& id, std::int64_t start_ms) {
    const double start = static_cast<double>(start_ms);
    tell("node", "node_finished",
         fmt::format(R"({{"promptId":"{}","nodeId":"2","classType":"SaveImage","cached":false,"startedTsMs":{}}})", id,
                     start + 60),
         start + 90);
    tell("executor", "execution_success", fmt::format(R"({{"prompt_id":"{}","timestamp":{}}})", id, start_ms + 100),
         start + 100.2);
    tell("queue", "finished", fmt::format(R"({{"promptId":"{}","task":0,"status":"success"}})", id), start + 101);
  }
  void tell_node(const std::string& id, const std::string& node, double from_ms, double to_ms) {
    tell("node", "node_started", fmt::format(R"({{"promptId":"{}","nodeId":"{}","classType":"KSampler"}})", id, node),
         from_ms);
    tell("node", "node_progress",
         fmt::format(R"({{"promptId":"{}","nodeId":"{}","value":4,"max":4,"skipped":0}})", id, node), to_ms - 1);
    tell("node", "node_finished",
         fmt::format(R"({{"promptId":"{}","nodeId":"{}","classType":"KSampler","cached":false,"startedTsMs":{}}})", id,
                     node, from_ms),
         to_ms);
  }
  void tell_unnumbered(const std::string& event, const std::string& data) {
    for (const auto& socket : sockets) send(*socket, frame(frames_.size(), "telemetry", event, data, 5'000));
  }
  // What its ring no longer has.
  void forget_frames() { oldest_ = frames_.size() + 1; }
  void restart(const std::string& new_boot) {
    boot = new_boot;
    frames_.clear();
    oldest_ = 1;
  }
  void close_sockets() {
    for (const auto& socket : sockets) {
      if (socket->session) socket->session->close(1001, "");
    }
  }
  [[nodiscard]] std::size_t open_sockets() const {
    return static_cast<std::size_t>(
        std::count_if(sockets.begin(), sockets.end(), [](const auto& socket) { return socket->session != nullptr; }));
  }

  [[nodiscard]] std::string hello() const {
    return fmt::format(
        R"({{"protocol":{},"extensionVersion":"{}",{}"runningNodes":{},"oldestSeq":{},"seq":{},"boot":"{}"}})",
        *protocol, version, about, running_nodes, oldest_ > frames_.size() ? "null" : std::to_string(oldest_),
        frames_.size(), boot);
  }
  void open(const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
    auto socket = std::make_shared<Socket>();
    socket->target = request.target;
    socket->session = std::move(session);
    socket->session->on_text = [raw = socket.get()](std::string_view text) { raw->received.emplace_back(text); };
    socket->session->on_close = [raw = socket.get()] { raw->session.reset(); };
    sockets.push_back(socket);
    std::size_t since = frames_.size();
    if (const auto told = request.query_value("since")) since = std::stoul(std::string(*told));
    if (since > frames_.size() || request.query_value("boot") != boot) since = 0;
    send(*socket, frame(since, "telemetry", "hello", hello(), 5'000));
    if (since + 1 < oldest_) {
      send(*socket, frame(since, "telemetry", "dropped", fmt::format(R"({{"count":{}}})", oldest_ - 1 - since), 5'000));
      since = oldest_ - 1;
    }
    for (; since < frames_.size(); ++since) send(*socket, frames_[since]);
  }

 private:
  std::string frame(std::size_t seq, const std::string& source, const std::string& event, const std::string& data,
                    double ts_ms) const {
    return fmt::format(
        R"({{"seq":{},"boot":"{}","tsMs":{:.3f},"monoNs":1,"source":"{}","event":"{}","sid":null,"data":{}}})", seq,
        boot, ts_ms, source, event, data);
  }
  static void send(Socket& socket, const std::string& text) {
    if (socket.session) CHECK(socket.session->send(net::make_text_frame(text)));
  }

  std::vector<std::string> frames_;
  std::size_t oldest_ = 1;
};

}  // namespace comfytrace::collect::testing
