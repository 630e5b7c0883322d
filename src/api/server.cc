#include "api/server.h"

#include <charconv>
#include <optional>
#include <utility>

#include "api/access.h"
#include "api/context.h"
#include "api/openapi.h"
#include "api/page.h"
#include "api/router.h"
#include "base/counters.h"
#include "base/json.h"

namespace comfytrace::api {
namespace {

constexpr std::string_view kTelemetry = "/telemetry";

bool is_interface(std::string_view path) {
  return path == "/api" || path.starts_with("/api/") || path == "/metrics" || path == kTelemetry;
}

std::optional<std::uint64_t> parse_since(std::string_view text) {
  std::uint64_t since = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), since);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return since;
}

net::HttpResponse refuse(const Refusal& refusal) {
  base::counters().add(base::Counter::api_requests_refused);
  auto response = problem(refusal.status, refusal.detail, refusal.field, refusal.mend);
  add_common_headers(response.headers);
  return response;
}

}  // namespace

struct ApiServer::Impl {
  Impl(net::asio::io_context& io, const base::Clock& clock, ApiOptions the_options, Services services, Assets assets,
       live::Hub& hub, const Metrics& metrics)
      : options(std::move(the_options)),
        context(std::make_shared<Context>(io, clock, std::move(services), hub, metrics, options.version)),
        page(std::move(assets)),
        server(io,
               net::ServerHandlers{
                   [this](net::HttpRequest request, net::Respond respond) {
                     serve(std::move(request), std::move(respond));
                   },
                   [this](const net::HttpRequest& request) { return accept(request); },
                   [this](const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
                     open(request, std::move(session));
                   }},
               options.limits) {
    add_status_routes(router, context);
    add_run_routes(router, context);
    add_preset_routes(router, context);
    add_submit_routes(router, context);
    add_insight_routes(router, context);
    add_recommendation_routes(router, context);
    add_artifact_routes(router, context);
    add_alert_routes(router, context);
    router.add("GET", "/api/v1/openapi.json",
               {.id = "getOpenApi", .summary = "This document", .response = kSchemaOf<base::json::value>},
               [this](const CallPtr& call) { call->reply_json(openapi()); });
    router.add("GET", kTelemetry, [](const CallPtr& call) {
      auto response = problem(426, "this address speaks WebSocket only");
      response.headers.set("Upgrade", "websocket");
      call->reply(std::move(response));
    });
  }

  // Made when first asked for: most programs never do.
  const std::string& openapi() {
    if (document.empty()) document = openapi_json(router, options.version);
    return document;
  }

  [[nodiscard]] AccessRules rules() const {
    return AccessRules{options.host, server.port(), options.names, options.token};
  }

  void serve(net::HttpRequest request, net::Respond respond) const {
    base::counters().add(base::Counter::api_requests);
    if (auto cookie = exchange_token(rules(), request)) return respond(std::move(*cookie));
    if (const auto refusal = check_access(rules(), request, false)) return respond(refuse(*refusal));
    auto call = std::make_shared<Call>();
    call->request = std::move(request);
    call->respond = std::move(respond);
    if (is_interface(call->request.path)) {
      route(call);
    } else if (call->request.method == "GET" || call->request.method == "HEAD") {
      call->reply(page.answer(call->request));
    } else {
      not_allowed(*call, "GET, HEAD");
    }
  }

  void route(const std::shared_ptr<Call>& call) const {
    auto match = router.find(call->request.method, call->request.target);
    if (match.handler) {
      call->params = std::move(match.params);
      (*match.handler)(call);
    } else if (match.allow.empty()) {
      call->fail(404, "there is no such route", "", "docs/api.md lists them");
    } else if (call->request.method == "OPTIONS") {
      net::HttpResponse response;
      response.status = 204;
      response.headers.set("Allow", match.allow);
      call->reply(std::move(response));
    } else {
      not_allowed(*call, match.allow);
    }
  }

  static void not_allowed(const Call& call, const std::string& allow) {
    auto response = problem(405, "this address does not take " + call.request.method, "", "one of: " + allow);
    response.headers.set("Allow", allow);
    call.reply(std::move(response));
  }

  [[nodiscard]] std::optional<net::HttpResponse> accept(const net::HttpRequest& request) const {
    base::counters().add(base::Counter::api_requests);
    if (const auto refusal = check_access(rules(), request, true)) return refuse(*refusal);
    if (request.path != kTelemetry)
      return refuse(Refusal{404, "there is no live stream here", "", "it is at /telemetry"});
    const auto since = request.query_value("since");
    if (since && !parse_since(*since)) {
      return refuse(Refusal{400, "since is not a sequence number", "since", "the seq of the last message received"});
    }
    return std::nullopt;
  }

  void open(const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) const {
    std::optional<std::uint64_t> since;
    if (const auto text = request.query_value("since")) since = parse_since(*text);
    context->hub.add_client(std::move(session), since, request.query_value("boot").value_or(""));
  }

  ApiOptions options;
  ContextPtr context;
  Router router;
  std::string document;
  Page page;
  net::HttpServer server;
};

ApiServer::ApiServer(net::asio::io_context& io, const base::Clock& clock, ApiOptions options, Services services,
                     Assets assets, live::Hub& hub, const Metrics& metrics)
    : impl_(std::make_shared<Impl>(io, clock, std::move(options), std::move(services), std::move(assets), hub,
                                   metrics)) {}

ApiServer::~ApiServer() {
  stop();
}

base::Result<void> ApiServer::start() {
  const auto& options = impl_->options;
  if (!is_loopback(options.host) && options.token.empty()) {
    return base::Error{base::ErrorCode::denied, "listening on " + options.host + " needs a token", "listen",
                       "make one with: comfytrace token; or listen on 127.0.0.1"};
  }
  return impl_->server.start(options.host, options.port);
}

std::uint16_t ApiServer::port() const {
  return impl_->server.port();
}

void ApiServer::stop() {
  impl_->server.stop();
}

}  // namespace comfytrace::api
