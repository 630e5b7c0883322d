#include "replay/http_door.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/digest.h"
#include "base/uuid.h"
#include "replay/exchange.h"
#include "replay/picture.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::uint32_t kViewSide = 256;
constexpr double kMaxNumber = 1e15;

HttpResponse answer_with(int status, std::string type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

HttpResponse json_body(std::string body, int status = 200) {
  return answer_with(status, "application/json; charset=utf-8", std::move(body));
}

HttpResponse text(int status, std::string body) {
  return answer_with(status, "text/plain; charset=utf-8", std::move(body));
}

HttpResponse not_found() {
  return text(404, "404: Not Found");
}
HttpResponse broken() {
  return text(500, "500 Internal Server Error\n\nServer got itself in trouble");
}

HttpResponse refused(std::string type, std::string message, std::string details) {
  return json_body(base::to_json(json::object{{"error", json::object{{"type", std::move(type)},
                                                                     {"message", std::move(message)},
                                                                     {"details", std::move(details)},
                                                                     {"extra_info", json::object()}}},
                                              {"node_errors", json::object()}}),
                   400);
}

bool ends_with_one_of(std::string_view name, const auto& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

// ComfyUI on a loopback Host takes no foreign Origin, whatever the route.
bool foreign_origin(const HttpRequest& request) {
  const auto origin = request.headers.get("Origin");
  const auto host = request.headers.get("Host");
  if (!origin || !host) return false;
  const bool loopback = host->starts_with("127.0.0.1") || host->starts_with("localhost") || host->starts_with("[::1]");
  const std::size_t scheme = origin->find("://");
  return loopback && (scheme == std::string_view::npos || origin->substr(scheme + 3) != *host);
}

std::vector<std::string> ids_in(const json::value& body) {
  std::vector<std::string> ids;
  if (const json::array* named = base::find_array(body, "delete")) {
    for (const json::value& id : *named) {
      if (id.is_string()) ids.emplace_back(id.get_string());
    }
  }
  return ids;
}

}  // namespace

HttpDoor::HttpDoor(Core& core, Player& player, Workshop& workshop)
    : core_(core), player_(player), workshop_(workshop) {}

void HttpDoor::answer(HttpRequest request, net::Respond respond) {
  ++core_.counts.requests;
  const RequestFate fate = core_.stage.dealer().next_request();
  const auto work = [this, alive = std::weak_ptr<int>(alive_), error = fate.error, request = std::move(request),
                     respond = std::move(respond)] {
    if (alive.expired()) return;
    respond(error ? broken() : route(request));
  };
  if (holding_) {
    waiting_.push_back(work);
  } else if (fate.delay_ms > 0) {
    auto timer = std::make_shared<asio::steady_timer>(core_.io, std::chrono::milliseconds(fate.delay_ms));
    timer->async_wait([timer, work](const net::error_code&) { work(); });
  } else {
    work();
  }
}

void HttpDoor::release() {
  holding_ = false;
  for (const auto& work : std::exchange(waiting_, {})) work();
}

std::optional<HttpResponse> HttpDoor::refuse_websocket(const HttpRequest& request) {
  const std::string_view path = without_api_prefix(request.path);
  const auto& steps = core_.models[core_.model].steps;
  const bool known = path == "/ws" || std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
                       return step.kind == StepKind::frame && step.path == path;
                     });
  std::optional<HttpResponse> refusal;
  if (foreign_origin(request)) refusal = text(403, "");
  if (!known) refusal = not_found();
  if (refusal) ++core_.counts.sockets_refused;
  return refusal;
}

void HttpDoor::open_websocket(const HttpRequest& request, std::shared_ptr<net::WebSocketSession> session) {
  ++core_.counts.sockets;
  const std::string path(without_api_prefix(request.path));
  std::string sid(request.query_value("clientId").value_or(""));
  if (sid.empty()) {
    sid = base::random_uuid();
    std::erase(sid, '-');
  }
  std::vector<std::string> greetings;
  if (path == "/ws") {
    json::value status = *base::parse_json(core_.state.prompt_body());
    greetings.push_back(base::to_json(
        json::object{{"type", "status"}, {"data", json::object{{"status", std::move(status)}, {"sid", sid}}}}));
    if (core_.running_owner == sid && !core_.running_node.empty()) {
      greetings.push_back(
          base::to_json(json::object{{"type", "executing"}, {"data", json::object{{"node", core_.running_node}}}}));
    }
  }
  core_.stage.open(path, sid, std::move(session), greetings, core_.features);
  if (core_.options.play) player_.begin();
}

HttpResponse HttpDoor::route(const HttpRequest& request) {
  if (foreign_origin(request)) return text(403, "");
  const bool api = request.path.starts_with("/api/");
  const std::string_view path = without_api_prefix(request.path);
  if (path.starts_with("/internal/") && api) return not_found();
  if (request.method == "GET" || request.method == "HEAD") return get(request, path);

  json::value body;
  if (!request.body.empty()) {
    auto parsed = base::parse_json(request.body);
    if (!parsed && path != "/interrupt") return broken();
    if (parsed) body = std::move(*parsed);
  }
  if (request.method == "PATCH" && path == "/internal/logs/subscribe") {
    core_.stage.subscribe(base::find_string(body, "clientId").value_or(""),
                          base::find_bool(body, "enabled").value_or(false));
    return text(200, "");
  }
  if (request.method != "POST") return text(405, "405: Method Not Allowed");
  if (path == "/prompt") return post_prompt(body);
  if (path == "/queue") return post_queue(body);
  if (path == "/history") return post_history(body);
  if (path == "/free") return text(200, "");
  if (path == "/interrupt") {
    const auto id = base::find_string(body, "prompt_id");
    if (!workshop_.interrupt(id)) static_cast<void>(player_.interrupt(id));
    return text(200, "");
  }
  return not_found();
}

