#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "replay/recorded_prompts.h"
#include "replay/recording.h"
#include "replay/server_state.h"

namespace comfytrace::replay {

// In the order in which they happen where the offset is the same: who asks because of a frame finds what it told.
enum class StepKind {
  down,      // every connection dies and nobody listens; memory_lost
  up,        // listens again
  hang,      // neither sends nor answers for duration_us
  remember,  // history from before the recording
  submit,
  finish,
  remove,  // a pending one leaves the queue without running
  start,
  forget,  // id, or everything if it is empty, leaves the history
  stats,   // /system_stats answers `line`'s body from now on
  frame,
};

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Step {
  std::int64_t offset_us = 0;
  StepKind kind = StepKind::frame;
  std::size_t prompt = kNone;  // index into prompts: whose step it is; frames too, as far as known
  std::size_t line = kNone;    // index into the recording's lines
  // Who got this frame. Each recorded socket's copy is a step of its own.
  std::string client_id;        // the socket with this client id (and `path`)
  std::string path;             // of the WebSocket: "/ws", "/telemetry/ws"
  bool to_watchers = false;     // sockets whose client id nobody in the recording had
  bool to_everyone = false;     // part of the one sequence in which nothing comes twice and nothing is missing
  bool to_subscribers = false;  // log lines: only who asked for them
  std::int64_t duration_us = 0;
  bool memory_lost = false;
  std::string id;
};

// A ComfyUI's life, derived from a recording: a timeline without clocks, sockets or threads.
struct ServerModel {
  Recording recording;
  std::vector<RecordedPrompt> prompts;
  std::vector<Step> steps;  // by time
  std::int64_t duration_us = 0;
  base::json::value features;
  base::json::value system_stats;                        // until the first stats step
  std::map<std::string, base::json::value> object_info;  // by node class
  std::map<std::string, std::string> client_ids;         // label -> client id, of sockets with one
  [[nodiscard]] const RecordedLine& line_of(const Step& step) const { return recording.lines[step.line]; }
};

[[nodiscard]] ServerModel make_server_model(Recording recording);

// Does to `state` what the step does to a server's memory; frames do nothing. `down` loses it only if memory_lost.
// `prompt` is the step's, perhaps under another id; nullptr where it has none.
void apply_step(const Step& step, const RecordedPrompt* prompt, ServerState& state);
// The memory at that time, all steps up to it included.
[[nodiscard]] ServerState state_at(const ServerModel& model, std::int64_t offset_us);

}  // namespace comfytrace::replay
