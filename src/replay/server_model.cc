#include "replay/server_model.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "replay/audiences.h"
#include "replay/exchange.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;

Step memory_step(StepKind kind, std::int64_t offset_us, std::size_t prompt = kNone) {
  Step step;
  step.kind = kind;
  step.offset_us = std::max<std::int64_t>(offset_us, 0);
  step.prompt = prompt;
  return step;
}

void add_prompts(const std::vector<RecordedPrompt>& prompts, std::vector<Step>& steps) {
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const RecordedPrompt& prompt = prompts[i];
    if (prompt.already_over) {
      steps.push_back(memory_step(StepKind::remember, 0, i));
      continue;
    }
    steps.push_back(memory_step(StepKind::submit, prompt.submitted_us, i));
    if (prompt.started_us) steps.push_back(memory_step(StepKind::start, *prompt.started_us, i));
    if (prompt.finished_us) steps.push_back(memory_step(StepKind::finish, *prompt.finished_us, i));
    if (prompt.removed_us) steps.push_back(memory_step(StepKind::remove, *prompt.removed_us, i));
  }
}

void add_forgetting(const Exchange& exchange, std::vector<Step>& steps) {
  if (exchange.method != "POST" || exchange.path != "/history" || !exchange.sent) return;
  if (const json::array* ids = base::find_array(*exchange.sent, "delete")) {
    for (const json::value& id : *ids) {
      if (!id.is_string() || id.get_string().empty()) continue;
      steps.push_back(memory_step(StepKind::forget, exchange.asked_us));
      steps.back().id = std::string(id.get_string());
    }
  }
  if (base::find_bool(*exchange.sent, "clear").value_or(false)) {
    steps.push_back(memory_step(StepKind::forget, exchange.asked_us));
  }
}

// Whether what was in the history before `down_us` is gone from a body after it, or the end of the process was noted.
bool memory_was_lost(const Recording& recording, const std::vector<Exchange>& exchanges,
                     const std::vector<RecordedPrompt>& prompts, std::int64_t down_us, std::int64_t up_us) {
  for (const RecordedLine& line : recording.lines) {
    if (line.direction != Direction::note || line.offset_us < down_us - 5'000'000 || line.offset_us > up_us) continue;
    if (line.note.find("process ended") != std::string::npos || line.note.find(": ended") != std::string::npos) {
      return true;
    }
  }
  for (const Exchange& exchange : exchanges) {
    if (exchange.asked_us < up_us || exchange.status != 200 || exchange.method != "GET" || !exchange.answer) continue;
    if (!exchange.path.starts_with("/history") || !exchange.query.empty() || !exchange.answer->is_object()) continue;
    // Of what the body could have shown, nothing may be missing.
    return std::any_of(prompts.begin(), prompts.end(), [&](const RecordedPrompt& prompt) {
      const bool asked = exchange.path == "/history" || exchange.path == "/history/" + prompt.id;
      return asked && prompt.finished_us && *prompt.finished_us < down_us && !base::find(*exchange.answer, prompt.id);
    });
  }
  return false;
}

// A server that died (sockets closed without a close frame) and perhaps came back; one that hung.
void add_deaths(const Recording& recording, const std::vector<Exchange>& exchanges,
                const std::vector<RecordedPrompt>& prompts, std::vector<Step>& steps) {
  std::optional<std::int64_t> down_us;
  std::optional<std::int64_t> stopped_us;
  std::vector<std::pair<std::int64_t, std::optional<std::int64_t>>> deaths;
  for (const RecordedLine& line : recording.lines) {
    if (line.note == "SIGSTOP") stopped_us = line.offset_us;
    if (line.note == "SIGCONT" && stopped_us) {
      steps.push_back(memory_step(StepKind::hang, *stopped_us));
      steps.back().duration_us = line.offset_us - *stopped_us;
      stopped_us.reset();
    }
    const bool closed = line.direction == Direction::websocket_in && line.note.starts_with("CLOSED") &&
                        line.note.find("1006") != std::string::npos;
    if (closed && !down_us) {
      down_us = line.offset_us;
      deaths.emplace_back(*down_us, std::nullopt);
    }
    const bool answers = line.note == "server answers again" || (line.direction == Direction::http_in && line.status) ||
                         (line.direction == Direction::websocket_in && line.json);
    if (down_us && answers) {
      deaths.back().second = line.offset_us;
      down_us.reset();
    }
  }
  for (const auto& [from_us, to_us] : deaths) {
    steps.push_back(memory_step(StepKind::down, from_us));
    steps.back().memory_lost = memory_was_lost(recording, exchanges, prompts, from_us, to_us.value_or(INT64_MAX));
    if (to_us) steps.push_back(memory_step(StepKind::up, *to_us));
  }
}

