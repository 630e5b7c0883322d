#include "replay/traffic_recorder.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "base/uuid.h"
#include "net/http_client.h"
#include "net/websocket_client.h"
#include "replay/recording_file.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;
using base::Error;
using base::ErrorCode;

constexpr const char* kLabel = "W";  // a watcher
constexpr int kHistoryAttempts = 6;
constexpr std::int64_t kHistoryAgain_ms = 300;
constexpr std::int64_t kReconnectFirst_ms = 500;
constexpr std::int64_t kReconnectMost_ms = 8'000;

}  // namespace

struct TrafficRecorder::Impl : std::enable_shared_from_this<Impl> {
  Impl(TrafficRecorder& owner, asio::io_context& context, net::Url url, TrafficRecorderOptions wanted)
      : self(owner), io(context), server(std::move(url)), options(std::move(wanted)), http(io, server), again(io) {}

  using Answered = std::function<void(const json::value*)>;

  void start(std::function<void(base::Result<void>)> done) {
    request("/system_stats", [this, done = std::move(done)](base::Result<net::ClientResponse> response) {
      done(begin(std::move(response)));
    });
  }

  base::Result<void> begin(base::Result<net::ClientResponse> response) {
    if (!response) return response.error();
    const auto stats = base::parse_json(response->body);
    const json::value* system = stats ? base::find(*stats, "system") : nullptr;
    const auto version = system ? base::find_string(*system, "comfyui_version") : std::nullopt;
    if (response->status != 200 || !version) {
      return Error{ErrorCode::invalid, server.text() + " answers, but not as a ComfyUI does", "url"};
    }
    if (auto opened = file.open(options.file, options.overwrite); !opened) return opened;
    recording = true;
    write({{"dir", "note"},
           {"note", options.note.empty() ? "recorded by comfytrace" : options.note},
           {"version", *version},
           {"epoch_ms", base::system_clock().now_ms()}});
    note_request("/system_stats");
    note_answer("/system_stats", *response);
    ask("/features", [](const json::value*) {});
    connect();
    return {};
  }

  void request(const std::string& target, std::function<void(base::Result<net::ClientResponse>)> done) {
    net::ClientRequest request;
    request.target = target;
    if (!options.bearer_token.empty()) request.headers.set("Authorization", "Bearer " + options.bearer_token);
    ++counts.requests;
    http.request(std::move(request), std::move(done));
  }

  // Asks and writes both down; `answered` gets the body, or nullptr.
  void ask(const std::string& target, Answered answered) {
    if (!recording) return;
    note_request(target);
    request(target, [this, target, answered = std::move(answered)](base::Result<net::ClientResponse> response) {
      if (!recording) return;
      if (!response) {
        write({{"dir", "http<"}, {"client", kLabel}, {"path", target}, {"note", response.error().message}});
        return answered(nullptr);
      }
      const auto body = note_answer(target, *response);
      answered(body && response->status == 200 ? &*body : nullptr);
    });
  }

  void note_request(const std::string& target) {
    write({{"dir", "http>"}, {"client", kLabel}, {"method", "GET"}, {"path", target}});
  }

  std::optional<json::value> note_answer(const std::string& target, const net::ClientResponse& response) {
    json::object line{
        {"dir", "http<"}, {"client", kLabel}, {"method", "GET"}, {"path", target}, {"status", response.status}};
    auto body = base::parse_json(response.body);
    if (body) {
      line["json"] = *body;
    } else {
      line["raw"] = base::to_valid_utf8(response.body);
    }
    write(std::move(line));
    return body ? std::optional<json::value>(std::move(*body)) : std::nullopt;
  }

  void write(json::object line) {
    if (!recording) return;
    if (file.write(std::move(line))) {
      counts.bytes = file.bytes();
      return;
    }
    recording = false;
    asio::post(io, [weak = weak_from_this()] {
      const auto impl = weak.lock();
      if (!impl) return;
      impl->end();
      if (impl->self.on_failed) {
        impl->self.on_failed(
            {ErrorCode::unavailable, "the recording can no longer be written", impl->options.file.string()});
      }
    });
  }

