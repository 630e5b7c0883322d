#include "live/hub.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/counters.h"
#include "base/json.h"
#include "base/uuid.h"
#include "live/client.h"
#include "live/state.h"
#include "live/update.h"

namespace comfytrace::live {
namespace {

constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr std::int64_t kPreviewIntervalMs = 250;
constexpr std::size_t kPreviewScenes = 1024;
constexpr std::size_t kSnapshotBytes = 512u << 10;

// Clients with the same window.
struct Group {
  std::vector<Client*> clients;
  Backlog pending;
  std::int64_t last_flush_ms = 0;  // steady
  bool armed = false;
  net::asio::steady_timer timer;
};

std::string json_string(std::string_view text) {
  std::string out;
  base::write_json_string(out, text);
  return out;
}

std::string preview_payload(const Preview& preview) {
  std::string head = "{\"runId\":" + json_string(preview.run_id) + ",\"sceneId\":" + json_string(preview.scene_id) +
                     ",\"promptId\":" + json_string(preview.prompt_id) +
                     ",\"workerId\":" + json_string(preview.worker_id) + ",\"nodeId\":" + json_string(preview.node_id) +
                     ",\"mime\":" + json_string(preview.mime) + "}";
  std::string payload;
  payload.reserve(4 + head.size() + preview.bytes.size());
  for (const int shift : {24, 16, 8, 0}) payload.push_back(static_cast<char>((head.size() >> shift) & 0xff));
  payload += head;
  payload += preview.bytes;
  return payload;
}

}  // namespace

struct Hub::Impl : std::enable_shared_from_this<Hub::Impl> {
  Impl(net::asio::io_context& the_io, const base::Clock& the_clock, HubOptions the_options)
      : io(the_io),
        clock(the_clock),
        options(std::move(the_options)),
        patience{options.slow_bytes, options.backlog_updates, options.stuck_after_ms},
        state(options.recent_runs) {
    if (options.boot_id.empty()) options.boot_id = base::random_uuid();
  }

  void publish(Update::What what) {
    auto update = std::make_shared<const Update>(++seq, clock.now_ms(), std::move(what));
    ring_bytes += update->approximate_bytes();
    ring.push_back(update);
    while (ring.size() > options.ring_updates || ring_bytes > options.ring_bytes) {
      ring_bytes -= ring.front()->approximate_bytes();
      ring.pop_front();
    }
    for (auto& [buffer_ms, group] : groups) {
      group.pending.add(update);
      arm(buffer_ms, group);
    }
  }

  // The first change goes out when the current handler is done; those that follow gather until the window is over.
  void arm(std::int64_t buffer_ms, Group& group) {
    if (std::exchange(group.armed, true)) return;
    const std::int64_t wait_ms = group.last_flush_ms + buffer_ms - clock.steady_ms();
    if (wait_ms <= 0) {
      net::asio::post(io, [self = weak_from_this()] {
        if (const auto impl = self.lock()) impl->flush_due();
      });
      return;
    }
    group.timer.expires_after(std::chrono::milliseconds(wait_ms));
    group.timer.async_wait([self = weak_from_this(), buffer_ms](net::error_code error) {
      const auto impl = self.lock();
      if (error || !impl) return;
      impl->flush_due();
      // A timer that was early by less than a millisecond of our clock.
      if (const auto found = impl->groups.find(buffer_ms); found != impl->groups.end() && found->second.armed) {
        found->second.armed = false;
        impl->arm(buffer_ms, found->second);
      }
    });
  }

  void flush_due() {
    const std::int64_t steady_ms = clock.steady_ms();
    for (auto& [buffer_ms, group] : groups) {
      if (group.armed && group.last_flush_ms + buffer_ms <= steady_ms) flush(buffer_ms, group, steady_ms);
    }
    close_lost();
  }

  void flush(std::int64_t buffer_ms, Group& group, std::int64_t steady_ms) {
    group.armed = false;
    group.timer.cancel();
    group.last_flush_ms = steady_ms;
    const std::int64_t now_ms = clock.now_ms();
    const auto updates = group.pending.take();
    std::uint64_t lowest = seq + 1;
    for (const auto& update : updates) lowest = std::min(lowest, update->seq());
    std::vector<UpdateFrame> shared;
    bool anybody_slow = false;
    for (Client* client : group.clients) {
      bool alive = true;
      if (updates.empty()) {
        if (client->slow()) alive = client->drain(now_ms, steady_ms);
      } else if (client->known_seq() < lowest) {
        if (shared.empty()) shared = make_update_frames(updates, seq, now_ms);
        alive = client->deliver(updates, shared, seq, now_ms, steady_ms);
      } else {
        alive = deliver_newer(*client, updates, now_ms, steady_ms);
      }
      if (!alive) lost.push_back(client);
      anybody_slow = anybody_slow || client->slow();
    }
    if (anybody_slow) arm(buffer_ms, group);
  }

