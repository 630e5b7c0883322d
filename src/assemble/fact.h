#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "comfyui/body.h"
#include "comfyui/event.h"
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

struct Fact {
  std::string worker_id;
  std::int64_t at_ms = 0;  // our wall clock at receipt
  std::variant<comfyui::Event, comfyui::QueueSnapshot, HistoryRead, HistoryMissing, Submitted, Connected, Disconnected,
               std::vector<model::DeviceSample>>
      what;
};

}  // namespace comfytrace::assemble
