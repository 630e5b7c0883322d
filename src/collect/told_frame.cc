#include "collect/told_frame.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "base/counters.h"

namespace comfytrace::collect {

bool is_unknown(const comfyui::Event& event) {
  return std::holds_alternative<comfyui::UnknownEvent>(event) || std::holds_alternative<comfyui::UnknownBinary>(event);
}

bool is_news(const comfyui::Event& event) {
  return !std::holds_alternative<comfyui::StatusEvent>(event) &&
         !std::holds_alternative<comfyui::FeatureFlags>(event) && !std::holds_alternative<comfyui::Logs>(event) &&
         !is_unknown(event);
}

void count_refused_frame(const base::Error& why) {
  const bool too_large = why.code == base::ErrorCode::too_large;
  base::counters().add(too_large ? base::Counter::frames_oversized : base::Counter::frames_malformed);
}

ToldFrame read_told_frame(comfyui::TelemetryEvent told, const std::string& own_client_id) {
  ToldFrame read;
  std::visit(
      [&](auto& what) {
        using T = std::remove_cvref_t<decltype(what)>;
        if constexpr (std::is_same_v<T, comfyui::Event>) {
          read.is_news = is_news(what);
          read.is_unknown = is_unknown(what);
          if (auto* preview = std::get_if<comfyui::PreviewImage>(&what)) {
            read.preview = std::move(*preview);
          } else {
            read.fact = std::move(what);
          }
        } else if constexpr (std::is_same_v<T, comfyui::PromptQueued> || std::is_same_v<T, comfyui::PromptsRemoved>) {
          read.queue_grew = true;
          read.fact = std::move(what);
        } else if constexpr (std::is_same_v<T, comfyui::PromptStarted>) {
          read.is_news = true;
        } else if constexpr (std::is_same_v<T, comfyui::PromptFinished>) {
          // The same as ComfyUI's own mark of the end, which only the owner of the prompt gets.
          read.is_news = true;
          read.fact = comfyui::Event(comfyui::Executing{std::move(what.prompt_id), std::nullopt, std::nullopt});
        } else if constexpr (std::is_same_v<T, comfyui::PromptRejected>) {
          if (what.item.client_id() != own_client_id) read.fact = std::move(what);
        } else if constexpr (std::is_same_v<T, comfyui::PromptPartlyRejected>) {
          read.fact = std::move(what);
        }
      },
      told);
  return read;
}

}  // namespace comfytrace::collect
