#include "comfyui/frame.h"

#include <cstddef>
#include <cstdint>
#include <variant>

#include "event_checks.h"

namespace comfytrace {
namespace {

void check(const base::Result<comfyui::Event>& event, const comfyui::FrameLimits& limits) {
  if (!event) {
    CHECK(!event.error().message.empty());
    return;
  }
  std::visit(fuzz::EventChecks({limits.max_text_bytes, limits.max_items}), *event);
  if (const auto* prompt_id = comfyui::prompt_id_of(*event)) CHECK(base::is_valid_utf8(*prompt_id));
}

}  // namespace
}  // namespace comfytrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace comfytrace;
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  // Bounds small enough for small inputs to meet them.
  const comfyui::FrameLimits tight{.max_bytes = 2048, .max_text_bytes = 12, .max_items = 3};
  for (const auto& limits : {comfyui::FrameLimits{}, tight}) {
    check(comfyui::decode_text_frame(frame, limits), limits);
    check(comfyui::decode_binary_frame(frame, limits), limits);
  }
  return 0;
}
