#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "collect/collector_timings.h"
#include "collect/testing/fake_extension.h"
#include "net/http_server.h"

// For the tests of collect/: a ComfyUI whose every move the test makes.
namespace comfytrace::collect::testing {

inline CollectorTimings fast_timings() {
  CollectorTimings timings;
  timings.back_off_ms = {5, 10};
  timings.slow_retry_ms = 20;
  timings.connect_timeout_ms = 2'000;
  timings.http_timeout_ms = 2'000;
  timings.tick_ms = 10;
  timings.relaxed_queue_ms = 30;
  timings.status_debounce_ms = 2;
  timings.busy_stats_ms = 20;
  timings.idle_stats_ms = 40;
  timings.history_retry_ms = 5;
  timings.history_window_ms = 60;
  timings.back_fill_pause_ms = 0;
  return timings;
}

// Whether `done` came true before a time that only a failure takes.
inline bool run_until(net::asio::io_context& io, const std::function<bool()>& done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

inline void run_for(net::asio::io_context& io, std::int64_t duration_ms) {
  io.restart();
  io.run_for(std::chrono::milliseconds(duration_ms));
}

class FakeComfyUi {
 public:
  struct Socket {
    std::string client_id;
    bool had_origin = false;
    std::vector<std::string> received;
    std::shared_ptr<net::WebSocketSession> session;
  };
  using Override = std::function<std::optional<net::HttpResponse>(const net::HttpRequest&)>;

  explicit FakeComfyUi(net::asio::io_context& io) : io_(io) { start(); }

  // What a kill and a new start are to its clients: the port stays, memory is lost.
  void stop() { server_.reset(); }
  void start() {
    sockets.clear();
    extension.sockets.clear();
    net::ServerHandlers handlers;
    handlers.http = [this](net::HttpRequest request, net::Respond respond) {
      serve(std::move(request), std::move(respond));
    };
    handlers.accept_websocket = [this](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
      if (request.path != "/telemetry" || extension.protocol) return answer_otherwise(request);
      net::HttpResponse absent;
      absent.status = 404;
      return absent;
    };
    handlers.opened = [this](const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
      open(request, std::move(session));
    };
    net::ServerLimits limits;
    limits.max_websocket_queue_bytes = 128u << 20;
    server_ = std::make_unique<net::HttpServer>(io_, std::move(handlers), limits);
    CHECK(server_->start("127.0.0.1", port_).ok());
    port_ = server_->port();
  }
  void lose_memory() {
    pending.clear();
    running.clear();
    history.clear();
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  [[nodiscard]] static std::string item(const std::string& prompt_id, const std::string& extra_data = "{}") {
    return fmt::format(
        R"([1,"{}",{{"1":{{"class_type":"KSampler","inputs":{{}}}},"2":{{"class_type":"SaveImage","inputs":{{"images":["1",0]}}}}}},{},["2"]])",
        prompt_id, extra_data);
  }
  [[nodiscard]] static std::string entry(const std::string& prompt_id, const std::string& prompt,
                                         std::int64_t started_ms = 1'000) {
    return fmt::format(
        R"("{0}":{{"prompt":{1},"outputs":{{"2":{{"images":[{{"filename":"a.png","subfolder":"","type":"output"}}]}}}},)"
        R"("status":{{"status_str":"success","completed":true,"messages":[["execution_start",{{"prompt_id":"{0}","timestamp":{2}}}],)"
        R"(["execution_cached",{{"nodes":[],"prompt_id":"{0}","timestamp":{2}}}],["execution_success",{{"prompt_id":"{0}","timestamp":{3}}}]]}},"meta":{{}}}})",
        prompt_id, prompt, started_ms, started_ms + 100);
  }

  void queue(const std::string& prompt_id, const std::string& extra_data = "{}") {
    pending.emplace_back(prompt_id, item(prompt_id, extra_data));
    tell_status();
  }
  void begin(const std::string& prompt_id) {
    move(prompt_id, pending, running);
    tell_status();
  }
  // With `late`, the history does not have it yet, as happens for some milliseconds.
  void finish(const std::string& prompt_id, bool late = false) {
    for (const auto& [id, text] : running) {
      if (id == prompt_id && !late) remember(id, text);
    }
    forget(prompt_id);
    tell_status();
  }
  void remember(const std::string& prompt_id, const std::string& prompt = {}) {
    history.emplace_back(prompt_id, entry(prompt_id, prompt.empty() ? item(prompt_id) : prompt));
  }
  void forget(const std::string& prompt_id) {
    const auto is_it = [&](const auto& of) { return of.first == prompt_id; };
    std::erase_if(pending, is_it);
    std::erase_if(running, is_it);
  }

  void tell_status() {
    send(fmt::format(R"({{"type":"status","data":{{"status":{{"exec_info":{{"queue_remaining":{}}}}}}}}})",
                     pending.size() + running.size()));
  }
  void send(const std::string& text) { send_frame(net::make_text_frame(text), std::nullopt); }
  void send_to(const std::string& client_id, const std::string& text) {
    send_frame(net::make_text_frame(text), client_id);
  }
  void send_binary(const std::string& bytes) { send_frame(net::make_binary_frame(bytes), std::nullopt); }
  [[nodiscard]] std::size_t asked(const std::string& what) const {
    return static_cast<std::size_t>(std::count(requests.begin(), requests.end(), what));
  }
  [[nodiscard]] std::size_t open_sockets() const {
    return static_cast<std::size_t>(
        std::count_if(sockets.begin(), sockets.end(), [](const auto& socket) { return socket->session != nullptr; }));
  }

  std::vector<std::pair<std::string, std::string>> pending, running, history;  // id, JSON
  std::vector<std::string> requests;                                           // "GET /queue"
  std::vector<std::string> bodies;                                             // of POST /prompt
  std::vector<std::shared_ptr<Socket>> sockets;                                // open and closed, in order
  FakeExtension extension;
  Override override;                                    // asked before anything else
  std::function<bool(const net::HttpRequest&)> ignore;  // true: never answered
  bool knows_offset = true;
  std::int64_t vram_free = 600;

 private:
  using Items = std::vector<std::pair<std::string, std::string>>;

  static void move(const std::string& prompt_id, Items& from, Items& to) {
    const auto it = std::find_if(from.begin(), from.end(), [&](const auto& of) { return of.first == prompt_id; });
    CHECK(it != from.end());
    to.push_back(*it);
    from.erase(it);
  }
  static std::string list(const Items& items, std::size_t from = 0, std::size_t count = SIZE_MAX) {
    std::string out;
    for (std::size_t i = from; i < items.size() && i - from < count; ++i) {
      if (!out.empty()) out += ",";
      out += items[i].second;
    }
    return out;
  }

  std::optional<net::HttpResponse> answer_otherwise(const net::HttpRequest& request) const {
    return override ? override(request) : std::nullopt;
  }

  void open(const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
    if (request.path == "/telemetry") return extension.open(request, std::move(session));
    auto socket = std::make_shared<Socket>();
    socket->client_id = std::string(request.query_value("clientId").value_or(""));
    socket->had_origin = request.headers.get("Origin").has_value();
    socket->session = std::move(session);
    socket->session->on_text = [raw = socket.get()](std::string_view text) { raw->received.emplace_back(text); };
    socket->session->on_close = [raw = socket.get()] { raw->session.reset(); };
    sockets.push_back(socket);
    socket->session->send(net::make_text_frame(
        fmt::format(R"({{"type":"status","data":{{"status":{{"exec_info":{{"queue_remaining":{}}}}},"sid":"{}"}}}})",
                    pending.size() + running.size(), socket->client_id)));
  }

  void send_frame(const std::shared_ptr<const std::string>& frame, const std::optional<std::string>& client_id) {
    for (const auto& socket : sockets) {
      if (socket->session && (!client_id || socket->client_id == *client_id)) CHECK(socket->session->send(frame));
    }
  }

  void serve(net::HttpRequest request, net::Respond respond) {
    requests.push_back(request.method + " " + request.target);
    if (ignore && ignore(request)) {
      unanswered_.push_back(std::move(respond));
      return;
    }
    if (auto other = answer_otherwise(request)) return respond(std::move(*other));
    respond(answer(request));
  }

  net::HttpResponse answer(const net::HttpRequest& request) {
    net::HttpResponse response;
    if (request.path == "/queue" && request.method == "GET") {
      response.body = fmt::format(R"({{"queue_running":[{}],"queue_pending":[{}]}})", list(running), list(pending));
    } else if (request.path == "/queue") {
      const auto body = *base::parse_json(request.body);
      for (const auto& id : *base::find_array(body, "delete")) {
        std::erase_if(pending, [&](const auto& of) { return of.first == id.get_string().c_str(); });
      }
      tell_status();
    } else if (request.path == "/prompt" && request.method == "GET") {
      response.body = fmt::format(R"({{"exec_info":{{"queue_remaining":{}}}}})", pending.size() + running.size());
    } else if (request.path == "/prompt") {
      response.body = take_prompt(request.body);
    } else if (request.path == "/history") {
      const auto max = static_cast<std::size_t>(std::stoul(std::string(*request.query_value("max_items"))));
      const auto offset = knows_offset ? request.query_value("offset") : std::nullopt;
      const std::size_t newest = history.size() - std::min(history.size(), max);
      response.body = "{" + list(history, offset ? std::stoul(std::string(*offset)) : newest, max) + "}";
    } else if (request.path.starts_with("/history/")) {
      const std::string id = request.path.substr(9);
      const auto it = std::find_if(history.begin(), history.end(), [&](const auto& of) { return of.first == id; });
      response.body = it == history.end() ? "{}" : "{" + it->second + "}";
    } else if (request.path == "/system_stats") {
      response.body = fmt::format(
          R"({{"system":{{"os":"linux","ram_total":1000,"ram_free":500,"comfyui_version":"0.8.0","python_version":"3","pytorch_version":"2","argv":[]}},)"
          R"("devices":[{{"name":"cuda:0 X","type":"cuda","index":0,"vram_total":1000,"vram_free":{},"torch_vram_total":0,"torch_vram_free":0}}]}})",
          vram_free);
    } else if (request.path == "/telemetry" && extension.protocol) {
      response.body = extension.hello();
    } else if (request.path == "/interrupt") {
      response.body = "";
    } else {
      response.status = 404;
    }
    return response;
  }

  std::string take_prompt(const std::string& text) {
    bodies.push_back(text);
    const auto body = *base::parse_json(text);
    const std::string id = *base::find_string(body, "prompt_id");
    base::json::object extra_data = *base::find_object(body, "extra_data");
    extra_data["client_id"] = *base::find_string(body, "client_id");
    pending.emplace_back(id, fmt::format(R"([7,"{}",{},{},["2"]])", id, base::to_json(*base::find(body, "prompt")),
                                         base::to_json(extra_data)));
    tell_status();
    return fmt::format(R"({{"prompt_id":"{}","number":7,"node_errors":{{}}}})", id);
  }

  net::asio::io_context& io_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::HttpServer> server_;
  std::vector<net::Respond> unanswered_;
};

}  // namespace comfytrace::collect::testing
