#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "comfyui/workflow.h"

namespace comfytrace::assemble {

// The nodes of a prompt's graph by id, with their place in the graph's order.
class GraphIndex {
 public:
  explicit GraphIndex(std::vector<comfyui::GraphNode> nodes) : nodes_(std::move(nodes)) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) rank_.emplace(nodes_[i].node_id, i);
  }

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const comfyui::GraphNode* find(const std::string& node_id) const {
    const auto found = rank_.find(node_id);
    return found == rank_.end() ? nullptr : &nodes_[found->second];
  }

  // Puts ids into the graph's order; those it does not have come last, as they were.
  void sort(std::vector<std::string>& node_ids) const {
    const auto rank = [&](const std::string& id) {
      const auto found = rank_.find(id);
      return found == rank_.end() ? nodes_.size() : found->second;
    };
    std::ranges::stable_sort(node_ids, {}, rank);
  }

 private:
  std::vector<comfyui::GraphNode> nodes_;
  std::unordered_map<std::string, std::size_t> rank_;
};

}  // namespace comfytrace::assemble
