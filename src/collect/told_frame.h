#pragma once

#include <optional>
#include <string>

#include "assemble/fact.h"
#include "base/result.h"
#include "comfyui/telemetry_frame.h"

namespace comfytrace::collect {

// What a frame of the extension is to a recorder.
struct ToldFrame {
  std::optional<decltype(assemble::Fact::what)> fact;
  std::optional<comfyui::PreviewImage> preview;
  bool is_news = false;     // about the work itself
  bool is_unknown = false;  // of a type we do not know
  bool queue_grew = false;  // or shrank otherwise than by work: an answer of /queue that is under way may be too old
};

// Refusals of what `own_client_id` posted are left out: who posted it has the answer.
[[nodiscard]] ToldFrame read_told_frame(comfyui::TelemetryEvent told, const std::string& own_client_id);

// Whether it tells anything about the work itself: a worker whose executor hangs still sends the rest.
[[nodiscard]] bool is_news(const comfyui::Event& event);
[[nodiscard]] bool is_unknown(const comfyui::Event& event);
// Counts a frame that could not be decoded.
void count_refused_frame(const base::Error& why);

}  // namespace comfytrace::collect
