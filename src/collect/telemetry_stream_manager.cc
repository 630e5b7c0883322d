#include "collect/telemetry_stream_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.h"
#include "base/uuid.h"
#include "collect/back_off.h"
#include "collect/deafness_check.h"
#include "collect/extension_stream.h"
#include "collect/history_reader.h"
#include "collect/queue_poll.h"
#include "collect/stats_poll.h"
#include "collect/told_frame.h"
#include "collect/worker_requests.h"
#include "collect/worker_view.h"
#include "comfyui/frame.h"
#include "net/timer.h"
#include "net/websocket_client.h"

namespace comfytrace::collect {
namespace {

using base::Counter;

constexpr const char* kFeatureFlags = R"({"type":"feature_flags","data":{"supports_preview_metadata":true}})";

}  // namespace

std::string worker_id_of(const net::Url& url) {
  return base::named_uuid(url.text());
}

struct TelemetryStreamManager::Impl {
  Impl(net::asio::io_context& context, const base::Clock& clock_in, net::Url url_in, std::string name,
       CollectorTimings timings_in, StreamHandlers handlers_in);

  void connect();
  void opened();
  void established();
  void closed(const base::Error& error);
  // Tells a worker that cannot be reached from a server that is no ComfyUI.
  void probe(const base::Error& refusal);
  // Ends the connection, if there is one, and waits for the next try.
  void drop(const base::Error& error);
  void stop_polls();
  void tick();

  void frame(std::string_view bytes, bool binary);
  void take_snapshot(comfyui::QueueSnapshot snapshot);
  void queue_failed(const base::Error& error);
  void take_stats(comfyui::SystemStats stats);
  void take_told(comfyui::TelemetryFrame frame, bool is_past);
  void tell_busy(bool was_busy);
  [[nodiscard]] ExtensionStream::Handlers extension_handlers();

  void fact(decltype(assemble::Fact::what) what) {
    handlers.fact({view.state().worker.worker_id, clock.now_ms(), std::move(what)});
  }
  [[nodiscard]] base::Error explained(const base::Error& error) const;

  net::asio::io_context& io;
  const base::Clock& clock;
  const net::Url url;
  const CollectorTimings timings;
  StreamHandlers handlers;
  const std::string client_id = base::random_uuid();
  WorkerView view;

  WorkerRequests requests;
  WorkerRequests others;  // what others ask for through us: not ended when the connection is
  QueuePoll queue;
  HistoryReader history;
  StatsPoll stats;
  DeafnessCheck deafness;
  ExtensionStream extension;
  std::string preview_prompt;  // the last one of which the socket itself brought pictures
  BackOff back_off;
  net::Timer retry;
  net::Timer ticker;
  std::unique_ptr<net::WebSocketClient> socket;
  std::uint64_t connection = 0;  // which one: what an earlier one still says is not heard
  bool started = false;
  bool is_open = false;         // the socket
  bool is_established = false;  // and the worker answers as a ComfyUI
  std::int64_t failed_polls = 0;
  std::optional<model::AttemptEnvironment> told_environment;  // since the connection was made

