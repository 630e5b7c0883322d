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

// The frames of our extension inside ComfyUI, docs/formats/telemetry-extension.md. Times are ComfyUI's clock, epoch ms.
namespace comfytrace::comfyui {

inline constexpr std::int64_t kTelemetryProtocol = 1;

struct TelemetryHello {
  std::int64_t protocol = 0;
  std::string boot;                    // of one life of ComfyUI
  std::uint64_t seq = 0;               // the latest numbered frame
  std::string version;                 // the extension's; may be empty
  std::vector<ProgressState> running;  // what its nodes are doing, one a prompt
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
// Known, and nothing to a recorder: counts of the extension's own, memory by torch's book-keeping.
struct TelemetryAside {};

// Nodes come as a ProgressState of one node with the worker's times.
using TelemetryEvent = std::variant<Event, TelemetryHello, FramesDropped, PromptQueued, PromptStarted, PromptFinished,
                                    PromptsRemoved, PromptRejected, PromptPartlyRejected, TelemetryAside>;

struct TelemetryFrame {
  std::uint64_t seq = 0;
  bool is_numbered = true;  // false: of one subscriber only, and `seq` is that of the frame before it
  std::string boot;
  std::int64_t at_ms = 0;  // when it happened
  TelemetryEvent what;
};

// Decodes one text frame. Pure; any thread. Errors: invalid (naming the JSON path), too_large. An unknown event is an
// UnknownEvent named "source/event", one of a custom node bears its own name.
[[nodiscard]] base::Result<TelemetryFrame> decode_telemetry_frame(std::string_view frame,
                                                                  const FrameLimits& limits = {});

// What GET /telemetry answers. Of another protocol only the number is read.
[[nodiscard]] base::Result<TelemetryHello> decode_telemetry_hello(std::string_view body);

}  // namespace comfytrace::comfyui
