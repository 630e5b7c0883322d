#include "comfyui/parameters.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace comfytrace::comfyui {
namespace {

using Keys = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view key, Keys keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool has(const Graph& graph, std::size_t node, std::string_view key) {
  return graph.input(node, key) != nullptr;
}

// By its inputs, not its name: samplers of custom nodes are many.
bool is_sampler(const Graph& graph, std::size_t node) {
  if (has(graph, node, "latent_image")) return has(graph, node, "model") || has(graph, node, "guider");
  const bool seeded = has(graph, node, "seed") || has(graph, node, "noise_seed");
  if (!seeded || !has(graph, node, "steps") || !has(graph, node, "model")) return false;
  return has(graph, node, "sampler_name") || graph.nodes()[node].says("Sampler");
}

template <class Read>
auto first_of(const Graph& graph, std::size_t node, Keys keys, Read read) {
  decltype(read(graph, node, std::string_view())) found;
  for (const auto key : keys) {
    found = read(graph, node, key);
    if (found) break;
  }
  return found;
}

constexpr auto kNumber = [](const Graph& g, std::size_t node, std::string_view key) { return g.number(node, key); };
constexpr auto kInteger = [](const Graph& g, std::size_t node, std::string_view key) { return g.integer(node, key); };
constexpr auto kText = [](const Graph& g, std::size_t node, std::string_view key) { return g.text(node, key); };
constexpr auto kDecimal = [](const Graph& g, std::size_t node, std::string_view key) { return g.decimal(node, key); };

// Where no input names the method, the node's type does.
std::string bounded_class(const Graph& graph, std::size_t node) {
  return base::bounded_text(graph.nodes()[node].class_type, Graph::kMaxTextBytes);
}

std::optional<std::int64_t> positive(std::optional<std::int64_t> number) {
  return number && *number > 0 ? number : std::nullopt;
}

struct Size {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::optional<std::int64_t> batch_size;
  std::optional<std::int64_t> frames;
};

std::optional<Size> size_at(const Graph& graph, std::size_t node) {
  const auto width = positive(graph.integer(node, "width"));
  const auto height = positive(graph.integer(node, "height"));
  if (!width || !height) return std::nullopt;
  Size size{*width, *height, positive(graph.integer(node, "batch_size")), {}};
  size.frames = positive(first_of(
      graph, node, {"length", "num_frames", "frames", "video_frames", "video_length", "frame_count"}, kInteger));
  return size;
}

// Inputs that carry no picture: sizes found beyond them are of something else.
bool carries_picture(std::string_view key) {
  return !is_one_of(key, {"model", "clip", "vae", "positive", "negative", "conditioning", "control_net", "mask",
                          "guider", "noise", "sampler", "sigmas", "clip_vision", "clip_vision_output"});
}

std::optional<Size> size_upstream(const Graph& graph, std::size_t sampler) {
  std::optional<Size> size = size_at(graph, sampler);
  if (size) return size;
  (void)graph.upstream(sampler, carries_picture, [&](std::size_t node) {
    size = size_at(graph, node);
    return size.has_value();
  });
  return size;
}

// Whether this sampler works on the latent of another: a refiner, or the second pass of a pair.
bool continues_another(const Graph& graph, std::size_t sampler, const std::vector<bool>& is_sampler_at) {
  bool found = false;
  (void)graph.upstream(
      sampler,
      [](std::string_view key) {
        return is_one_of(key, {"latent_image", "samples", "latent", "latents"});
      },
      [&](std::size_t node) { return found = is_sampler_at[node]; });
  return found;
}

// The first pass of the sampling that makes the most: video before pictures, a known size before an unknown one.
std::size_t choose_main(const Graph& graph, const std::vector<std::size_t>& samplers) {
  constexpr std::size_t kMaxCompared = 32;
  std::vector<bool> is_sampler_at(graph.nodes().size());
  for (const auto node : samplers) is_sampler_at[node] = true;
  std::size_t best = samplers.front();
  int best_rank = -1;
  for (std::size_t i = 0; i < std::min(samplers.size(), kMaxCompared); ++i) {
    if (continues_another(graph, samplers[i], is_sampler_at)) continue;
    const auto size = size_upstream(graph, samplers[i]);
    const int rank = (size ? 1 : 0) + (size && size->frames.value_or(1) > 1 ? 2 : 0);
    if (rank > best_rank) {
      best_rank = rank;
      best = samplers[i];
    }
  }
  return best;
}

// `SamplerCustom` and its kin have their settings on nodes of their own, linked by `noise`, `sigmas`, `sampler` and
// `guider`.
void read_linked_settings(const Graph& graph, std::size_t sampler, model::Parameters& out) {
  if (const auto noise = graph.link(sampler, "noise"); noise && !out.seed) {
    out.seed = first_of(graph, noise->node, {"noise_seed", "seed"}, kDecimal);
  }
  if (const auto guider = graph.link(sampler, "guider"); guider && !out.cfg) {
    out.cfg = first_of(graph, guider->node, {"cfg", "cfg_conds"}, kNumber);
  }
  if (const auto chosen = graph.link(sampler, "sampler"); chosen && !out.sampler) {
    out.sampler = graph.text(chosen->node, "sampler_name");
    if (!out.sampler) out.sampler = bounded_class(graph, chosen->node);
  }
  const auto sigmas = graph.link(sampler, "sigmas");
  if (!sigmas) return;
  const auto take = [&](std::size_t node) {
    const auto steps = positive(graph.integer(node, "steps"));
    if (!steps) return false;
    if (!out.steps) out.steps = steps;
    if (!out.denoise) out.denoise = graph.number(node, "denoise");
    if (!out.scheduler) out.scheduler = graph.text(node, "scheduler");
    if (!out.scheduler) out.scheduler = bounded_class(graph, node);
    return true;
  };
  if (take(sigmas->node)) return;
  (void)graph.upstream(
      sigmas->node, [](std::string_view key) { return key.find("sigmas") != std::string_view::npos; }, take);
}

void read_sampler(const Graph& graph, std::size_t sampler, model::Parameters& out) {
  out.seed = first_of(graph, sampler, {"seed", "noise_seed"}, kDecimal);
  out.steps = positive(graph.integer(sampler, "steps"));
  out.cfg = graph.number(sampler, "cfg");
  out.denoise = first_of(graph, sampler, {"denoise", "denoise_strength"}, kNumber);
  out.sampler = first_of(graph, sampler, {"sampler_name", "sampler"}, kText);
  out.scheduler = graph.text(sampler, "scheduler");
  read_linked_settings(graph, sampler, out);
  read_prompts(graph, sampler, out);
}

void take_size(const std::optional<Size>& size, model::Parameters& out) {
  if (!size) return;
  out.width = size->width;
  out.height = size->height;
  out.batch_size = size->batch_size;
  out.frames = size->frames;
}

// Without a sampler nothing says which node matters: the first that has the value.
void read_anywhere(const Graph& graph, model::Parameters& out) {
  for (std::size_t node = 0; node < graph.nodes().size(); ++node) {
    if (!out.width) take_size(size_at(graph, node), out);
    if (!out.steps) out.steps = positive(graph.integer(node, "steps"));
    if (!out.seed) out.seed = first_of(graph, node, {"seed", "noise_seed"}, kDecimal);
    if (!out.positive_prompt && graph.nodes()[node].says("TextEncode")) out.positive_prompt = graph.text(node, "text");
  }
}

void read_fps(const Graph& graph, model::Parameters& out) {
  bool of_writer = false;
  for (std::size_t node = 0; node < graph.nodes().size() && !of_writer; ++node) {
    const Graph::Node& at = graph.nodes()[node];
    // Conditioning nodes have a rate of their own, which is a hint to the model and not that of the file.
    if (at.says("Conditioning") || at.says("Load")) continue;
    const auto fps = first_of(graph, node, {"frame_rate", "fps"}, kNumber);
    if (!fps || *fps <= 0) continue;
    of_writer = at.says("Combine") || at.says("Video") || at.says("WEB") || at.says("Save");
    if (of_writer || !out.fps) out.fps = fps;
  }
}

}  // namespace

ReadParameters read_parameters(const Graph& graph) {
  ReadParameters read;
  std::vector<std::size_t> samplers;
  for (std::size_t node = 0; node < graph.nodes().size(); ++node) {
    if (is_sampler(graph, node)) samplers.push_back(node);
  }
  read_model_files(graph, samplers, read.values);
  read_fps(graph, read.values);
  if (samplers.empty()) {
    read_anywhere(graph, read.values);
    return read;
  }
  read.sampler = choose_main(graph, samplers);
  read_sampler(graph, *read.sampler, read.values);
  take_size(size_upstream(graph, *read.sampler), read.values);
  return read;
}

}  // namespace comfytrace::comfyui
