#include "app/house.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "api/server.h"
#include "app/alert_wiring.h"
#include "app/insight_desk.h"
#include "app/own_cost.h"
#include "app/page.h"
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
constexpr std::int64_t kDay_ms = 86'400'000;
constexpr std::int64_t kStopWithin_ms = 4'500;
constexpr std::size_t kAmendedRuns = 1'000;
constexpr std::size_t kShownOfABatch = 50;
constexpr std::size_t kCountedAttempts = 100'000;

}  // namespace

struct House::Impl final : collect::RecorderSink {
  Impl(net::asio::io_context& context, Settings given, HouseOptions asked)
      : io(context),
        settings(std::move(given)),
        options(std::move(asked)),
        cost(clock),
        cost_timer(context),
        retention_timer(context) {}

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
    api::Services services;
    services.setup.listen_host = settings.listen_host;
    services.setup.listen_port = settings.listen_port;
    services.setup.token_needed = !options.token.empty();
    if (settings.config_file) services.setup.config_file = settings.config_file->string();
    services.setup.retention = settings.retention;
    services.ask = [this](api::Services::Question question) { return pool->post(std::move(question)); };
    services.amend = [this](std::string run_id, history::RunPatch patch, api::Services::Done done) {
      remember_amended(run_id, patch);
      writer->amend(std::move(run_id), std::move(patch), std::move(done));
    };
    services.remove = [this](std::string run_id, api::Services::Done done) {
      recorder->forget(run_id);
      insight->run_deleted(run_id);
      writer->remove(std::move(run_id), std::move(done));
    };
    services.save_preset = [this](history::FilterPreset preset, api::Services::Saved done) {
      writer->save_preset(std::move(preset), std::move(done));
    };
    services.remove_preset = [this](std::string name, api::Services::Done done) {
      writer->remove_preset(std::move(name), std::move(done));
    };
    services.prune = [this](history::PruneRule rule, api::Services::Pruned done) {
      writer->prune(std::move(rule), std::move(done));
    };
    services.workers = [this] { return recorder->worker_states(); };
    services.connect_now = [this](std::string_view worker_id) { return recorder->connect_now(worker_id); };
    services.find_live_run = [this](std::string_view run_id) { return writer->pending_run(run_id); };
    services.submit = [this](api::Submission asked, api::Services::Submitted done) {
      submit(std::move(asked), std::move(done));
    };
    services.save_recommendation = [this](history::Recommendation changed, api::Services::Saved done) {
      writer->save_recommendation(std::move(changed), std::move(done));
    };
    services.eta = [this] { return insight->eta(); };
    services.writer = [this] {
      const auto error = writer->last_error();
      return api::WriterHealth{static_cast<std::int64_t>(writer->pending()), error.has_value(), error};
    };
    services.cost = [this] { return cost.current(); };
    services.alerts = alerts->services();
    server = std::make_unique<api::ApiServer>(io, clock, std::move(api_options), std::move(services), page_assets(),
                                              *hub, metrics);
  }

  void submit(api::Submission asked, api::Services::Submitted done) {
    // Only workers that are watched already: a page must not make this program talk to any address.
    const auto worker = recorder->find_worker(asked.worker.value_or(""));
    if (!worker) {
      return done(base::Error{base::ErrorCode::invalid,
                              asked.worker ? "no worker is called " + *asked.worker : "there are several workers",
                              "$.worker", "give the id or name of one of GET /api/v1/workers"});
    }
    collect::Submission submission;
    submission.worker = *worker;
    submission.graph = std::move(asked.workflow);
    submission.title = asked.title.value_or("");
    submission.grouping.run_id = asked.run_id;
    submission.grouping.scene_id = asked.scene_id;
    submission.grouping.story_id = asked.story_id;
    submission.grouping.story_title = asked.story_title;
    submission.grouping.tags = asked.tags;
    collect::SubmissionCallbacks callbacks;
    callbacks.answered = [done = std::move(done)](base::Result<collect::SubmissionAnswer> answer) {
      if (!answer) return done(answer.error());
      done(api::SubmissionAnswer{answer->run_id, answer->prompt_id, answer->worker_id, answer->answer.accepted,
                                 answer->answer.error_message});
    };
    submitter->submit(std::move(submission), std::move(callbacks));
  }

  // What the assembler no longer has in memory: not yet written, or in the history.
  std::optional<model::Run> find_run(std::string_view run_id) {
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

  // The recorder does not know what people wrote on a run; pages must not see that flip back when the run goes on.
  void remember_amended(const std::string& run_id, const history::RunPatch& patch) {
    if (amended.size() >= kAmendedRuns) amended.clear();
    history::RunPatch& all = amended[run_id];
    if (patch.title) all.title = patch.title;
    if (patch.tags) all.tags = patch.tags;
    if (patch.archived) all.archived = patch.archived;
  }

  model::RunSummary summary_for_pages(const model::Run& run) const {
    model::RunSummary line = model::summarise(run);
    if (const auto patch = amended.find(run.run_id); patch != amended.end()) {
      line.title = patch->second.title.value_or(line.title);
      line.tags = patch->second.tags.value_or(line.tags);
      line.archived = patch->second.archived.value_or(line.archived);
    }
    return line;
  }

  void run_changed(const model::Run& run) override {
    count_finished(run);
    if (was_found_afterwards(run)) {
      found_afterwards.insert(run.run_id);
    } else {
      hub->run_changed(summary_for_pages(run));
    }
    insight->run_changed(run);
    writer->submit(run);
    if (alerts) alerts->run_changed(run);
  }

  void judge(const insight::Deviations& found) {
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

  // At the start and then daily.
  void retain() {
    const api::Retention& retention = settings.retention;
    if (!retention.days && !retention.max_bytes) return;
    history::PruneRule rule;
    if (retention.days) rule.older_than_ms = std::max<std::int64_t>(clock.now_ms() - *retention.days * kDay_ms, 0);
    rule.max_bytes = retention.max_bytes;
    writer->prune(rule, [](const base::Result<history::PruneReport>& report) {
      if (!report) {
        spdlog::warn("retention: {}", report.error().sentence());
      } else if (report->runs > 0) {
        spdlog::info("retention removed {} runs, about {} bytes", report->runs, report->bytes);
      }
    });
    retention_timer.expires_after(std::chrono::milliseconds(kDay_ms));
    retention_timer.async_wait([this](const net::error_code& problem) {
      if (!problem) retain();
    });
  }

  base::Result<void> stop(std::int64_t deadline_ms) {
    if (stopped) return {};
    stopped = true;
    cost_timer.cancel();
    retention_timer.cancel();
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
  net::asio::steady_timer retention_timer;
  api::Metrics metrics;
  history::SqliteHistory* history = nullptr;  // the writer's
  std::unique_ptr<history::RunHistoryReader> reader;
  std::unique_ptr<history::HistoryPool> pool;
  std::unique_ptr<history::HistoryWriter> writer;
  std::unique_ptr<live::Hub> hub;
  std::unique_ptr<AlertWiring> alerts;  // absent while the open runs of an earlier life are taken up
  std::unique_ptr<collect::Recorder> recorder;
  std::unique_ptr<InsightDesk> insight;
  std::unique_ptr<collect::Submitter> submitter;
  std::unique_ptr<api::ApiServer> server;
  const std::int64_t started_at_ms = clock.now_ms();
  std::set<std::pair<std::string, std::string>> counted;  // worker id, prompt id
  std::map<std::string, history::RunPatch> amended;       // since this program started
  std::set<std::string> found_afterwards;                 // run ids that wait to be durable
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
  impl_->retain();
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
