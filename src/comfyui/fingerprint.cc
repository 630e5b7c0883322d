#include "comfyui/fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/digest.h"

namespace comfytrace::comfyui {
namespace {

using Colour = std::uint64_t;

// The finaliser of SplitMix64. std::hash would differ between machines.
Colour mix(Colour value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

Colour colour_of(std::string_view text) {
  Colour hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix(hash);
}

struct Edge {
  std::size_t from;
  std::size_t to;
  Colour label;  // of the input's name and the output's index
};

std::vector<Edge> edges_of(const Graph& graph) {
  std::vector<Edge> edges;
  for (std::size_t to = 0; to < graph.nodes().size(); ++to) {
    const auto* inputs = graph.nodes()[to].inputs;
    if (!inputs) continue;
    for (const auto& [key, value] : *inputs) {
      const auto link = graph.link_of(&value);
      if (link) edges.push_back({link->node, to, mix(colour_of(key) ^ mix(static_cast<Colour>(link->output)))});
    }
  }
  return edges;
}

std::size_t count_distinct(std::vector<Colour> colours) {
  std::sort(colours.begin(), colours.end());
  return static_cast<std::size_t>(std::unique(colours.begin(), colours.end()) - colours.begin());
}

}  // namespace

// Weisfeiler-Lehman colour refinement: a node's colour takes in those of its neighbours until no more nodes are told
// apart. Both directions count, or one loader used twice would equal two loaders of which one is idle.
std::string fingerprint_of(const Graph& graph) {
  if (graph.nodes().empty()) return "";
  const std::vector<Edge> edges = edges_of(graph);
  std::vector<Colour> colours;
  colours.reserve(graph.nodes().size());
  for (const auto& node : graph.nodes()) colours.push_back(colour_of(node.class_type));
  constexpr int kMaxRounds = 32;
  std::size_t distinct = count_distinct(colours);
  for (int round = 0; round < kMaxRounds; ++round) {
    // Sums do not depend on the order of the neighbours.
    std::vector<Colour> upstream(colours.size());
    std::vector<Colour> downstream(colours.size());
    for (const auto& edge : edges) {
      upstream[edge.to] += mix(edge.label ^ colours[edge.from]);
      downstream[edge.from] += mix(mix(edge.label) ^ colours[edge.to]);
    }
    for (std::size_t i = 0; i < colours.size(); ++i) {
      colours[i] = mix(mix(mix(colours[i]) ^ upstream[i]) ^ downstream[i]);
    }
    const std::size_t now = count_distinct(colours);
    if (now == distinct) break;
    distinct = now;
  }
  std::sort(colours.begin(), colours.end());
  std::string bytes;
  bytes.reserve(colours.size() * 8);
  for (const Colour colour : colours) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(colour >> shift & 0xFF));
  }
  return base::to_hex(base::sha256(bytes)).substr(0, 16);
}

}  // namespace comfytrace::comfyui
