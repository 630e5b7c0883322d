#include "insight/run_texts.h"

#include <fmt/format.h>

#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using Text = std::optional<std::string>;

Text list(const std::vector<std::string>& items) {
  if (items.empty()) return std::nullopt;
  return list_words(items, 100);
}

Text number(const std::optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return std::to_string(*value);
}

Text number(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return fmt::format("{:g}", *value);
}

Text loras(const std::vector<model::Lora>& items) {
  std::vector<std::string> words;
  for (const auto& lora : items) {
    std::string text = lora.name;
    if (lora.strength_model) text += fmt::format(" {:g}", *lora.strength_model);
    if (lora.strength_clip && lora.strength_clip != lora.strength_model)
      text += fmt::format(" (text {:g})", *lora.strength_clip);
    words.push_back(std::move(text));
  }
  return list(words);
}

Text size(const model::Parameters& parameters) {
  if (!parameters.width || !parameters.height) return std::nullopt;
  return fmt::format("{}×{}", *parameters.width, *parameters.height);
}

Text known(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

std::vector<TextRow> parameter_rows(const model::Scene& scene) {
  const model::Parameters& of = scene.parameters;
  return {
      {"workflow structure", known(scene.workflow_fingerprint.substr(0, 12)), true},
      {"checkpoint", list(of.checkpoints), true},
      {"LoRAs", loras(of.loras), true},
      {"VAE", list(of.vaes), true},
      {"text encoder", list(of.text_encoders), true},
      {"size", size(of), true},
      {"batch size", number(of.batch_size), true},
      {"frames", number(of.frames), true},
      {"steps", number(of.steps), true},
      {"sampler", of.sampler, true},
      {"scheduler", of.scheduler, true},
      {"cfg", number(of.cfg), true},
      {"denoise", number(of.denoise), true},
      {"fps", number(of.fps), false},
      {"seed", of.seed, false},
      {"prompt", of.positive_prompt, false},
      {"negative prompt", of.negative_prompt, false},
  };
}

std::vector<TextRow> environment_rows(const model::Scene& scene) {
  if (scene.attempts.empty()) return {};
  const model::Attempt& attempt = scene.attempts.back();
  const model::AttemptEnvironment of = attempt.environment.value_or(model::AttemptEnvironment{});
  Text vram;
  if (of.vram_total_bytes) vram = bytes_words(static_cast<double>(*of.vram_total_bytes));
  return {
      {"worker", known(attempt.worker_id), true},           {"GPU", known(of.device_name), true},
      {"device type", known(of.device_type), true},         {"VRAM of the GPU", vram, true},
      {"ComfyUI version", known(of.comfyui_version), true}, {"PyTorch version", known(of.pytorch_version), true},
      {"Python version", known(of.python_version), true},   {"operating system", known(of.os), true},
  };
}

}  // namespace comfytrace::insight
