#include "app/house.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <set>
#include <system_error>
#include <utility>

#include "api/server.h"
#include "app/alert_wiring.h"
#include "app/amended_runs.h"
#include "app/house_services.h"
#include "app/insight_desk.h"
#include "app/own_cost.h"
#include "app/page.h"
#include "app/retainer.h"
#include "base/check.h"
#include "base/clock.h"
#include "collect/recorder.h"
#include "history/history_pool.h"
#include "history/history_writer.h"
#include "history/sqlite/sqlite_history.h"
#include "live/hub.h"

namespace comfytrace::app {
namespace {

constexpr std::int64_t kCostInterval_ms = 5'000;
constexpr std::int64_t kStopWithin_ms = 4'500;
constexpr std::size_t kShownOfABatch = 50;
constexpr std::size_t kCountedAttempts = 100'000;
constexpr std::int64_t kManyRuns = 20'000;  // reading them takes more than a second

}  // namespace

struct House::Impl final : collect::RecorderSink {
  Impl(net::asio::io_context& context, Settings given, HouseOptions asked)
      : io(context), settings(std::move(given)), options(std::move(asked)), cost(clock), cost_timer(context) {}

  base::Result<void> open() {
    std::error_code problem;
    // A name without a folder lies in the working directory, which is there.
    if (settings.store.has_parent_path()) std::filesystem::create_directories(settings.store.parent_path(), problem);
    if (problem) {
      return base::Error{base::ErrorCode::unavailable,
                         "the folder of " + settings.store.string() + " cannot be made: " + problem.message(),
                         "--store", "name another file"};
    }
    history::SqliteOptions sqlite;
    sqlite.owner_url = options.with_server ? settings.own_url() : "";
    sqlite.max_column_bytes = settings.max_column_bytes;
    sqlite.on_columns_anew = [](std::int64_t runs) {
      if (runs < kManyRuns) return;
      spdlog::warn("the history's columns are lost, damaged or of another version: making them anew from {} runs",
                   runs);
    };
    auto opened = history::SqliteHistory::open(settings.store, sqlite);
    if (!opened) return opened.error();
    history = opened->get();
    sqlite.columns = history->columns();
    auto own_reader = history::open_reader(settings.store, sqlite);
    if (!own_reader) return own_reader.error();
    reader = std::move(*own_reader);
    auto readers =
        history::HistoryPool::start([path = settings.store, sqlite] { return history::open_reader(path, sqlite); });
    if (!readers) return readers.error();
    pool = std::move(*readers);

    history::HistoryWriter::Options writing;
    writing.executor = [this](std::function<void()> call) { net::asio::post(io, std::move(call)); };
    writing.on_durable = [this](const std::vector<std::string>& run_ids) {
      show_found(run_ids);
      if (!insight) return;
      for (const std::string& run_id : run_ids) insight->run_durable(run_id);
    };
    writer = std::make_unique<history::HistoryWriter>(std::move(*opened), std::move(writing));

    retainer = std::make_unique<Retainer>(io, clock, settings.retention, *writer);

    live::HubOptions live;
    live.version = COMFYTRACE_VERSION;
    hub = std::make_unique<live::Hub>(io, clock, live);
    recorder = std::make_unique<collect::Recorder>(
        io, clock, [this](std::string_view run_id) { return find_run(run_id); }, *this);
    insight =
        std::make_unique<InsightDesk>(InsightDesk::Parts{io,
                                                         clock,
                                                         *pool,
                                                         *writer,
                                                         {},
                                                         [this] { show_open_scenes(); },
                                                         [this](const insight::Deviations& found) { judge(found); }});
    submitter = std::make_unique<collect::Submitter>(*recorder, clock);
    std::vector<std::string> worker_ids;
    for (const WorkerSetting& worker : settings.workers) {
      auto added = recorder->add_worker(worker.url, worker.name);
      if (!added) return added.error();
      worker_ids.push_back(std::move(*added));
    }
    auto open_runs = reader->open_runs();
    if (!open_runs) return open_runs.error();
    recorder->adopt(*open_runs);
    auto newest = reader->page({}, 20, "");
    if (!newest) return newest.error();
    auto wired = AlertWiring::make({io, clock, *hub, *writer, settings.store}, settings.alerts);
    if (!wired) return wired.error();
    alerts = std::move(*wired);
    if (auto restored = alerts->restore(*reader, newest->runs, worker_ids); !restored) return restored;
    hub->seed_recent(std::move(newest->runs));
    if (options.with_server) make_server();
    return {};
  }