  void connect() {
    const std::string target = "/ws?clientId=" + client_id;
    write({{"dir", "ws>"}, {"client", kLabel}, {"note", "connect"}, {"path", target}});
    net::WebSocketClientOptions connecting;
    connecting.bearer_token = options.bearer_token;
    net::WebSocketClient::Handlers handlers;
    handlers.opened = [this] {
      reconnect_ms = kReconnectFirst_ms;
      // Whether the server still knows it tells a lost connection from a lost memory.
      if (std::exchange(was_open, true) && !last_over.empty()) {
        ask("/history/" + net::percent_encode(last_over), [](const json::value*) {});
      }
    };
    handlers.text = [this](std::string_view text) { hear(text); };
    handlers.binary = [this](std::string_view bytes) {
      ++counts.frames;
      write({{"dir", "ws<"}, {"client", kLabel}, {"binary", describe_binary(bytes)}});
    };
    handlers.closed = [this](Error error) {
      ++counts.disconnects;
      write({{"dir", "ws<"}, {"client", kLabel}, {"note", "CLOSED close_code=1006 " + error.message}});
      asking_queue = ask_again = false;
      again.expires_after(
          std::chrono::milliseconds(std::exchange(reconnect_ms, std::min(reconnect_ms * 2, kReconnectMost_ms))));
      again.async_wait([weak = weak_from_this()](const net::error_code& cancelled) {
        const auto impl = weak.lock();
        if (!cancelled && impl && impl->recording) impl->connect();
      });
    };
    socket = std::make_unique<net::WebSocketClient>(io, server, target, connecting, std::move(handlers));
    socket->start();
  }

  void hear(std::string_view text) {
    ++counts.frames;
    auto frame = base::parse_json(text);
    if (!frame) return write({{"dir", "ws<"}, {"client", kLabel}, {"raw", base::to_valid_utf8(text)}});
    const bool status = base::find_string(*frame, "type") == "status";
    write({{"dir", "ws<"}, {"client", kLabel}, {"json", std::move(*frame)}});
    if (status) ask_queue();
  }

  // One at a time: what changes meanwhile is asked for after it.
  void ask_queue() {
    if (std::exchange(asking_queue, true)) {
      ask_again = true;
      return;
    }
    ask("/queue", [this](const json::value* body) {
      asking_queue = false;
      if (body) compare(*body);
      if (std::exchange(ask_again, false)) ask_queue();
    });
  }

  void compare(const json::value& queue) {
    std::set<std::string> now;
    for (const char* part : {"queue_running", "queue_pending"}) {
      const json::array* items = base::find_array(queue, part);
      if (!items) continue;
      for (const json::value& item : *items) {
        if (item.is_array() && item.get_array().size() > 1 && item.get_array()[1].is_string()) {
          now.emplace(item.get_array()[1].get_string());
        }
      }
    }
    const bool nothing_seen = now.empty() && queued.empty();
    for (const std::string& id : queued) {
      if (!now.contains(id)) ask_history(id, kHistoryAttempts);
    }
    queued = std::move(now);
    // A prompt may come and go between two questions.
    if (nothing_seen && was_open) ask("/history?max_items=4", [](const json::value*) {});
  }

  void ask_history(const std::string& id, int attempts) {
    ask("/history/" + net::percent_encode(id), [this, id, attempts](const json::value* body) {
      if (body && base::find(*body, id)) last_over = id;
      if (!body || base::find(*body, id) || attempts <= 1) return;
      auto timer = std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(kHistoryAgain_ms));
      timer->async_wait([timer, weak = weak_from_this(), id, attempts](const net::error_code&) {
        const auto impl = weak.lock();
        if (impl && impl->recording) impl->ask_history(id, attempts - 1);
      });
    });
  }

  void end() {
    if (recording) write({{"dir", "note"}, {"note", "the recording was stopped"}});
    recording = false;
    again.cancel();
    socket.reset();
    http.cancel_all();
    file.close();
  }

  TrafficRecorder& self;
  asio::io_context& io;
  net::Url server;
  TrafficRecorderOptions options;
  net::HttpClient http;
  std::unique_ptr<net::WebSocketClient> socket;
  asio::steady_timer again;
  RecordingFile file;
  Counts counts;
  std::string client_id = base::random_uuid();
  std::set<std::string> queued;
  std::string last_over;
  std::int64_t reconnect_ms = kReconnectFirst_ms;
  bool recording = false;
  bool was_open = false;
  bool asking_queue = false;
  bool ask_again = false;
};

TrafficRecorder::TrafficRecorder(asio::io_context& io, net::Url server, TrafficRecorderOptions options)
    : impl_(std::make_shared<Impl>(*this, io, std::move(server), std::move(options))) {}

TrafficRecorder::~TrafficRecorder() {
  impl_->end();
}

void TrafficRecorder::start(std::function<void(base::Result<void>)> done) {
  // Known before anybody is asked.
  std::error_code ignored;
  if (!impl_->options.overwrite && std::filesystem::exists(impl_->options.file, ignored)) {
    RecordingFile unused;
    auto refused = unused.open(impl_->options.file, false);
    asio::post(impl_->io, [done = std::move(done), refused = std::move(refused)] { done(refused); });
    return;
  }
  impl_->start(std::move(done));
}

void TrafficRecorder::stop() {
  impl_->end();
}
TrafficRecorder::Counts TrafficRecorder::counts() const {
  return impl_->counts;
}

}  // namespace comfytrace::replay
