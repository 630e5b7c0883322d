#include "comfyui/event.h"

#include <string_view>
#include <type_traits>

namespace comfytrace::comfyui {

bool ExecutionError::is_out_of_memory() const {
  // torch < 2.5 says torch.cuda.OutOfMemoryError, later ones torch.OutOfMemoryError; other back ends raise their own
  // type and only ComfyUI's own sentence in the message tells.
  return std::string_view(exception_type).ends_with("OutOfMemoryError") ||
         exception_message.find("ran out of memory on your GPU") != std::string::npos;
}

const std::string* prompt_id_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> const std::string* {
        if constexpr (requires { e.prompt_id; }) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(e.prompt_id)>, std::string>) {
            return &e.prompt_id;
          } else {
            return e.prompt_id ? &*e.prompt_id : nullptr;
          }
        } else {
          return nullptr;
        }
      },
      event);
}

}  // namespace comfytrace::comfyui
