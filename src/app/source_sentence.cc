#include "app/source_sentence.h"

#include <fmt/format.h>

#include "base/text.h"

namespace comfytrace::app {

std::string source_sentence(const model::Connection& connection) {
  if (connection.source == model::CaptureSource::none) return "";
  if (connection.source == model::CaptureSource::stock || !connection.extension) return "told by stock ComfyUI";
  const model::ExtensionInfo& extension = *connection.extension;
  std::string sentence =
      fmt::format("told by the extension {}: {} taps", base::printable(extension.version), extension.taps.size());
  for (const model::SkippedTap& tap : extension.skipped_taps) {
    sentence += fmt::format(", without {} ({})", base::printable(tap.name), base::printable(tap.reason));
  }
  if (extension.frames_dropped) sentence += fmt::format("; {} frames dropped", *extension.frames_dropped);
  if (extension.failures) sentence += fmt::format(", {} failures of its own", *extension.failures);
  if (extension.event_cost_p50_us && extension.event_cost_p99_us) {
    sentence += fmt::format("; costs ComfyUI {:.1f} µs an event, p99 {:.1f} µs", *extension.event_cost_p50_us,
                            *extension.event_cost_p99_us);
  }
  return sentence;
}

}  // namespace comfytrace::app
