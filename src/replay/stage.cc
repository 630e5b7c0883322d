#include "replay/stage.h"

#include <algorithm>
#include <utility>

namespace comfytrace::replay {
namespace {

std::string oversized(std::size_t bytes) {
  std::string frame = R"({"type":"oversized","data":{"padding":")";
  const std::string_view end = R"("}})";
  if (bytes > frame.size() + end.size()) frame.append(bytes - frame.size() - end.size(), 'x');
  return frame.append(end);
}

std::shared_ptr<const std::string> wire(std::string_view payload, bool binary) {
  return binary ? net::make_binary_frame(payload) : net::make_text_frame(payload);
}

}  // namespace

Stage::Stage(const Faults& faults, Troubles troubles)
    : faults_(faults), dealer_(faults), troubles_(std::move(troubles)) {}

void Stage::open(const std::string& path, const std::string& client_id, std::shared_ptr<net::WebSocketSession> session,
                 const std::vector<std::string>& greetings, const base::json::value& features) {
  auto listener = std::make_shared<Listener>();
  listener->session = std::move(session);
  listener->path = path;
  listener->client_id = client_id;
  const std::string key = path + " " + client_id;
  sockets_[key] = listener;
  listener->session->on_close = [this, key] { sockets_.erase(key); };
  const std::weak_ptr<Listener> weak = listener;
  listener->session->on_text = [weak, features](std::string_view message) {
    const auto speaker = weak.lock();
    if (!speaker || std::exchange(speaker->spoke, true)) return;
    const auto parsed = base::parse_json(message);
    if (!parsed || base::find_string(*parsed, "type") != "feature_flags") return;
    const base::json::value answer = base::json::object{{"type", "feature_flags"}, {"data", features}};
    static_cast<void>(speaker->session->send(net::make_text_frame(base::to_json(answer))));
  };
  for (const std::string& greeting : greetings) {
    static_cast<void>(listener->session->send(net::make_text_frame(greeting)));
  }
}

void Stage::publish(const std::string& payload, bool binary, const Chooser& to) {
  const FrameFate fate = dealer_.next_frame(payload);
  if (fate.restart) {
    abandon();
    return troubles_.restart();
  }
  if (fate.cut) {
    abandon();
    return troubles_.cut();
  }
  if (fate.stall_ms > 0) {
    hold();
    troubles_.stall(fate.stall_ms);
  }
  const auto anybody = [](const Listener&) { return true; };
  if (fate.garbage) send({wire(*fate.garbage, fate.garbage_is_binary), anybody});
  if (fate.oversize) send({wire(oversized(faults_.oversize_bytes), false), anybody});
  Frame frame{wire(payload, binary), to};
  if (fate.swap_with_next) {
    swapped_.push_back(std::move(frame));
    return;
  }
  send(frame);
  if (fate.duplicate) send(std::move(frame));
  flush();
}

void Stage::send(Frame frame) {
  if (holding_) {
    waiting_.push_back(std::move(frame));
  } else {
    deliver(frame);
  }
}

void Stage::deliver(const Frame& frame) {
  std::vector<std::shared_ptr<Listener>> chosen;  // a socket that fails leaves the map while we send
  for (const auto& [key, listener] : sockets_) {
    if (frame.to(*listener)) chosen.push_back(listener);
  }
  for (const auto& listener : chosen) static_cast<void>(listener->session->send(frame.bytes));
}

void Stage::subscribe(const std::string& client_id, bool on) {
  for (const auto& [key, listener] : sockets_) {
    if (listener->client_id == client_id) listener->subscribed = on;
  }
}

void Stage::flush() {
  for (Frame& frame : std::exchange(swapped_, {})) send(std::move(frame));
}

void Stage::release() {
  holding_ = false;
  for (const Frame& frame : std::exchange(waiting_, {})) deliver(frame);
}

void Stage::abandon() {
  sockets_.clear();
  waiting_.clear();
  swapped_.clear();
}

std::size_t Stage::most_queued_bytes() const {
  std::size_t most = 0;
  for (const auto& [key, listener] : sockets_) most = std::max(most, listener->session->queued_bytes());
  return most;
}

}  // namespace comfytrace::replay