  void make_server() {
    api::ApiOptions api_options;
    api_options.host = settings.listen_host;
    api_options.port = settings.listen_port;
    api_options.names = settings.allowed_hosts;
    api_options.token = options.token;
    api_options.version = COMFYTRACE_VERSION;
    api::Services services = services_of({*recorder, *submitter, *pool, *writer, *insight, *alerts, cost, amended});
    services.setup.listen_host = settings.listen_host;
    services.setup.listen_port = settings.listen_port;
    services.setup.token_needed = !options.token.empty();
    if (settings.config_file) services.setup.config_file = settings.config_file->string();
    services.setup.retention = settings.retention;
    server = std::make_unique<api::ApiServer>(io, clock, std::move(api_options), std::move(services), page_assets(),
                                              *hub, metrics);
  }

  // What the assembler no longer has in memory: not yet written, or in the history.
  std::optional<model::Run> find_run(std::string_view run_id) const {
    if (auto pending = writer->pending_run(run_id)) return pending;
    auto stored = reader->get(run_id);
    if (!stored) {
      spdlog::warn("reading run {} failed: {}", run_id, stored.error().sentence());
      return std::nullopt;
    }
    return std::move(*stored);
  }

  // Metrics tell what ended while this program ran, each attempt once.
  void count_finished(const model::Run& run) {
    for (const model::Scene& scene : run.scenes) {
      for (const model::Attempt& attempt : scene.attempts) {
        if (model::is_open(attempt.status) || attempt.finished_at_ms.value_or(0) < started_at_ms) continue;
        if (counted.size() >= kCountedAttempts) counted.clear();
        if (counted.emplace(attempt.worker_id, attempt.prompt_id).second) metrics.attempt_finished(attempt);
      }
    }
  }

  void run_changed(const model::Run& run) override {
    count_finished(run);
    if (was_found_afterwards(run)) {
      found_afterwards.insert(run.run_id);
    } else {
      hub->run_changed(amended.applied_to(model::summarise(run)));
    }
    insight->run_changed(run);
    writer->submit(run);
    if (alerts) alerts->run_changed(run);
  }

  void judge(const insight::Deviations& found) const {
    if (!alerts) return;
    for (const insight::Deviation& one : found.deviations) {
      if (one.subject != insight::DeviationSubject::run || one.verdict != insight::Verdict::worse) continue;
      alerts->verdict({one.run_id, one.workflow, one.metric, one.ratio, one.n, one.persistent});
    }
  }

  void show_open_scenes() {
    for (const model::LiveScene& scene : recorder->open_scenes()) scene_changed(scene);
  }

  static bool was_found_afterwards(const model::Run& run) {
    return !model::is_open(run.status) && std::ranges::all_of(run.scenes, [](const model::Scene& scene) {
      return std::ranges::all_of(
          scene.attempts, [](const model::Attempt& attempt) { return attempt.origin == model::Origin::backfilled; });
    });
  }

  // What a worker's history gave is shown once the history has taken it: a run that a person deleted stays away.
  // Of a mass of them pages need the newest only; lists are asked for.
  void show_found(const std::vector<std::string>& run_ids) {
    std::size_t shown = 0;
    for (auto id = run_ids.rbegin(); id != run_ids.rend(); ++id) {
      if (found_afterwards.erase(*id) == 0 || shown >= kShownOfABatch) continue;
      auto stored = reader->get(*id);
      if (!stored || !stored->has_value()) continue;
      hub->run_changed(model::summarise(**stored));
      ++shown;
    }
  }
  void scene_changed(const model::LiveScene& scene) override {
    hub->scene_changed(insight->with_eta(scene));
    if (alerts) alerts->scene_changed(scene);
  }
  void worker_changed(const model::WorkerState& worker) override {
    hub->worker_changed(worker);
    if (alerts) alerts->worker_changed(worker);
  }
  void worker_seen(const model::Worker& worker) override { writer->save_worker(worker); }
  void samples(const history::SampleSeries& series) override { writer->save_samples(series); }
  bool wants_previews() override { return hub->wants_previews(); }
  void preview(const collect::LivePreview& preview) override {
    if (!hub->wants_previews()) return;
    hub->preview({preview.run_id, preview.scene_id, preview.prompt_id, preview.worker_id, preview.node_id,
                  preview.format == "png" ? "image/png" : "image/jpeg", preview.image});
  }

