#include "model/worker.h"

#include <string_view>

namespace comfytrace::model {
namespace {

// ComfyUI says "cuda:0 NVIDIA GeForce RTX 3090 : cudaMallocAsync": index and allocator are no part of the card's name.
std::string card_of(const Device& device) {
  std::string_view name = device.name;
  if (const auto space = name.find(' '); space != std::string_view::npos && name.substr(0, space).find(':') < space) {
    name.remove_prefix(space + 1);
  }
  if (const auto allocator = name.rfind(" : "); allocator != std::string_view::npos) name = name.substr(0, allocator);
  return std::string(name);
}

}  // namespace

AttemptEnvironment environment_of(const Worker& worker) {
  AttemptEnvironment environment;
  environment.device_count = static_cast<std::int64_t>(worker.devices.size());
  if (!worker.devices.empty()) {
    const Device& first = worker.devices.front();
    environment.device_name = card_of(first);
    environment.device_type = first.type;
    // With --cpu ComfyUI reports the machine's memory as VRAM.
    if (first.type != "cpu") environment.vram_total_bytes = first.vram_total_bytes;
  }
  environment.comfyui_version = worker.comfyui_version.value_or("");
  environment.python_version = worker.python_version.value_or("");
  environment.pytorch_version = worker.pytorch_version.value_or("");
  environment.os = worker.os.value_or("");
  return environment;
}

}  // namespace comfytrace::model
