#include "insight/node_sums.h"

#include <algorithm>
#include <cstddef>

#include "base/saturate.h"

namespace comfytrace::insight {

using history::NodeRecords;

NodeSums::NodeSums(const NodeRecords& records)
    : records_(records), shown_(records.texts.size()), class_places_(records.texts.size()) {}

std::uint32_t NodeSums::key_of(std::uint32_t structure, std::uint32_t display_node_id, std::uint32_t as) {
  auto of = std::ranges::find(keys_of_structures_, structure, &decltype(keys_of_structures_)::value_type::first);
  if (of == keys_of_structures_.end()) {
    keys_of_structures_.emplace_back(structure, std::vector<std::uint32_t>(records_.identities.size()));
    of = keys_of_structures_.end() - 1;
  }
  std::uint32_t& known = of->second[as];
  if (known == 0) {
    const Key key(structure, display_node_id, records_.identities[as].class_type);
    known = keys_.try_emplace(key, static_cast<std::uint32_t>(keys_.size())).first->second + 1;
    if (places_.size() < keys_.size()) places_.resize(keys_.size());
  }
  return known - 1;
}

NodeSum& NodeSums::sum_of(std::uint32_t structure, std::uint32_t display_node_id, std::uint32_t as,
                          std::vector<NodeSum>& sums) {
  const std::uint32_t key = key_of(structure, display_node_id, as);
  if (places_[key] == 0) {
    const NodeRecords::Identity& identity = records_.identities[as];
    sums.push_back({key, structure, display_node_id, identity.class_type, 0, 0, 0, 0});
    places_[key] = static_cast<std::uint32_t>(sums.size());
  }
  NodeSum& sum = sums[places_[key] - 1];
  if (sum.title == 0) sum.title = records_.identities[as].title;
  return sum;
}

void NodeSums::add(const NodeRecords::Scene& scene, std::vector<NodeSum>& sums) {
  const auto nodes = records_.nodes_of(scene);
  // An expansion's children count for the node that people see, once: as part of its execution.
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeRecords::Identity& identity = records_.identities[nodes[i].identity];
    std::uint32_t& shown = shown_[identity.display_node_id];
    if (identity.node_id == identity.display_node_id && shown == 0) shown = static_cast<std::uint32_t>(i) + 1;
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeRecords::Node& node = nodes[i];
    const std::uint32_t display_node_id = records_.identities[node.identity].display_node_id;
    const std::uint32_t shown = shown_[display_node_id];
    const std::size_t as = shown == 0 ? i : shown - 1;
    const bool is_child = as != i;
    const bool is_cached = node.state == model::NodeState::cached;
    if (!is_cached && !node.duration_ms) continue;
    NodeSum& sum = sum_of(scene.structure, display_node_id, nodes[as].identity, sums);
    if (is_cached) {
      sum.cached += !is_child;
    } else {
      sum.executions += !is_child;
      sum.duration_ms = base::saturating_add(sum.duration_ms, *node.duration_ms);
    }
  }
  for (const NodeRecords::Node& node : nodes) shown_[records_.identities[node.identity].display_node_id] = 0;
}

void NodeSums::forget_places(const std::vector<NodeSum>& sums) {
  for (const NodeSum& sum : sums) places_[sum.key] = 0;
}

std::vector<NodeSum> NodeSums::of(const NodeRecords::Scene& scene) {
  std::vector<NodeSum> sums;
  if (scene.times_known) add(scene, sums);
  forget_places(sums);
  return sums;
}

std::vector<NodeSum> NodeSums::of(const NodeRecords::Run& run) {
  std::vector<NodeSum> sums;
  const auto scenes = records_.scenes_of(run);
  if (!std::ranges::all_of(scenes, &NodeRecords::Scene::times_known)) return sums;
  for (const NodeRecords::Scene& scene : scenes) add(scene, sums);
  forget_places(sums);
  return sums;
}

std::vector<NodeSum> NodeSums::by_class(const std::vector<NodeSum>& nodes) {
  std::vector<NodeSum> sums;
  for (const NodeSum& node : nodes) {
    if (node.class_type == 0) continue;
    std::uint32_t& place = class_places_[node.class_type];
    if (place == 0) {
      sums.push_back({node.class_type, 0, 0, node.class_type, 0, 0, 0, 0});
      place = static_cast<std::uint32_t>(sums.size());
    }
    NodeSum& sum = sums[place - 1];
    sum.executions += node.executions;
    sum.cached += node.cached;
    sum.duration_ms = base::saturating_add(sum.duration_ms, node.duration_ms);
  }
  for (const NodeSum& sum : sums) class_places_[sum.class_type] = 0;
  return sums;
}

}  // namespace comfytrace::insight