HttpResponse HttpDoor::get(const HttpRequest& request, std::string_view path) {
  if (path == "/queue") return json_body(core_.state.queue_body());
  if (path == "/prompt") return json_body(core_.state.prompt_body());
  if (path.starts_with("/history")) return history(request, path);
  if (path == "/system_stats") return json_body(base::to_json(core_.system_stats));
  if (path == "/features") return json_body(base::to_json(core_.features));
  if (path.starts_with("/object_info")) return object_info(path);
  if (path == "/view") return view(request);
  if (path == "/internal/logs/raw") return json_body(R"({"entries":[],"size":null})");
  if (path == "/")
    return answer_with(200, "text/html; charset=utf-8", "<!doctype html><title>ComfyUI (replayed)</title>");
  return not_found();
}

HttpResponse HttpDoor::history(const HttpRequest& request, std::string_view path) const {
  if (path.starts_with("/history/")) return json_body(core_.state.history_body(path.substr(9)));
  if (path != "/history") return not_found();
  std::array<std::optional<std::int64_t>, 2> numbers;
  const std::array<std::string_view, 2> names{"max_items", "offset"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto given = request.query_value(names[i]);
    if (!given) continue;
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(given->data(), given->data() + given->size(), value);
    if (failure != std::errc() || end != given->data() + given->size()) return broken();
    numbers[i] = value;
  }
  if (numbers[1] && *numbers[1] < 0) numbers[1].reset();
  return json_body(core_.state.history_body(numbers[0], numbers[1]));
}

HttpResponse HttpDoor::object_info(std::string_view path) {
  json::object found;
  const std::string wanted(path.size() > 13 ? path.substr(13) : "");
  for (const auto& [name, info] : core_.models[core_.model].object_info) {
    if (wanted.empty() || wanted == name) found[name] = info;
  }
  return json_body(base::to_json(found));
}

HttpResponse HttpDoor::view(const HttpRequest& request) {
  constexpr std::array<std::string_view, 5> kPictures{".png", ".jpg", ".jpeg", ".webp", ".gif"};
  constexpr std::array<std::string_view, 3> kTexts{".txt", ".json", ".srt"};
  const std::string name(request.query_value("filename").value_or(""));
  if (name.empty() || name.find("..") != std::string::npos) return text(400, "");
  HttpResponse response = not_found();
  if (ends_with_one_of(name, kPictures)) {
    const std::string digest = base::sha256(name);
    const auto phase = static_cast<std::uint32_t>(static_cast<unsigned char>(digest[0]));
    response = answer_with(200, "image/png", gradient_png(kViewSide, kViewSide, phase));
  } else if (ends_with_one_of(name, kTexts)) {
    response = text(200, "{}");
  }
  if (response.status == 200)
    response.headers.set("ETag", "\"" + base::to_hex(base::sha256(name)).substr(0, 16) + "\"");
  return response;
}

HttpResponse HttpDoor::post_prompt(const json::value& body) {
  const json::value* graph = base::find(body, "prompt");
  // Consumed by refused prompts too.
  const std::int64_t taken = core_.state.take_number();
  if (!graph) return refused("no_prompt", "No prompt provided", "No prompt provided");
  if (!graph->is_object()) return broken();
  if (graph->get_object().empty()) return refused("prompt_no_outputs", "Prompt has no outputs", "");
  for (const auto& [id, node] : graph->get_object()) {
    if (base::find_string(node, "class_type")) continue;
    return refused("invalid_prompt", "Cannot execute because a node is missing the class_type property.",
                   "Node ID '#" + std::string(id) + "'");
  }
  double number = static_cast<double>(taken);
  if (const auto wanted = base::find_number(body, "number")) {
    if (std::abs(*wanted) > kMaxNumber) return broken();
    number = *wanted;
  } else if (base::find_bool(body, "front").value_or(false)) {
    number = -number;
  }
  const std::string id = base::find_string(body, "prompt_id").value_or(base::random_uuid());
  json::value item = make_item(body, number, id);
  // 0.3 keeps no time of submission.
  if (!core_.models[core_.model].recording.version.starts_with("0.3.")) {
    item.as_array()[3].as_object()["create_time"] = base::system_clock().now_ms();
  }
  const json::value shown = item.get_array()[0];
  auto owner = base::find_string(item.get_array()[3], "client_id");
  ++core_.counts.prompts;
  workshop_.put(id, number, std::move(item), std::move(owner));
  return json_body(base::to_json(json::object{{"prompt_id", id}, {"number", shown}, {"node_errors", json::object()}}));
}

HttpResponse HttpDoor::post_queue(const json::value& body) {
  bool changed = false;
  if (base::find_bool(body, "clear").value_or(false)) changed = core_.state.clear_pending() > 0;
  for (const std::string& id : ids_in(body)) changed = core_.state.remove(id) || changed;
  if (changed) {
    core_.diverged = true;
    core_.publish_status();
  }
  return text(200, "");
}

HttpResponse HttpDoor::post_history(const json::value& body) {
  if (base::find_bool(body, "clear").value_or(false)) core_.state.forget_all();
  for (const std::string& id : ids_in(body)) core_.state.forget(id);
  return text(200, "");
}

}  // namespace comfytrace::replay
