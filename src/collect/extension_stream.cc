#include "collect/extension_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/counters.h"
#include "collect/told_frame.h"

namespace comfytrace::collect {
namespace {

using base::Counter;

constexpr const char* kTarget = "/telemetry";

std::string other_protocol(std::int64_t protocol) {
  const bool newer = protocol > comfyui::kTelemetryProtocol;
  return fmt::format("the telemetry extension in this ComfyUI speaks protocol {}, this comfytrace only {}: {}",
                     protocol, comfyui::kTelemetryProtocol,
                     newer ? "update comfytrace" : "`comfytrace extension install <ComfyUI directory>` updates it");
}

}  // namespace

ExtensionStream::ExtensionStream(net::asio::io_context& io, const net::Url& url, WorkerRequests& requests,
                                 const CollectorTimings& timings, Handlers handlers)
    : io_(io),
      url_(url),
      requests_(requests),
      timings_(timings),
      handlers_(std::move(handlers)),
      back_off_(timings),
      retry_(io) {}

void ExtensionStream::start() {
  if (std::exchange(running_, true)) return;
  back_off_.reset();
  look();
}

void ExtensionStream::stop() {
  running_ = is_open_ = false;
  ++connection_;
  retry_.cancel();
  // Not destroyed: this may be one of its own calls.
  if (socket_) socket_->close();
}

void ExtensionStream::want_previews(bool wanted) {
  if (std::exchange(wants_previews_, wanted) == wanted || !is_open_) return;
  asked_for_previews_ = wanted;
  socket_->send_text(fmt::format(R"({{"type":"subscribe","previews":{}}})", wanted));
}

void ExtensionStream::look() {
  retry_.cancel();
  net::ClientRequest request;
  request.target = kTarget;
  requests_.request(std::move(request), [this, mine = ++connection_](base::Result<net::ClientResponse> answer) {
    if (mine == connection_) take(std::move(answer));
  });
}

void ExtensionStream::take(base::Result<net::ClientResponse> answer) {
  if (!answer || answer->status >= 500) return lost(std::nullopt, true);
  if (answer->status != 200) return lost(std::nullopt, false);
  const auto hello = comfyui::decode_telemetry_hello(answer->body);
  if (!hello) {
    (void)malformed_body(kTarget, hello.error());
    return lost(
        "what answers at /telemetry is not the telemetry extension of comfytrace, which "
        "`comfytrace extension install <ComfyUI directory>` adds",
        false);
  }
  if (hello->extension.protocol != comfyui::kTelemetryProtocol) {
    return lost(other_protocol(hello->extension.protocol), false);
  }
  resumes_ = boot_.empty() ? hello->oldest_seq <= 1 : hello->boot == boot_;
  if (boot_.empty()) {
    // The first time: everything that it still has. A history tells no nodes, and nothing of refused prompts.
    boot_ = hello->boot;
    seq_ = std::max<std::uint64_t>(hello->oldest_seq, 1) - 1;
    past_seq_ = hello->seq;
  }
  connect();
}

void ExtensionStream::connect() {
  socket_.reset();
  const std::uint64_t mine = ++connection_;
  asked_for_previews_ = wants_previews_;
  net::WebSocketClientOptions options;
  options.connect_timeout_ms = timings_.connect_timeout_ms;
  options.ping_interval_ms = timings_.ping_interval_ms;
  options.ping_timeout_ms = timings_.ping_timeout_ms;
  options.max_message_bytes = timings_.max_frame_bytes;
  net::WebSocketClient::Handlers heard;
  heard.text = [this, mine](std::string_view text) {
    if (mine == connection_) take_frame(text);
  };
  heard.closed = [this, mine](const base::Error& error) {
    if (mine != connection_) return;
    if (error.code == base::ErrorCode::too_large) base::counters().add(Counter::frames_oversized);
    base::counters().add(is_open_ ? Counter::worker_disconnects : Counter::worker_connects_failed);
    lost(std::nullopt, true);
  };
  socket_ = std::make_unique<net::WebSocketClient>(
      io_, url_,
      fmt::format("{}{}?since={}&boot={}{}", url_.path, kTarget, seq_, net::percent_encode(boot_),
                  wants_previews_ ? "&previews=1" : ""),
      options, std::move(heard));
  socket_->start();
}

void ExtensionStream::take_frame(std::string_view text) {
  base::counters().add(Counter::frames_received);
  comfyui::FrameLimits limits;
  limits.max_bytes = timings_.max_frame_bytes;
  auto frame = comfyui::decode_telemetry_frame(text, limits);
  if (!frame) return count_refused_frame(frame.error());
  if (const auto* hello = std::get_if<comfyui::TelemetryHello>(&frame->what)) {
    return take_hello(*hello, frame->at_ms);
  }
  if (!is_open_) return;
  if (frame->is_numbered) {
    if (frame->seq <= seq_) return;
    seq_ = frame->seq;
  }
  const bool is_gap = std::holds_alternative<comfyui::FramesDropped>(frame->what);
  const std::uint64_t mine = connection_;
  if (std::exchange(resumes_, false) && !is_gap) handlers_.resumed();
  if (mine != connection_) return;
  if (is_gap) return handlers_.gap();
  const bool is_past = frame->is_numbered && frame->seq <= past_seq_;
  handlers_.frame(std::move(*frame), is_past);
}

void ExtensionStream::take_hello(const comfyui::TelemetryHello& hello, std::int64_t at_ms) {
  if (hello.extension.protocol != comfyui::kTelemetryProtocol) {
    return lost(other_protocol(hello.extension.protocol), false);
  }
  if (hello.boot != boot_) {
    // ComfyUI was restarted: all of its new life comes.
    boot_ = hello.boot;
    seq_ = past_seq_ = 0;
    resumes_ = false;
  }
  is_open_ = true;
  back_off_.reset();
  if (asked_for_previews_ != wants_previews_) want_previews(std::exchange(wants_previews_, asked_for_previews_));
  const std::uint64_t mine = connection_;
  handlers_.opened(hello.extension);
  // Later the frames themselves tell what began meanwhile.
  if (!std::exchange(is_first_, false)) return;
  for (const comfyui::ProgressState& running : hello.running) {
    if (mine != connection_) return;
    comfyui::TelemetryFrame told;
    told.is_numbered = false;
    told.at_ms = at_ms;
    for (const auto& node : running.nodes) told.at_ms = std::min(told.at_ms, node.started_at_ms.value_or(at_ms));
    told.what = comfyui::Event(running);
    handlers_.frame(std::move(told), false);
  }
}

void ExtensionStream::lost(std::optional<std::string> mend, bool try_again) {
  is_open_ = false;
  ++connection_;
  if (socket_) socket_->close();
  if (try_again) retry_.after(back_off_.next_ms(), [this] { look(); });
  handlers_.closed(std::move(mend));
}

}  // namespace comfytrace::collect
