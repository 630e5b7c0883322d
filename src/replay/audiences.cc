#include "replay/audiences.h"

#include <algorithm>
#include <string_view>

#include "replay/exchange.h"

namespace comfytrace::replay {
namespace {

constexpr std::int64_t kTextFrame = 3;

bool sent_on_connect(const RecordedLine& line) {
  const std::string_view type = frame_type(line);
  const base::json::value* data = line.json ? base::find(*line.json, "data") : nullptr;
  if (type == "status") return data && base::find(*data, "sid");
  if (type == "executing") return data && !base::find(*data, "prompt_id");
  return type == "feature_flags";
}

const Socket* most(const std::map<std::string, Socket>& sockets, auto&& counts) {
  const Socket* best = nullptr;
  for (const auto& [label, socket] : sockets) {
    if (socket.path == "/ws" && counts(socket) > (best ? counts(*best) : 0)) best = &socket;
  }
  return best;
}

// The prompt that a frame is about, also where it does not say: a preview belongs to what runs.
std::size_t prompt_of(const RecordedLine& line, const std::vector<RecordedPrompt>& prompts) {
  const std::string id = frame_prompt_id(line);
  if (!id.empty()) {
    const RecordedPrompt* prompt = prompt_at(prompts, id, line.offset_us);
    return prompt ? static_cast<std::size_t>(prompt - prompts.data()) : kNone;
  }
  if (!line.binary) return kNone;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const RecordedPrompt& prompt = prompts[i];
    const bool runs = prompt.started_us && *prompt.started_us <= line.offset_us &&
                      (!prompt.finished_us || *prompt.finished_us >= line.offset_us);
    if (runs) return i;
  }
  return kNone;
}

}  // namespace

std::map<std::string, Socket> find_sockets(const Recording& recording, const std::vector<RecordedPrompt>& prompts) {
  std::map<std::string, Socket> sockets;
  for (const RecordedLine& line : recording.lines) {
    if (line.direction == Direction::websocket_out && !line.path.empty()) {
      const bool first = !sockets.contains(line.client);
      Socket& socket = sockets[line.client];
      if (first) socket.connected_us = line.offset_us;
      socket.label = line.client;
      const std::string_view path = without_api_prefix(line.path);
      socket.path = path.substr(0, path.find('?'));
      if (const std::size_t at = path.find("clientId="); at != std::string_view::npos) {
        const std::string_view rest = path.substr(at + 9);
        socket.client_id = rest.substr(0, rest.find('&'));
      }
    }
    if (line.direction == Direction::websocket_in && (line.json || line.binary)) {
      if (const auto found = sockets.find(line.client); found != sockets.end()) ++found->second.frames;
    }
  }
  for (auto& [label, socket] : sockets) {
    if (socket.client_id.empty()) continue;
    socket.owned = static_cast<std::size_t>(
        std::count_if(prompts.begin(), prompts.end(),
                      [&owner = socket.client_id](const RecordedPrompt& p) { return p.client_id == owner; }));
  }
  return sockets;
}

std::vector<Step> frame_steps(const Recording& recording, const std::vector<RecordedPrompt>& prompts) {
  if (recording.lines.empty()) return {};
  const auto sockets = find_sockets(recording, prompts);
  const Socket* main = most(sockets, [](const Socket& s) { return s.owned; });
  if (!main) main = most(sockets, [](const Socket& s) { return s.frames; });
  // A watcher that came late does not know what a watcher gets.
  const std::int64_t begin_us = prompts.empty() ? recording.lines.back().offset_us : prompts.front().submitted_us;
  const Socket* watcher = most(
      sockets, [&](const Socket& s) { return s.owned == 0 && s.connected_us <= begin_us ? s.frames : std::size_t{0}; });

  std::vector<Step> steps;
  for (std::size_t i = 0; i < recording.lines.size(); ++i) {
    const RecordedLine& line = recording.lines[i];
    if (line.direction != Direction::websocket_in || !(line.json || line.binary)) continue;
    const auto found = sockets.find(line.client);
    if (found == sockets.end()) continue;
    const Socket& socket = found->second;
    if (socket.path == "/ws" && sent_on_connect(line)) continue;

    Step step;
    step.offset_us = line.offset_us;
    step.line = i;
    step.client_id = socket.client_id;
    step.path = socket.path;
    if (socket.path != "/ws") {
      steps.push_back(std::move(step));
      continue;
    }
    step.prompt = prompt_of(line, prompts);
    step.to_subscribers = frame_type(line) == "logs";
    const bool owned = step.prompt != kNone && prompts[step.prompt].client_id && binary_type(line) != kTextFrame;
    const bool is_main = main && socket.client_id == main->client_id && socket.label.starts_with(main->label);
    step.to_everyone = is_main || (owned && prompts[step.prompt].client_id == socket.client_id);
    step.to_watchers = watcher ? &socket == watcher : is_main && !owned;
    if (step.to_subscribers) step.to_everyone = step.to_watchers = false;
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace comfytrace::replay
