#include <algorithm>
#include <boost/describe.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "api/context.h"
#include "base/codec.h"
#include "base/counters.h"

namespace comfytrace::api {
namespace {

struct CounterValue {
  std::string_view name;
  base::Severity severity = base::Severity::info;
  std::string_view sentence;
  std::uint64_t value = 0;
};
BOOST_DESCRIBE_STRUCT(CounterValue, (), (name, severity, sentence, value))

struct WorkerCount {
  std::int64_t total = 0;
  std::int64_t connected = 0;
};
BOOST_DESCRIBE_STRUCT(WorkerCount, (), (total, connected))

struct AlertHealth {
  std::int64_t open = 0;
  std::vector<alert::SinkState> sinks;
};
BOOST_DESCRIBE_STRUCT(AlertHealth, (), (open, sinks))

struct Health {
  std::string_view status = "ok";
  std::string version;
  std::string boot_id;
  std::int64_t started_at_ms = 0;
  std::int64_t now_ms = 0;
  std::optional<history::HistoryInfo> history;
  WriterHealth writer;
  Cost cost;
  WorkerCount workers;
  AlertHealth alerts;
  Setup setup;
  std::vector<CounterValue> counters;
};
BOOST_DESCRIBE_STRUCT(Health, (),
                      (status, version, boot_id, started_at_ms, now_ms, history, writer, cost, workers, alerts, setup,
                       counters))

struct WorkerList {
  std::vector<model::WorkerState> workers;
};
BOOST_DESCRIBE_STRUCT(WorkerList, (), (workers))

bool is_connected(const model::WorkerState& state) {
  return state.connection.state != model::ConnectionState::connecting &&
         state.connection.state != model::ConnectionState::disconnected;
}

// Asks for the history's size; nullopt when it does not answer, which is an answer too. `then` runs on any thread.
void with_history_info(const Context& context, const std::function<void(std::optional<history::HistoryInfo>)>& then) {
  const bool asked = context.services.ask([then](const history::RunHistoryReader& reader) {
    auto info = reader.info();
    then(info ? std::optional(std::move(*info)) : std::nullopt);
  });
  if (!asked) then(std::nullopt);
}

void get_health(const Context& context, const CallPtr& call) {
  auto health = std::make_shared<Health>();
  health->version = context.version;
  health->boot_id = context.hub.boot_id();
  health->started_at_ms = context.started_at_ms;
  health->now_ms = context.clock.now_ms();
  health->writer = context.services.writer();
  health->cost = context.services.cost();
  health->setup = context.services.setup;
  const auto workers = context.services.workers();
  health->workers.total = static_cast<std::int64_t>(workers.size());
  health->workers.connected = std::count_if(workers.begin(), workers.end(), is_connected);
  if (context.services.alerts.open) {
    health->alerts.open = static_cast<std::int64_t>(context.services.alerts.open().size());
    health->alerts.sinks = context.services.alerts.sinks();
  }
  for (const auto& row : base::counters().rows()) {
    health->counters.push_back(CounterValue{row.name, row.severity, row.sentence, row.value});
  }
  with_history_info(context, [call, health](std::optional<history::HistoryInfo> info) {
    health->history = std::move(info);
    if (!health->history || health->writer.failing) health->status = "degraded";
    call->reply_json(base::encode_json(*health));
  });
}

void get_metrics(Context& context, const CallPtr& call) {
  with_history_info(context, [call, on_io = context.on_io()](const std::optional<history::HistoryInfo>& info) {
    on_io([call, info](Context& back) {
      Metrics::Gauges gauges;
      gauges.workers = back.services.workers();
      gauges.writer = back.services.writer();
      gauges.cost = back.services.cost();
      gauges.live_clients = static_cast<std::int64_t>(back.hub.clients());
      gauges.version = back.version;
      if (info) {
        gauges.history_runs = info->runs;
        gauges.history_bytes = info->bytes;
      }
      call->reply_text(back.metrics.text(gauges), "text/plain; version=0.0.4; charset=utf-8");
    });
  });
}

void get_workers(const Context& context, const CallPtr& call) {
  call->reply_json(base::encode_json(WorkerList{context.services.workers()}));
}

void connect_worker(const Context& context, const CallPtr& call) {
  if (!context.services.connect_now(call->params[0]))
    return call->fail(404, "there is no worker with this id", "workerId");
  call->reply_nothing();
}

}  // namespace

void add_status_routes(Router& router, const ContextPtr& context) {
  router.add(
      "GET", "/api/v1/health",
      {.id = "getHealth", .summary = "Whether this server works, and what it costs", .response = kSchemaOf<Health>},
      [context](const CallPtr& call) { get_health(*context, call); });
  router.add(
      "GET", "/api/v1/workers",
      {.id = "listWorkers", .summary = "Every worker that is watched, as of now", .response = kSchemaOf<WorkerList>},
      [context](const CallPtr& call) { get_workers(*context, call); });
  router.add("POST", "/api/v1/workers/{workerId}:connect",
             {.id = "connectWorker", .summary = "Tries at once instead of waiting for the next try"},
             [context](const CallPtr& call) { connect_worker(*context, call); });
  const auto metrics = [context](const CallPtr& call) { get_metrics(*context, call); };
  router.add("GET", "/api/v1/metrics",
             {.id = "getMetrics", .summary = "Prometheus metrics", .media_type = "text/plain"}, metrics);
  router.add("GET", "/metrics", metrics);
}

}  // namespace comfytrace::api
