#pragma once

#include <cstddef>
#include <optional>

#include "comfyui/graph.h"
#include "model/run.h"

namespace comfytrace::comfyui {

// The parameters of a graph: what its main sampler is linked to. `sampler` is that node's place, absent for a graph
// without one, whose parameters come from the first node that has each.
struct ReadParameters {
  model::Parameters values;
  std::optional<std::size_t> sampler;
};
[[nodiscard]] ReadParameters read_parameters(const Graph& graph);

// The model files in graph order: of the nodes upstream of a sampler, or of all if there is none.
void read_model_files(const Graph& graph, const std::vector<std::size_t>& samplers, model::Parameters& out);

// The prompts on the conditioning links of a sampler.
void read_prompts(const Graph& graph, std::size_t sampler, model::Parameters& out);

}  // namespace comfytrace::comfyui
