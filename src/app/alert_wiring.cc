#include "app/alert_wiring.h"

#include <ctime>
#include <map>
#include <system_error>
#include <utility>

#include "alert/alert_engine.h"
#include "alert/dispatcher.h"
#include "base/counters.h"
#include "net/timer.h"

namespace comfytrace::app {
namespace {

constexpr std::int64_t kTick_ms = 1'000;
constexpr int kTicksToStoreCheck = 5;
constexpr std::int64_t kRestored = 1'000;
constexpr std::size_t kUnsaved = 10'000;

alert::EngineOptions engine_options(const AlertSettings& settings) {
  alert::EngineOptions options;
  options.rules = settings.rules;
  options.quiet_hours = settings.quiet_hours;
  options.repeat_ms = settings.repeat_ms;
  return options;
}

// Of the day, where this program runs.
std::int64_t local_minute_of(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1'000;
  std::tm local{};
  return localtime_r(&seconds, &local) ? local.tm_hour * 60 + local.tm_min : 0;
}

}  // namespace

struct AlertWiring::Impl : std::enable_shared_from_this<AlertWiring::Impl> {
  Impl(const Parts& given, AlertSettings asked)
      : parts(given),
        settings(std::move(asked)),
        local_minute(local_minute_of(parts.clock.now_ms())),
        engine(engine_options(settings), now()),
        dispatcher(parts.io, parts.clock),
        ticker(parts.io) {}

  base::Result<void> add_sinks() {
    for (const SinkSetting& sink : settings.sinks) {
      alert::SinkInfo info{sink.name, alert::SinkKind::command, "", sink.min_severity};
      if (const auto* command = std::get_if<alert::CommandSetting>(&sink.what)) {
        info.target = command->argv.front();
        dispatcher.add(std::move(info), std::make_unique<alert::CommandSink>(parts.io, *command));
        continue;
      }
      const auto& webhook = std::get<alert::WebhookSetting>(sink.what);
      auto tls = tls_for(webhook);
      if (!tls)
        return base::Error{tls.error().code, tls.error().message, "alerts.sinks " + sink.name, tls.error().mend};
      info.kind = alert::SinkKind::webhook;
      info.target = webhook.address.shown();
      dispatcher.add(std::move(info), std::make_unique<alert::WebhookSink>(parts.io, webhook, *tls));
    }
    return {};
  }

  // One a set of authorities: reading the system's takes a while.
  base::Result<std::shared_ptr<net::TlsContext>> tls_for(const alert::WebhookSetting& webhook) {
    if (webhook.address.server.scheme != "https") return std::shared_ptr<net::TlsContext>();
    std::shared_ptr<net::TlsContext>& known = contexts[webhook.ca_file];
    if (!known) {
      auto made = net::TlsContext::make(webhook.ca_file);
      if (!made) return made.error();
      known = *made;
    }
    return known;
  }

  // Facts come by the thousand, the minute only once a tick.
  [[nodiscard]] alert::Moment now() const { return {parts.clock.now_ms(), parts.clock.steady_ms(), local_minute}; }

  // What came of the last facts.
  void apply() {
    const alert::Changes changes = engine.take_changes();
    for (const history::Alert& alert : changes.alerts) {
      parts.hub.alert_changed(alert);
      keep(alert);
    }
    for (const alert::Notice& notice : changes.notices) dispatcher.send(notice);
  }

  template <class Feed>
  void feed(const Feed& feed_engine) {
    if (!settings.enabled) return;
    feed_engine(engine, now());
    apply();
  }

  // An alert that the disk is full cannot be written until it is not: it waits, its newest value alone.
  void keep(const history::Alert& alert) {
    if (unsaved.size() >= kUnsaved && !unsaved.contains(alert.id)) return;
    unsaved[alert.id] = {alert, ++saves, false};
    save(alert, saves);
  }

  void save(const history::Alert& alert, std::uint64_t number) {
    parts.writer.task<void>([alert](history::RunHistory& history) { return history.save_alert(alert); },
                            [self = weak_from_this(), id = alert.id, number](const base::Result<void>& done) {
                              const auto impl = self.lock();
                              if (!impl) return;
                              const auto waiting = impl->unsaved.find(id);
                              if (!done) base::counters().add(base::Counter::history_save_failures);
                              if (waiting == impl->unsaved.end() || waiting->second.number != number) return;
                              if (done) {
                                impl->unsaved.erase(waiting);
                              } else {
                                waiting->second.failed = true;
                              }
                            });
  }

