#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "comfyui/body.h"
#include "comfyui/event.h"
#include "comfyui/telemetry_frame.h"
#include "model/worker.h"

// Everything the assembler is ever told. Facts may come twice, late or out of order.
namespace comfytrace::assemble {

// Entries of GET /history, /history/{id} or /history?max_items=.
struct HistoryRead {
  std::vector<comfyui::HistoryEntry> entries;
};

// The prompt has left the queue and the worker's history did not have it for as long as one waits for that.
struct HistoryMissing {
  std::string prompt_id;
};

// We posted this prompt and the worker took it (answer.accepted) or refused it.
struct Submitted {
  comfyui::QueueItem item;  // as posted, with the prompt_id we chose
  comfyui::PromptAnswer answer;
};

// A socket to the worker opened. The collector then sends a QueueSnapshot and a HistoryRead.
struct Connected {};
// The socket ended, or the worker stopped answering.
struct Disconnected {};
// All that happened while the connection was down is going to be told after all.
struct Resumed {};

// A model::AttemptEnvironment says what the worker's prompts run on from now on, as far as it tells.
struct Fact {
  std::string worker_id;
  std::int64_t at_ms = 0;  // our wall clock at receipt; the worker's at the event itself where our extension tells it
  std::variant<comfyui::Event, comfyui::QueueSnapshot, HistoryRead, HistoryMissing, Submitted, Connected, Disconnected,
               Resumed, std::vector<model::DeviceSample>, model::AttemptEnvironment, comfyui::PromptQueued,
               comfyui::PromptsRemoved, comfyui::PromptRejected, comfyui::PromptPartlyRejected>
      what;
  bool is_past = false;  // it was before we watched: what begins with it was found afterwards
};

}  // namespace comfytrace::assemble
