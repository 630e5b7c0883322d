#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "comfyui/body.h"
#include "comfyui/event.h"
#include "comfyui/frame.h"
#include "model/worker.h"

// The frames of our extension inside ComfyUI, docs/formats/telemetry-extension.md. Times are ComfyUI's clock, epoch ms.
namespace comfytrace::comfyui {

inline constexpr std::int64_t kTelemetryProtocol = 1;

struct TelemetryHello {
  model::ExtensionInfo extension;
  std::string boot;                    // of one life of ComfyUI
  std::uint64_t seq = 0;               // the latest numbered frame
  std::uint64_t oldest_seq = 0;        // the oldest one that can still be had; above `seq`: none
  std::vector<ProgressState> running;  // what its nodes are doing, one a prompt
};

// What it counted and measured of itself since ComfyUI started.
struct TelemetryStats {
  std::optional<std::int64_t> frames_dropped;
  std::optional<std::int64_t> failures;
  std::optional<double> event_cost_p50_us;
  std::optional<double> event_cost_p99_us;
};

// torch's own book-keeping of one GPU. Reserved is what it took of the GPU, allocated what of that is in use.
struct TorchMemory {
  std::int64_t device_index = 0;
  std::int64_t allocated_bytes = 0;
  std::int64_t reserved_bytes = 0;
};

// So many frames will not come.
struct FramesDropped {
  std::uint64_t count = 0;
};

// The worker put it into its queue.
struct PromptQueued {
  QueueItem item;
};
// The worker's executor took it out.
struct PromptStarted {
  std::string prompt_id;
};
// It is in the worker's history now.
struct PromptFinished {
  std::string prompt_id;
};
// Taken out of the queue before they began.
struct PromptsRemoved {
  std::vector<std::string> prompt_ids;
  bool cleared = false;  // the whole queue
};
// Not taken by validation. `item.prompt_id` may be empty.
struct PromptRejected {
  QueueItem item;
  PromptAnswer answer;
};
// Taken, but only some of its outputs will run.
struct PromptPartlyRejected {
  std::string prompt_id;
  std::vector<model::ValidationError> node_errors;
};
// Known, and nothing to a recorder but what else stands in the frame.
struct TelemetryAside {};

// Nodes come as a ProgressState of one node with the worker's times.
using TelemetryEvent =
    std::variant<Event, TelemetryHello, TelemetryStats, FramesDropped, PromptQueued, PromptStarted, PromptFinished,
                 PromptsRemoved, PromptRejected, PromptPartlyRejected, TelemetryAside>;

void update(model::ExtensionInfo& extension, const TelemetryStats& stats);

struct TelemetryFrame {
  std::uint64_t seq = 0;
  bool is_numbered = true;  // false: of one subscriber only, and `seq` is that of the frame before it
  std::string boot;
  std::int64_t at_ms = 0;  // when it happened
  TelemetryEvent what;
  std::vector<TorchMemory> torch_memory;  // as of then, if it was read
};

// Decodes one text frame. Pure; any thread. Errors: invalid (naming the JSON path), too_large. An unknown event is an
// UnknownEvent named "source/event", one of a custom node bears its own name.
[[nodiscard]] base::Result<TelemetryFrame> decode_telemetry_frame(std::string_view frame,
                                                                  const FrameLimits& limits = {});

// What GET /telemetry answers. Of another protocol only its number and the version are read.
[[nodiscard]] base::Result<TelemetryHello> decode_telemetry_hello(std::string_view body);

}  // namespace comfytrace::comfyui