  void save_again() {
    for (auto& [id, waiting] : unsaved) {
      if (std::exchange(waiting.failed, false)) save(waiting.alert, waiting.number);
    }
  }

  void tick() {
    local_minute = local_minute_of(parts.clock.now_ms());
    if (ticks++ % kTicksToStoreCheck == 0) {
      save_again();
      std::error_code problem;
      const auto space = std::filesystem::space(parts.store.parent_path(), problem);
      free_bytes = problem ? std::nullopt : std::optional(static_cast<std::int64_t>(space.available));
    }
    const auto error = parts.writer.last_error();
    feed([&](alert::AlertEngine& to, const alert::Moment& at) {
      to.store_health({error.has_value(), error.value_or(""), free_bytes}, at);
      to.tick(at);
    });
    ticker.after(kTick_ms, [this] { tick(); });
  }

  struct Unsaved {
    history::Alert alert;
    std::uint64_t number = 0;
    bool failed = false;
  };

  const Parts parts;
  const AlertSettings settings;
  std::int64_t local_minute;
  alert::AlertEngine engine;
  alert::Dispatcher dispatcher;
  net::Timer ticker;
  std::map<std::string, std::shared_ptr<net::TlsContext>> contexts;  // by file of authorities
  std::map<std::string, Unsaved> unsaved;
  std::uint64_t saves = 0;
  std::uint64_t ticks = 0;
  std::optional<std::int64_t> free_bytes;
};

AlertWiring::AlertWiring(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
AlertWiring::~AlertWiring() {
  stop();
}

base::Result<std::unique_ptr<AlertWiring>> AlertWiring::make(const Parts& parts, AlertSettings settings) {
  auto impl = std::make_shared<Impl>(parts, std::move(settings));
  if (auto done = impl->add_sinks(); !done) return done.error();
  return std::unique_ptr<AlertWiring>(new AlertWiring(std::move(impl)));
}

base::Result<void> AlertWiring::restore(const history::RunHistoryReader& reader,
                                        std::span<const model::RunSummary> newest_runs,
                                        const std::vector<std::string>& worker_ids) {
  if (!impl_->settings.enabled) return {};
  auto alerts = reader.alerts({history::AlertState::open, kRestored, ""});
  if (!alerts) return alerts.error();
  auto newest = reader.alerts({history::AlertState::all, kRestored, ""});
  if (!newest) return newest.error();
  for (history::Alert& alert : *newest) {
    if (alert.cleared_at_ms && alert.held_back) alerts->push_back(std::move(alert));
  }
  impl_->engine.restore(*alerts, worker_ids, impl_->now());
  for (const model::RunSummary& run : newest_runs) impl_->engine.remember(run);
  for (const history::Alert& alert : impl_->engine.open()) impl_->parts.hub.alert_changed(alert);
  impl_->apply();
  return {};
}

void AlertWiring::start() {
  if (impl_->settings.enabled) impl_->tick();
}

void AlertWiring::stop() {
  impl_->ticker.cancel();
  impl_->dispatcher.stop();
}

void AlertWiring::run_changed(const model::Run& run) {
  impl_->feed([&](alert::AlertEngine& engine, const alert::Moment& now) { engine.run_changed(run, now); });
}
void AlertWiring::scene_changed(const model::LiveScene& scene) {
  impl_->feed([&](alert::AlertEngine& engine, const alert::Moment& now) { engine.scene_changed(scene, now); });
}
void AlertWiring::worker_changed(const model::WorkerState& state) {
  impl_->feed([&](alert::AlertEngine& engine, const alert::Moment& now) { engine.worker_changed(state, now); });
}
void AlertWiring::verdict(const alert::RunVerdict& verdict) {
  impl_->feed([&](alert::AlertEngine& engine, const alert::Moment& now) { engine.verdict(verdict, now); });
}

api::AlertServices AlertWiring::services() {
  api::AlertServices services;
  services.open = [impl = impl_.get()] { return impl->engine.open(); };
  services.acknowledge = [impl = impl_.get()](std::string_view id) {
    auto alert = impl->engine.acknowledge(id, impl->now());
    impl->apply();
    return alert;
  };
  services.rules = [impl = impl_.get()] { return alert::rules_json(impl->settings.rules); };
  services.sinks = [impl = impl_.get()] { return impl->dispatcher.states(); };
  services.test = [impl = impl_.get()](auto done) { impl->dispatcher.test(std::move(done)); };
  return services;
}

}  // namespace comfytrace::app
