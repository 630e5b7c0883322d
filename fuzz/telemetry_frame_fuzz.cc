#include "comfyui/telemetry_frame.h"

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "event_checks.h"

namespace comfytrace {
namespace {

// Bounds are those of the decoders beneath, which this limits only in part.
void check_item(const comfyui::QueueItem& item) {
  CHECK(item.graph.is_object());
  CHECK(item.extra_data.is_object());
  CHECK(base::is_valid_utf8(item.prompt_id));
}

void check(const base::Result<comfyui::TelemetryFrame>& frame, const comfyui::FrameLimits& limits) {
  if (!frame) {
    CHECK(!frame.error().message.empty());
    return;
  }
  CHECK(frame->at_ms >= 0);
  const fuzz::EventChecks events({limits.max_text_bytes, limits.max_items});
  std::visit(
      [&](const auto& what) {
        using T = std::remove_cvref_t<decltype(what)>;
        if constexpr (std::is_same_v<T, comfyui::Event>) std::visit(events, what);
        if constexpr (std::is_same_v<T, comfyui::TelemetryHello>) {
          for (const auto& running : what.running) events(running);
        }
        if constexpr (requires { what.item; }) check_item(what.item);
        if constexpr (std::is_same_v<T, comfyui::PromptsRemoved>) CHECK(what.prompt_ids.size() <= limits.max_items);
      },
      frame->what);
}

}  // namespace
}  // namespace comfytrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace comfytrace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const comfyui::FrameLimits tight{.max_bytes = 2048, .max_text_bytes = 12, .max_items = 3};
  for (const auto& limits : {comfyui::FrameLimits{}, tight})
    check(comfyui::decode_telemetry_frame(text, limits), limits);
  if (const auto hello = comfyui::decode_telemetry_hello(text))
    CHECK(hello->extension.protocol != 1 || !hello->boot.empty());
  return 0;
}