  // For a client that came while the window was open.
  bool deliver_newer(Client& client, std::vector<UpdatePtr> updates, std::int64_t now_ms,
                     std::int64_t steady_ms) const {
    std::erase_if(updates, [&](const UpdatePtr& update) { return update->seq() <= client.known_seq(); });
    return client.deliver(updates, make_update_frames(updates, seq, now_ms), seq, now_ms, steady_ms);
  }

  void close_lost() {
    for (Client* client : std::exchange(lost, {})) {
      base::counters().add(base::Counter::live_clients_kicked);
      drop(*client, kTryAgainLater, "too slow; come back for a snapshot");
    }
  }

  void drop(Client& client, std::uint16_t code, std::string reason) {
    const auto found = clients.find(&client.session());
    const auto session = found->second.first;
    forget(session.get());
    session->close(code, std::move(reason));
  }

  void forget(net::WebSocketSession* session) {
    const auto found = clients.find(session);
    if (found == clients.end()) return;
    leave(*found->second.second);
    if (found->second.second->subscription.previews) --preview_clients;
    clients.erase(found);
  }

  void join(Client& client) {
    const std::int64_t buffer_ms = client.subscription.buffer_ms;
    auto found = groups.find(buffer_ms);
    if (found == groups.end()) {
      found = groups
                  .emplace(buffer_ms, Group{.clients = {},
                                            .pending = {},
                                            .last_flush_ms = clock.steady_ms() - buffer_ms,
                                            .armed = false,
                                            .timer = net::asio::steady_timer(io)})
                  .first;
    }
    found->second.clients.push_back(&client);
    if (client.slow()) arm(buffer_ms, found->second);
  }

  void leave(Client& client) {
    const auto found = groups.find(client.subscription.buffer_ms);
    std::erase(found->second.clients, &client);
    if (found->second.clients.empty()) groups.erase(found);
  }

  void received(net::WebSocketSession* session, std::string_view text) {
    const auto found = clients.find(session);
    if (found == clients.end()) return;
    Client& client = *found->second.second;
    const auto wanted = parse_subscribe(text, client.subscription);
    bool alive = true;
    if (!wanted) {
      const auto& error = wanted.error();
      alive = session->send(net::make_text_frame("{\"type\":\"error\",\"message\":" + json_string(error.message) +
                                                 ",\"field\":" + json_string(error.field) +
                                                 ",\"mend\":" + json_string(error.mend) + "}"));
    } else {
      alive = subscribe(client, *wanted);
    }
    if (!alive) lost.push_back(&client);
    close_lost();
  }

  bool subscribe(Client& client, const Subscription& wanted) {
    if (wanted.previews != client.subscription.previews) wanted.previews ? ++preview_clients : --preview_clients;
    client.subscription.previews = wanted.previews;
    if (wanted.buffer_ms == client.subscription.buffer_ms) return true;
    // What its old group has gathered goes out now: its new one has not.
    const auto& pending = groups.find(client.subscription.buffer_ms)->second.pending;
    const bool alive = deliver_newer(client, pending.updates(), clock.now_ms(), clock.steady_ms());
    leave(client);
    client.subscription.buffer_ms = wanted.buffer_ms;
    join(client);
    return alive;
  }

  void add(std::shared_ptr<net::WebSocketSession> session, std::optional<std::uint64_t> since, std::string_view boot) {
    base::counters().add(base::Counter::live_clients);
    auto owned = std::make_unique<Client>(session, patience);
    Client& client = *owned;
    clients.emplace(session.get(), std::make_pair(session, std::move(owned)));
    session->on_text = [self = weak_from_this(), key = session.get()](std::string_view text) {
      if (const auto impl = self.lock()) impl->received(key, text);
    };
    // Later: a session may notice its end while the hub goes through its clients.
    session->on_close = [self = weak_from_this(), closed = std::weak_ptr(session)] {
      const auto impl = self.lock();
      if (!impl) return;
      net::asio::post(impl->io, [self, closed] {
        const auto still_there = self.lock();
        const auto gone = closed.lock();
        if (still_there && gone) still_there->forget(gone.get());
      });
    };
    const std::int64_t now_ms = clock.now_ms();
    bool alive = session->send(net::make_text_frame(
        "{\"type\":\"hello\",\"protocol\":1,\"version\":" + json_string(options.version) +
        ",\"bootId\":" + json_string(options.boot_id) + ",\"serverTimeMs\":" + std::to_string(now_ms) + "}"));
    const std::uint64_t oldest = ring.empty() ? seq + 1 : ring.front()->seq();
    if (since && boot == options.boot_id && *since <= seq && *since + 1 >= oldest) {
      Backlog missed;
      for (const auto& update : ring) {
        if (update->seq() > *since) missed.add(update);
      }
      const auto updates = missed.take();
      alive =
          alive && client.deliver(updates, make_update_frames(updates, seq, now_ms), seq, now_ms, clock.steady_ms());
    } else {
      alive = alive && session->send(net::make_text_frame(snapshot(now_ms)));
    }
    client.set_known_seq(seq);
    join(client);
    if (!alive) lost.push_back(&client);
    close_lost();
  }

