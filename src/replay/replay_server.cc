#include "replay/replay_server.h"

#include <chrono>
#include <cmath>
#include <utility>

#include "net/http_server.h"
#include "replay/core.h"
#include "replay/http_door.h"
#include "replay/player.h"
#include "replay/workshop.h"

namespace comfytrace::replay {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::int64_t kBindAgain_ms = 200;

std::vector<ServerModel> make_models(std::vector<Recording> recordings) {
  std::vector<ServerModel> models;
  models.reserve(recordings.size());
  for (Recording& recording : recordings) models.push_back(make_server_model(std::move(recording)));
  return models;
}

net::ServerLimits limits() {
  net::ServerLimits limits;
  // A play as fast as possible outruns every reader; the player waits for them, frames must not be lost.
  limits.max_websocket_queue_bytes = 256u << 20;
  limits.max_websocket_queue_frames = 1u << 20;
  return limits;
}

}  // namespace

struct ReplayServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(ReplayServer& owner, asio::io_context& io, std::vector<Recording> recordings, ReplayOptions options)
      : self(owner),
        core(io, options, make_models(std::move(recordings)), troubles()),
        player(core, player_handlers()),
        workshop(
            core, [this] { return !player.busy() && !is_down; }, [this] { player.wake(); }),
        door(core, player, workshop),
        up_timer(io),
        stall_timer(io),
        restart_timer(io),
        server(io, server_handlers(), limits()) {}

  // What is asked for while a frame is being sent happens after it.
  void later(std::function<void(Impl&)> what) {
    asio::post(core.io, [weak = weak_from_this(), what = std::move(what)] {
      const auto impl = weak.lock();
      if (impl && impl->running) what(*impl);
    });
  }

  Stage::Troubles troubles() {
    return {[this] { later([](Impl& impl) { impl.cut(); }); },
            [this] {
              player.hold();  // at once: nothing of the play may happen before the memory is lost
              later([](Impl& impl) { impl.restart(); });
            },
            [this](std::int64_t for_ms) { stall(for_ms); }};
  }

  Player::Handlers player_handlers() {
    return {[this](bool memory_lost) { go_down(memory_lost); },
            [this] { come_up(); },
            [this](std::int64_t for_us) {
              core.stage.hold();
              stall(for_us / 1000);
            },
            [this] { return workshop.busy(); },
            [this] { workshop.wake(); },
            [this] {
              later([](Impl& impl) {
                if (impl.self.on_finished) impl.self.on_finished();
              });
            }};
  }

  net::ServerHandlers server_handlers() {
    net::ServerHandlers handlers;
    handlers.http = [this](net::HttpRequest request, net::Respond respond) {
      door.answer(std::move(request), std::move(respond));
    };
    handlers.accept_websocket = [this](const net::HttpRequest& request) { return door.refuse_websocket(request); };
    handlers.opened = [this](const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
      door.open_websocket(request, std::move(session));
    };
    return handlers;
  }

  // Connections die; nobody listens.
  void go_down(bool memory_lost) {
    is_down = true;
    if (memory_lost) {
      workshop.abandon();
      core.state.lose_memory();
    }
    core.running_owner.clear();
    later([](Impl& impl) {
      if (!impl.is_down) return;
      impl.core.stage.abandon();
      impl.server.stop();
    });
    core.stage.abandon();
  }

  void come_up() {
    if (!is_down) return;
    is_down = false;
    later([](Impl& impl) { impl.listen_again(); });
  }

  void listen_again() {
    if (is_down) return;
    server.stop();
    if (const auto started = server.start(host, bound_port); started.ok()) return workshop.wake();
    // Somebody else took the port meanwhile: he may leave.
    up_timer.expires_after(std::chrono::milliseconds(kBindAgain_ms));
    up_timer.async_wait([weak = weak_from_this()](const net::error_code& cancelled) {
      const auto impl = weak.lock();
      if (!cancelled && impl && impl->running) impl->listen_again();
    });
  }

  void cut() {
    if (is_down) return;
    core.stage.abandon();
    server.stop();
    listen_again();
  }

  // The player is held already.
  void restart() {
    if (is_down) return player.release();
    ++core.counts.restarts;
    player.abandon();
    go_down(true);
    restart_timer.expires_after(std::chrono::milliseconds(core.options.faults.restart_ms));
    restart_timer.async_wait([weak = weak_from_this()](const net::error_code& cancelled) {
      const auto impl = weak.lock();
      if (cancelled || !impl || !impl->running) return;
      impl->come_up();
      impl->player.release();
    });
  }

  void stall(std::int64_t for_ms) {
    door.hold();
    stall_timer.expires_after(std::chrono::milliseconds(for_ms));
    stall_timer.async_wait([weak = weak_from_this()](const net::error_code& cancelled) {
      const auto impl = weak.lock();
      if (cancelled || !impl) return;
      impl->core.stage.release();
      impl->door.release();
    });
  }

  base::Result<void> start(const std::string& wanted_host, std::uint16_t port) {
    if (core.models.empty()) return Error{ErrorCode::invalid, "there is no recording to replay", "recordings"};
    if (!(core.options.speed >= 0) || !std::isfinite(core.options.speed)) {
      return Error{ErrorCode::invalid, "the speed must be 0 (as fast as possible) or more", "speed"};
    }
    if (running) return Error{ErrorCode::conflict, "the replay has been started already"};
    core.features = core.models.front().features;
    core.system_stats = core.models.front().system_stats;
    if (auto started = server.start(wanted_host, port); !started) return started;
    host = wanted_host;
    bound_port = server.port();
    running = true;
    if (core.options.faults.restart_at_ms > 0) {
      auto timer = std::make_shared<asio::steady_timer>(core.io);
      timer->expires_after(std::chrono::milliseconds(core.options.faults.restart_at_ms));
      timer->async_wait([timer, weak = weak_from_this()](const net::error_code&) {
        const auto impl = weak.lock();
        if (!impl || !impl->running) return;
        impl->player.hold();
        impl->restart();
      });
    }
    if (core.options.play && !core.options.wait_for_client) player.begin();
    return {};
  }

  void stop() {
    if (!std::exchange(running, false)) return;
    player.stop();
    workshop.abandon();
    up_timer.cancel();
    stall_timer.cancel();
    restart_timer.cancel();
    server.stop();
    core.stage.abandon();
  }

  ReplayServer& self;
  Core core;
  Player player;
  Workshop workshop;
  HttpDoor door;
  asio::steady_timer up_timer;
  asio::steady_timer stall_timer;
  asio::steady_timer restart_timer;
  std::string host;
  std::uint16_t bound_port = 0;
  bool running = false;
  bool is_down = false;
  net::HttpServer server;  // last: it ends first, while those it calls are there
};

ReplayServer::ReplayServer(asio::io_context& io, std::vector<Recording> recordings, ReplayOptions options)
    : impl_(std::make_shared<Impl>(*this, io, std::move(recordings), options)) {}

ReplayServer::ReplayServer(asio::io_context& io, Recording recording, ReplayOptions options)
    : ReplayServer(
          io,
          [&] {
            std::vector<Recording> one;
            one.push_back(std::move(recording));
            return one;
          }(),
          options) {}

ReplayServer::~ReplayServer() {
  impl_->stop();
}

base::Result<void> ReplayServer::start(const std::string& host, std::uint16_t port) {
  return impl_->start(host, port);
}
void ReplayServer::stop() {
  impl_->stop();
}
std::uint16_t ReplayServer::port() const {
  return impl_->bound_port;
}
ReplayServer::Counts ReplayServer::counts() const {
  return impl_->core.counts;
}

}  // namespace comfytrace::replay