void add_stats(const Recording& recording, std::vector<Step>& steps) {
  for (std::size_t i = 0; i < recording.lines.size(); ++i) {
    const RecordedLine& line = recording.lines[i];
    if (line.direction != Direction::http_in || line.status != 200 || !line.json) continue;
    if (without_api_prefix(line.path) != "/system_stats") continue;
    steps.push_back(memory_step(StepKind::stats, line.offset_us));
    steps.back().line = i;
  }
}

json::value made_up_stats(const std::string& version) {
  const std::int64_t ram = std::int64_t{16} << 30;
  json::object device{
      {"name", "cpu"},        {"type", "cpu"},           {"index", nullptr},          {"vram_total", ram},
      {"vram_free", ram / 2}, {"torch_vram_total", ram}, {"torch_vram_free", ram / 2}};
  return json::object{{"system", json::object{{"os", "posix"},
                                              {"ram_total", ram},
                                              {"ram_free", ram / 2},
                                              {"comfyui_version", version},
                                              {"python_version", "3.11.2"},
                                              {"pytorch_version", "unknown"},
                                              {"embedded_python", false},
                                              {"argv", json::array{"main.py"}}}},
                      {"devices", json::array{std::move(device)}}};
}

void read_fixed_bodies(const std::vector<Exchange>& exchanges, ServerModel& model) {
  model.features = json::object{{"supports_preview_metadata", true}, {"max_upload_size", 104857600}};
  for (const Exchange& exchange : exchanges) {
    if (exchange.method != "GET" || exchange.status != 200 || !exchange.answer) continue;
    if (exchange.path == "/features") model.features = *exchange.answer;
    if (exchange.path == "/system_stats" && model.system_stats.is_null()) model.system_stats = *exchange.answer;
    if (!exchange.path.starts_with("/object_info") || !exchange.answer->is_object()) continue;
    for (const auto& [name, info] : exchange.answer->get_object()) model.object_info[std::string(name)] = info;
  }
  if (model.system_stats.is_null()) model.system_stats = made_up_stats(model.recording.version);
}

}  // namespace

ServerModel make_server_model(Recording recording) {
  ServerModel model;
  model.recording = std::move(recording);
  const auto exchanges = read_exchanges(model.recording);
  model.prompts = find_prompts(model.recording, exchanges);
  model.steps = frame_steps(model.recording, model.prompts);
  add_prompts(model.prompts, model.steps);
  for (const Exchange& exchange : exchanges) add_forgetting(exchange, model.steps);
  add_deaths(model.recording, exchanges, model.prompts, model.steps);
  add_stats(model.recording, model.steps);
  read_fixed_bodies(exchanges, model);
  for (const auto& [label, socket] : find_sockets(model.recording, model.prompts)) {
    if (!socket.client_id.empty()) model.client_ids[label] = socket.client_id;
  }
  std::stable_sort(model.steps.begin(), model.steps.end(), [](const Step& a, const Step& b) {
    return a.offset_us != b.offset_us ? a.offset_us < b.offset_us : a.kind < b.kind;
  });
  if (!model.steps.empty()) model.duration_us = model.steps.back().offset_us;
  return model;
}

void apply_step(const Step& step, const RecordedPrompt* prompt, ServerState& state) {
  if (step.kind == StepKind::forget) return step.id.empty() ? state.forget_all() : state.forget(step.id);
  if (step.kind == StepKind::down && step.memory_lost) return state.lose_memory();
  if (!prompt) {
    CHECK(step.kind == StepKind::down || step.kind == StepKind::up || step.kind == StepKind::hang ||
          step.kind == StepKind::stats || step.kind == StepKind::frame);
    return;
  }
  switch (step.kind) {
    case StepKind::remember:
      return state.remember(prompt->id, prompt->entry);
    case StepKind::submit:
      return state.submit({prompt->number, prompt->id, prompt->item});
    case StepKind::start:
      static_cast<void>(state.start(prompt->id));
      return;
    case StepKind::finish:
      static_cast<void>(state.finish(prompt->id, prompt->entry));
      return;
    case StepKind::remove:
      static_cast<void>(state.remove(prompt->id));
      return;
    default:
      return;
  }
}

ServerState state_at(const ServerModel& model, std::int64_t offset_us) {
  ServerState state;
  for (const Step& step : model.steps) {
    if (step.offset_us > offset_us) break;
    apply_step(step, step.prompt == kNone ? nullptr : &model.prompts[step.prompt], state);
  }
  return state;
}

}  // namespace comfytrace::replay