  // Many pages come at once when the program was restarted: what they get is made once.
  std::string snapshot(std::int64_t now_ms) {
    if (snapshot_body.empty() || snapshot_seq != seq || snapshot_at_ms != now_ms) {
      snapshot_body = state.snapshot_json(now_ms, kSnapshotBytes);
      snapshot_seq = seq;
      snapshot_at_ms = now_ms;
    }
    return "{\"type\":\"snapshot\",\"seq\":" + std::to_string(seq) + ",\"serverTimeMs\":" + std::to_string(now_ms) +
           "," + snapshot_body + "}";
  }

  void preview(const Preview& picture) {
    if (preview_clients == 0) return;
    const std::int64_t steady_ms = clock.steady_ms();
    const auto subject = scene_subject(picture.run_id, picture.scene_id, picture.prompt_id);
    const auto [last, first] = last_preview_ms.try_emplace(subject, steady_ms);
    if (!first && steady_ms - last->second < kPreviewIntervalMs) return;
    last->second = steady_ms;
    if (last_preview_ms.size() > kPreviewScenes) {
      std::erase_if(last_preview_ms, [&](const auto& entry) { return steady_ms - entry.second >= kPreviewIntervalMs; });
    }
    std::shared_ptr<const std::string> frame;
    for (const auto& [session, entry] : clients) {
      const Client& client = *entry.second;
      if (!client.subscription.previews || !client.has_room_for_preview()) continue;
      if (!frame) frame = net::make_binary_frame(preview_payload(picture));
      // A picture that is larger than the queue is not taken; the next one may be.
      (void)session->send(frame);
    }
  }

  net::asio::io_context& io;
  const base::Clock& clock;
  HubOptions options;
  const Patience patience;
  State state;
  std::uint64_t seq = 0;
  std::deque<UpdatePtr> ring;
  std::size_t ring_bytes = 0;
  std::map<std::int64_t, Group> groups;  // by window
  std::unordered_map<net::WebSocketSession*, std::pair<std::shared_ptr<net::WebSocketSession>, std::unique_ptr<Client>>>
      clients;
  std::vector<Client*> lost;  // to be closed when nobody iterates
  std::size_t preview_clients = 0;
  std::unordered_map<std::string, std::int64_t> last_preview_ms;  // steady, by scene
  std::string snapshot_body;
  std::uint64_t snapshot_seq = 0;
  std::int64_t snapshot_at_ms = 0;
};

Hub::Hub(net::asio::io_context& io, const base::Clock& clock, HubOptions options)
    : impl_(std::make_shared<Impl>(io, clock, std::move(options))) {}

Hub::~Hub() {
  while (!impl_->clients.empty()) impl_->drop(*impl_->clients.begin()->second.second, kGoingAway, "shutting down");
}

void Hub::seed_recent(std::vector<model::RunSummary> newest_first) {
  impl_->state.seed_recent(std::move(newest_first));
}
void Hub::worker_changed(const model::WorkerState& state) {
  if (impl_->state.worker_changed(state)) impl_->publish(state);
}
void Hub::scene_changed(const model::LiveScene& scene) {
  if (!model::is_open(scene.status)) {
    impl_->last_preview_ms.erase(scene_subject(scene.run_id, scene.scene_id, scene.prompt_id));
  }
  if (impl_->state.scene_changed(scene)) impl_->publish(scene);
}
void Hub::run_changed(const model::RunSummary& run) {
  if (impl_->state.run_changed(run)) impl_->publish(run);
}
void Hub::run_deleted(std::string_view run_id) {
  impl_->state.run_deleted(run_id);
  impl_->publish(DeletedRun{std::string(run_id)});
}
void Hub::alert_changed(const history::Alert& alert) {
  if (impl_->state.alert_changed(alert)) impl_->publish(alert);
}
void Hub::preview(const Preview& preview) {
  impl_->preview(preview);
}
bool Hub::wants_previews() const {
  return impl_->preview_clients > 0;
}
void Hub::add_client(std::shared_ptr<net::WebSocketSession> session, std::optional<std::uint64_t> since,
                     std::string_view boot) {
  impl_->add(std::move(session), since, boot);
}
const std::string& Hub::boot_id() const {
  return impl_->options.boot_id;
}
std::uint64_t Hub::seq() const {
  return impl_->seq;
}
std::size_t Hub::clients() const {
  return impl_->clients.size();
}
std::vector<model::WorkerState> Hub::workers() const {
  return impl_->state.workers();
}
void Hub::flush_due() {
  impl_->flush_due();
}

}  // namespace comfytrace::live
