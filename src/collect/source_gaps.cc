#include "collect/source_gaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace comfytrace::collect {
namespace {

struct Tap {
  std::string_view name;
  std::string_view unseen;  // without it
};

// `torch_memory` is not among them: where it is skipped, torch has no GPU whose memory could be told.
constexpr std::array kTaps{
    Tap{"send_sync", "what ComfyUI sends to the owners of prompts"},
    Tap{"add_message", "start and end of prompts without a client id"},
    Tap{"progress_registry", "progress and times of nodes"},
    Tap{"on_prompt", "when a prompt was submitted"},
    Tap{"validate_prompt", "rejected prompts and why"},
    Tap{"queue.put", "prompts as they are queued"},
    Tap{"queue.get", "prompts as they are taken from the queue"},
    Tap{"queue.task_done", "the end of prompts without a client id"},
    Tap{"queue.wipe_queue", "that the queue was cleared"},
    Tap{"queue.delete_queue_item", "that a prompt was deleted from the queue"},
};

}  // namespace

std::string gaps_of_stock() {
  return "stock ComfyUI tells watchers no node times, progress or previews of other programs' prompts, and nothing of "
         "rejected ones; `comfytrace extension install <ComfyUI directory>` and a restart of ComfyUI add them";
}

std::optional<std::string> gaps_of(const model::ExtensionInfo& extension) {
  std::string unseen;
  for (const model::SkippedTap& skipped : extension.skipped_taps) {
    const auto tap = std::ranges::find(kTaps, std::string_view(skipped.name), &Tap::name);
    if (tap == kTaps.end()) continue;
    unseen += fmt::format("{}{}", unseen.empty() ? "" : ", ", tap->unseen);
  }
  if (extension.outdated) {
    return fmt::format(
        "the extension in this ComfyUI is version {}, this comfytrace carries {}{}{}; `comfytrace extension install "
        "<ComfyUI directory>` and a restart of ComfyUI bring it up to date",
        extension.version.empty() ? "unknown" : extension.version, COMFYTRACE_VERSION,
        unseen.empty() ? "" : "; not told here: ", unseen);
  }
  if (unseen.empty()) return std::nullopt;
  return fmt::format(
      "this ComfyUI lacks what the extension listens to for: {}; a newer comfytrace may know it, whose `comfytrace "
      "extension install <ComfyUI directory>` then adds it",
      unseen);
}

}  // namespace comfytrace::collect