  struct Waiter {
    std::uint64_t number;
    std::function<void(base::Result<void>)> ready;
    std::unique_ptr<net::Timer> timeout;
  };
  std::vector<Waiter> waiters;
  std::uint64_t waiters_so_far = 0;
};

TelemetryStreamManager::Impl::Impl(net::asio::io_context& context, const base::Clock& clock_in, net::Url url_in,
                                   std::string name, CollectorTimings timings_in, StreamHandlers handlers_in)
    : io(context),
      clock(clock_in),
      url(std::move(url_in)),
      timings(std::move(timings_in)),
      handlers(std::move(handlers_in)),
      view(clock, unseen_worker(url, std::move(name)), timings.stall_without_history_ms,
           [this](const model::WorkerState& state) { handlers.state_changed(state); }),
      requests(io, url, timings),
      others(io, url, timings),
      queue(io, clock, requests, timings,
            {[this](comfyui::QueueSnapshot snapshot) { take_snapshot(std::move(snapshot)); },
             [this] { history.look_for_short_prompts(); }, [this](const base::Error& error) { queue_failed(error); }}),
      history(io, clock, requests, timings,
              {[this](std::vector<comfyui::HistoryEntry> entries) { fact(assemble::HistoryRead{std::move(entries)}); },
               [this](const std::string& prompt_id) { fact(assemble::HistoryMissing{prompt_id}); }}),
      stats(clock, requests, timings,
            {[this](comfyui::SystemStats taken) { take_stats(std::move(taken)); }, [](const base::Error&) {}}),
      deafness(clock, requests, timings,
               {[this](std::int64_t remaining) { queue.on_status(remaining); },
                [this] {
                  drop({base::ErrorCode::unavailable,
                        url.text() + " no longer sends events over the connection; it is made anew"});
                }}),
      extension(io, url, requests, timings, extension_handlers()),
      back_off(timings),
      retry(io),
      ticker(io) {}

void TelemetryStreamManager::Impl::connect() {
  retry.cancel();
  // The old socket goes first: a second one under the same id would make the server forget both.
  socket.reset();
  const std::uint64_t mine = ++connection;
  net::WebSocketClientOptions options;
  options.connect_timeout_ms = timings.connect_timeout_ms;
  options.ping_interval_ms = timings.ping_interval_ms;
  options.ping_timeout_ms = timings.ping_timeout_ms;
  options.max_message_bytes = timings.max_frame_bytes;
  const auto if_mine = [this, mine](auto call) {
    return [this, mine, call](auto&&... arguments) {
      if (mine == connection) call(std::forward<decltype(arguments)>(arguments)...);
    };
  };
  net::WebSocketClient::Handlers heard;
  heard.opened = if_mine([this] { opened(); });
  heard.text = if_mine([this](std::string_view text) { frame(text, false); });
  heard.binary = if_mine([this](std::string_view bytes) { frame(bytes, true); });
  heard.closed = if_mine([this](const base::Error& error) { closed(error); });
  socket = std::make_unique<net::WebSocketClient>(io, url, url.path + "/ws?clientId=" + client_id, options,
                                                  std::move(heard));
  socket->start();
}

void TelemetryStreamManager::Impl::opened() {
  is_open = true;
  failed_polls = 0;
  told_environment.reset();
  // Only as the very first message does the server heed it.
  socket->send_text(kFeatureFlags);
  fact(assemble::Connected{});
  if (!is_open) return;
  stats.start();
  queue.start();
  deafness.start();
}

void TelemetryStreamManager::Impl::established() {
  is_established = true;
  back_off.reset();
  view.connected();
  if (!is_open) return;
  history.start();
  extension.start();
  for (Waiter& waiter : std::exchange(waiters, {})) waiter.ready({});
}

void TelemetryStreamManager::Impl::closed(const base::Error& error) {
  if (error.code == base::ErrorCode::too_large) base::counters().add(Counter::frames_oversized);
  if (is_open && error.code == base::ErrorCode::invalid) base::counters().add(Counter::frames_malformed);
  if (!is_open) return probe(error);
  drop(error);
}

void TelemetryStreamManager::Impl::probe(const base::Error& refusal) {
  requests.get("/system_stats", [this, refusal, mine = connection](base::Result<std::string> body) {
    if (mine != connection) return;
    const bool not_reached = !body && body.error().code == base::ErrorCode::unavailable;
    if (!body && !not_reached) return drop(body.error());
    if (body) {
      const auto decoded = comfyui::decode_system_stats(*body);
      if (!decoded) return drop(malformed_body("/system_stats", decoded.error()));
    }
    // Nothing there; or a ComfyUI that refuses the socket, or something between it and us.
    drop({base::ErrorCode::unavailable, refusal.message, "", refusal.mend});
  });
}

base::Error TelemetryStreamManager::Impl::explained(const base::Error& error) const {
  if (error.code == base::ErrorCode::denied) {
    return {error.code, fmt::format("{} refuses us: {}; is there a login in front of it?", url.text(), error.message)};
  }
  if (error.code != base::ErrorCode::invalid) return error;
  return {error.code,
          fmt::format("{} answers, but not as a ComfyUI: {}; check the address", url.text(), error.message)};
}

void TelemetryStreamManager::Impl::drop(const base::Error& error) {
  const bool was_open = std::exchange(is_open, false);
  const bool is_other = !is_established && error.code != base::ErrorCode::unavailable;
  const bool was_established = std::exchange(is_established, false);
  ++connection;
  // Not destroyed: this may be one of its own calls.
  if (socket) socket->close();
  stop_polls();
  base::counters().add(was_open ? Counter::worker_disconnects : Counter::worker_connects_failed);
  const std::int64_t wait_ms = is_other ? back_off.next_slow_ms() : back_off.next_ms();
  retry.after(wait_ms, [this] { connect(); });
  view.disconnected((is_other ? explained(error) : error).sentence(), back_off.failures(), wait_ms);
  if (was_open && started) fact(assemble::Disconnected{});
  if (was_established && started && view.state().worker.last_seen_at_ms) handlers.worker_seen(view.state().worker);
}

void TelemetryStreamManager::Impl::stop_polls() {
  requests.cancel_all();
  queue.stop();
  history.stop();
  stats.stop();
  deafness.stop();
  extension.stop();
}

void TelemetryStreamManager::Impl::tick() {
  ticker.after(timings.tick_ms, [this] { tick(); });
  extension.want_previews(!handlers.previews_wanted || handlers.previews_wanted());
  if (!is_open) return;
  const bool busy = view.state().queue_running > 0 || queue.remaining() > 0;
  queue.tick();
  stats.tick(busy);
  if (!busy && is_established) deafness.tick();
  view.judge();
}

void TelemetryStreamManager::Impl::frame(std::string_view bytes, bool binary) {
  base::counters().add(Counter::frames_received);
  view.heard();
  comfyui::FrameLimits limits;
  limits.max_bytes = timings.max_frame_bytes;
  auto event = binary ? comfyui::decode_binary_frame(bytes, limits) : comfyui::decode_text_frame(bytes, limits);
  if (!event) return count_refused_frame(event.error());
  if (is_news(*event)) view.news();
  if (auto* preview = std::get_if<comfyui::PreviewImage>(&*event)) {
    preview_prompt = preview->prompt_id.value_or("");
    return handlers.preview(std::move(*preview));
  }
  if (is_unknown(*event)) base::counters().add(Counter::frames_unknown);
  std::optional<std::int64_t> remaining;
  if (const auto* status = std::get_if<comfyui::StatusEvent>(&*event)) remaining = status->queue_remaining;
  fact(std::move(*event));
  if (!remaining || !is_open) return;
  deafness.on_status(*remaining);
  queue.on_status(*remaining);
}

void TelemetryStreamManager::Impl::take_snapshot(comfyui::QueueSnapshot snapshot) {
  failed_polls = 0;
  if (!is_established) established();
  if (!is_open) return;
  const bool was_busy = view.state().queue_running > 0;
  view.take_queue(snapshot);
  tell_busy(was_busy);
  fact(std::move(snapshot));
  if (!is_open) return;
  view.judge();
}

void TelemetryStreamManager::Impl::queue_failed(const base::Error& error) {
  // A queue too long to be read is no fault of the connection; the history still tells what came of its prompts.
  if (error.code == base::ErrorCode::too_large) {
    if (!is_established) established();
    return;
  }
  if (!is_established) return drop(error);
  if (error.code != base::ErrorCode::unavailable || ++failed_polls < timings.failed_polls_to_disconnect) return;
  drop(error);
}

void TelemetryStreamManager::Impl::take_stats(comfyui::SystemStats taken) {
  if (view.take_stats(std::move(taken.worker))) handlers.worker_seen(view.state().worker);
  if (const auto environment = model::environment_of(view.state().worker); told_environment != environment) {
    told_environment = environment;
    fact(environment);
  }
  auto samples = samples_of(view.state().worker, clock.now_ms());
  if (!samples.empty()) fact(std::move(samples));
  view.tell();
}

void TelemetryStreamManager::Impl::tell_busy(bool was_busy) {
  if (was_busy != (view.state().queue_running > 0)) stats.tick(!was_busy);
}

ExtensionStream::Handlers TelemetryStreamManager::Impl::extension_handlers() {
  ExtensionStream::Handlers told;
  told.opened = [this](const model::ExtensionInfo& info) {
    queue.relax(true);
    view.told_by_extension(info);
  };
  told.resumed = [this] { fact(assemble::Resumed{}); };
  told.frame = [this](comfyui::TelemetryFrame frame, bool is_past) { take_told(std::move(frame), is_past); };
  told.gap = [this] {
    queue.ask_again();
    history.look_for_short_prompts();
  };
  told.closed = [this](std::optional<std::string> mend) {
    queue.relax(false);
    view.told_by_stock(std::move(mend));
  };
  return told;
}

void TelemetryStreamManager::Impl::take_told(comfyui::TelemetryFrame frame, bool is_past) {
  view.heard();
  const bool was_busy = view.state().queue_running > 0;
  view.take_told(frame);
  tell_busy(was_busy);
  ToldFrame told = read_told_frame(std::move(frame.what), client_id);
  if (told.is_news) view.news();
  if (told.is_unknown) base::counters().add(Counter::frames_unknown);
  if (told.queue_grew) queue.outdated();
  // Of our own prompts the socket brings more of them.
  if (told.preview && told.preview->prompt_id != preview_prompt) handlers.preview(std::move(*told.preview));
  if (told.fact) handlers.fact({view.state().worker.worker_id, frame.at_ms, std::move(*told.fact), is_past});
}

TelemetryStreamManager::TelemetryStreamManager(net::asio::io_context& io, const base::Clock& clock, net::Url url,
                                               std::string name, CollectorTimings timings, StreamHandlers handlers)
    : impl_(std::make_unique<Impl>(io, clock, std::move(url), std::move(name), std::move(timings),
                                   std::move(handlers))) {}

TelemetryStreamManager::~TelemetryStreamManager() = default;

void TelemetryStreamManager::start() {
  if (std::exchange(impl_->started, true)) return;
  impl_->tick();
  impl_->connect();
  impl_->view.tell();
}

void TelemetryStreamManager::stop() {
  impl_->started = impl_->is_open = impl_->is_established = false;
  ++impl_->connection;
  impl_->retry.cancel();
  impl_->ticker.cancel();
  impl_->stop_polls();
  impl_->others.cancel_all();
  impl_->waiters.clear();
  // Not destroyed: this may be one of its own calls.
  if (impl_->socket) impl_->socket->close();
}

void TelemetryStreamManager::connect_now() {
  if (!impl_->started || !impl_->retry.waiting()) return;
  impl_->connect();
  impl_->view.trying_again();
}

const model::WorkerState& TelemetryStreamManager::state() const {
  return impl_->view.state();
}
const std::string& TelemetryStreamManager::client_id() const {
  return impl_->client_id;
}
void TelemetryStreamManager::want_history(const std::string& prompt_id) {
  impl_->history.want(prompt_id);
}

void TelemetryStreamManager::expect_news_within(std::int64_t limit_ms) {
  impl_->view.expect_news_within(limit_ms);
}

void TelemetryStreamManager::when_connected(std::int64_t timeout_ms, std::function<void(base::Result<void>)> ready) {
  if (impl_->is_established) return ready({});
  const std::uint64_t number = ++impl_->waiters_so_far;
  auto timeout = std::make_unique<net::Timer>(impl_->io);
  timeout->after(timeout_ms, [impl = impl_.get(), number] {
    const auto it = std::find_if(impl->waiters.begin(), impl->waiters.end(),
                                 [number](const Impl::Waiter& waiter) { return waiter.number == number; });
    if (it == impl->waiters.end()) return;
    const auto call = std::move(it->ready);
    impl->waiters.erase(it);
    call(base::Error{base::ErrorCode::unavailable,
                     impl->view.state().connection.last_error.value_or(impl->url.text() + " does not answer")});
  });
  impl_->waiters.push_back({number, std::move(ready), std::move(timeout)});
}

void TelemetryStreamManager::request(net::ClientRequest request,
                                     std::function<void(base::Result<net::ClientResponse>)> done) {
  impl_->others.request(std::move(request), std::move(done));
}

}  // namespace comfytrace::collect