  void sample_cost() {
    cost_timer.expires_after(std::chrono::milliseconds(kCostInterval_ms));
    cost_timer.async_wait([this](const net::error_code& problem) {
      if (problem) return;
      cost.sample();
      sample_cost();
    });
  }

  base::Result<void> stop(std::int64_t deadline_ms) {
    if (stopped) return {};
    stopped = true;
    cost_timer.cancel();
    retainer->stop();
    if (alerts) alerts->stop();
    if (server) server->stop();
    recorder->stop();
    insight->stop();
    pool->stop();
    return writer->stop(deadline_ms);
  }

  net::asio::io_context& io;
  Settings settings;
  HouseOptions options;
  const base::Clock& clock = base::system_clock();
  OwnCost cost;
  net::asio::steady_timer cost_timer;
  api::Metrics metrics;
  history::SqliteHistory* history = nullptr;  // the writer's
  std::unique_ptr<history::RunHistoryReader> reader;
  std::unique_ptr<history::HistoryPool> pool;
  std::unique_ptr<history::HistoryWriter> writer;
  std::unique_ptr<Retainer> retainer;
  std::unique_ptr<live::Hub> hub;
  std::unique_ptr<AlertWiring> alerts;  // absent while the open runs of an earlier life are taken up
  std::unique_ptr<collect::Recorder> recorder;
  std::unique_ptr<InsightDesk> insight;
  std::unique_ptr<collect::Submitter> submitter;
  std::unique_ptr<api::ApiServer> server;
  const std::int64_t started_at_ms = clock.now_ms();
  std::set<std::pair<std::string, std::string>> counted;  // worker id, prompt id
  AmendedRuns amended;
  std::set<std::string> found_afterwards;  // run ids that wait to be durable
  bool stopped = false;
};

House::House(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

House::~House() {
  if (!impl_ || !impl_->writer) return;
  if (auto done = impl_->stop(kStopWithin_ms); !done) spdlog::error("{}", done.error().sentence());
}

base::Result<std::unique_ptr<House>> House::build(net::asio::io_context& io, Settings settings, HouseOptions options) {
  auto impl = std::make_unique<Impl>(io, std::move(settings), std::move(options));
  if (auto done = impl->open(); !done) return done.error();
  return std::unique_ptr<House>(new House(std::move(impl)));
}

base::Result<void> House::start() {
  if (impl_->server) {
    if (auto done = impl_->server->start(); !done) return done;
    impl_->history->set_owner_url(url());
  }
  impl_->recorder->start();
  impl_->insight->start();
  impl_->alerts->start();
  impl_->sample_cost();
  impl_->retainer->start();
  return {};
}

base::Result<void> House::stop(std::int64_t deadline_ms) {
  return impl_->stop(deadline_ms);
}

std::string House::url() const {
  Settings taken = impl_->settings;
  if (impl_->server) taken.listen_port = impl_->server->port();
  return taken.own_url();
}

collect::Recorder& House::recorder() {
  return *impl_->recorder;
}
collect::Submitter& House::submitter() {
  return *impl_->submitter;
}

int run_until_signal(net::asio::io_context& io, House& house) {
  net::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const net::error_code& problem, int) {
    if (!problem) io.stop();
  });
  io.run();
  if (auto done = house.stop(kStopWithin_ms); !done) {
    spdlog::error("{}", done.error().sentence());
    return 1;
  }
  return 0;
}

}  // namespace comfytrace::app
