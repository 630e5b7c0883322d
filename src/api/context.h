#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/artifact_proxy.h"
#include "api/call.h"
#include "api/metrics.h"
#include "api/router.h"
#include "api/services.h"
#include "base/clock.h"
#include "live/hub.h"
#include "net/asio.h"

namespace comfytrace::api {

// What the routes share. I/O thread, except where `on_io` is said to be called.
struct Context : std::enable_shared_from_this<Context> {
  Context(net::asio::io_context& the_io, const base::Clock& the_clock, Services the_services, live::Hub& the_hub,
          const Metrics& the_metrics, std::string the_version);

  // Asks the history on a reader thread; answers 503 when too many questions wait.
  void ask(const CallPtr& call, Services::Question question) const;
  // From any thread: runs `work` on the I/O thread, unless the server is gone by then.
  using Work = std::function<void(Context&)>;
  [[nodiscard]] std::function<void(Work)> on_io();

  net::asio::io_context& io;
  const base::Clock& clock;
  const Services services;
  live::Hub& hub;
  const Metrics& metrics;
  const std::string version;
  const std::int64_t started_at_ms;
  ArtifactProxy artifacts;
};
using ContextPtr = std::shared_ptr<Context>;

void add_status_routes(Router& router, const ContextPtr& context);
void add_run_routes(Router& router, const ContextPtr& context);
void add_preset_routes(Router& router, const ContextPtr& context);
void add_submit_routes(Router& router, const ContextPtr& context);
void add_insight_routes(Router& router, const ContextPtr& context);
void add_recommendation_routes(Router& router, const ContextPtr& context);
void add_artifact_routes(Router& router, const ContextPtr& context);
void add_alert_routes(Router& router, const ContextPtr& context);

}  // namespace comfytrace::api
