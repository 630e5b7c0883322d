#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "comfyui/foreign_json.h"
#include "comfyui/parameters.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxFiles = 64;

std::optional<std::string> file_at(const Graph& graph, std::size_t node, std::string_view key) {
  auto name = graph.text(node, key);
  if (!name || name->empty() || *name == "None" || *name == "none" || name->starts_with("Baked")) return std::nullopt;
  return name;
}

void add(std::vector<std::string>& names, std::optional<std::string> name) {
  if (!name || names.size() == kMaxFiles) return;
  if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(std::move(*name));
}

bool is_model_edge(std::string_view key) {
  return key.starts_with("model") || key.starts_with("unet") || key == "guider" || key.ends_with("pipe");
}

// Upscalers, detectors and interpolators load models too, but none that samples.
bool is_helper_model(const Graph::Node& node) {
  for (const auto* part :
       {"Upscale", "Detector", "SAM", "VFI", "ControlNet", "Vision", "Style", "IPAdapter", "GLIGEN"}) {
    if (node.says(part)) return true;
  }
  return false;
}

class ModelFiles {
 public:
  ModelFiles(const Graph& graph, const std::vector<std::size_t>& samplers, model::Parameters& out)
      : graph_(graph), any_sampler_(!samplers.empty()), feeds_sampler_(graph.nodes().size()), out_(out) {
    constexpr std::size_t kMaxSamplers = 32;
    for (std::size_t i = 0; i < std::min(samplers.size(), kMaxSamplers); ++i) {
      feeds_sampler_[samplers[i]] = true;
      for (const auto node : graph.upstream(samplers[i], is_model_edge, [](std::size_t) { return false; })) {
        feeds_sampler_[node] = true;
      }
    }
  }

  void read(std::size_t node) {
    const auto* inputs = graph_.nodes()[node].inputs;
    if (!inputs) return;
    for (const auto& [name, value] : *inputs) {
      const std::string_view key(name);
      if (key.ends_with("_name")) read_named(node, key);
      if (key.starts_with("lora")) read_lora(node, key, value);
      if (feeds_sampler_[node] && (key == "model" || key == "model_path") && value.is_string()) {
        add(out_.checkpoints, file_at(graph_, node, key));
      }
    }
    if (has(node, "clip_name") || has(node, "clip_name1")) read_encoders(node);
  }

 private:
  [[nodiscard]] bool has(std::size_t node, std::string_view key) const { return graph_.input(node, key) != nullptr; }

  void read_named(std::size_t node, std::string_view key) {
    const Graph::Node& at = graph_.nodes()[node];
    const bool used = feeds_sampler_[node] || !any_sampler_;
    if (key == "vae_name") {
      add(out_.vaes, file_at(graph_, node, key));
    } else if (key.ends_with("ckpt_name") || key.ends_with("unet_name")) {
      if (used && !is_helper_model(at)) add(out_.checkpoints, file_at(graph_, node, key));
    } else if (key == "model_name") {
      if (at.says("VAE")) {
        add(out_.vaes, file_at(graph_, node, key));
      } else if (at.says("TextEncoder") || at.says("T5")) {
        add(out_.text_encoders, file_at(graph_, node, key));
      } else if (used && !is_helper_model(at)) {
        add(out_.checkpoints, file_at(graph_, node, key));
      }
    }
  }

  void read_encoders(std::size_t node) {
    if (graph_.nodes()[node].says("Vision")) return;
    for (const auto* key : {"clip_name", "clip_name1", "clip_name2", "clip_name3", "clip_name4"}) {
      add(out_.text_encoders, file_at(graph_, node, key));
    }
  }

  // One LoRA, or the n-th of a stack: lora_name, lora_name_2, lora_02, or lora_3 as an object of its own.
  void read_lora(std::size_t node, std::string_view key, const json::value& value) {
    if (out_.loras.size() == kMaxFiles) return;
    if (value.is_object()) {
      auto name = text_of(base::find(value, "lora"), Graph::kMaxTextBytes);
      if (!name || name->empty() || *name == "None" || base::find_bool(value, "on") == false) return;
      out_.loras.push_back(
          {std::move(*name), number_of(base::find(value, "strength")), number_of(base::find(value, "strengthTwo"))});
      return;
    }
    std::string_view suffix = key.substr(4);
    if (suffix.starts_with("_name")) suffix.remove_prefix(5);
    if (suffix.find_first_not_of("_0123456789") != std::string_view::npos) return;
    if (is_switched_off(node, suffix)) return;
    auto name = file_at(graph_, node, key);
    if (!name) return;
    const auto strength = [&](std::initializer_list<std::string_view> stems) {
      std::optional<double> found;
      for (const auto stem : stems) {
        found = graph_.number(node, std::string(stem) + std::string(suffix));
        if (found) break;
      }
      return found;
    };
    out_.loras.push_back(
        {std::move(*name),
         strength({"strength_model", "model_str", "model_weight", "lora_wt", "lora_strength", "strength"}),
         strength({"strength_clip", "clip_str", "clip_weight"})});
  }

  [[nodiscard]] bool is_switched_off(std::size_t node, std::string_view suffix) const {
    if (graph_.text(node, "switch" + std::string(suffix)) == "Off") return true;
    const auto count = graph_.integer(node, "lora_count");
    const std::size_t digits = suffix.find_first_of("0123456789");
    if (!count || digits == std::string_view::npos) return false;
    std::int64_t index = 0;
    for (const char c : suffix.substr(digits, 6)) index = c == '_' ? index : index * 10 + (c - '0');
    return index > *count;
  }

  const Graph& graph_;
  bool any_sampler_;
  std::vector<bool> feeds_sampler_;
  model::Parameters& out_;
};

}  // namespace

void read_model_files(const Graph& graph, const std::vector<std::size_t>& samplers, model::Parameters& out) {
  ModelFiles files(graph, samplers, out);
  for (std::size_t node = 0; node < graph.nodes().size(); ++node) files.read(node);
}

}  // namespace comfytrace::comfyui
