#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "history/node_records.h"

// What the nodes of recorded runs took, rolled up to the nodes that people see.
namespace comfytrace::insight {

struct NodeSum {
  std::uint32_t key = 0;  // the same in every run that has this node, and of no other node
  // Positions among the texts of the records.
  std::uint32_t structure = 0;  // the scene's fingerprint; node ids mean something within one only
  std::uint32_t node_id = 0;    // display id; 0 of a class
  std::uint32_t class_type = 0;
  std::uint32_t title = 0;
  std::int64_t executions = 0;
  std::int64_t cached = 0;
  std::int64_t duration_ms = 0;  // of all executions together
};

// One thread.
class NodeSums {
 public:
  // `records` must outlive it, unchanged.
  explicit NodeSums(const history::NodeRecords& records);

  // In order of start. Empty where node times are not known.
  [[nodiscard]] std::vector<NodeSum> of(const history::NodeRecords::Scene& scene);
  // Of its scenes together, in order of first start. Empty unless those of every scene are known.
  [[nodiscard]] std::vector<NodeSum> of(const history::NodeRecords::Run& run);
  // By class, over structures too, with the class for a key; nodes of an unknown class are left out.
  [[nodiscard]] std::vector<NodeSum> by_class(const std::vector<NodeSum>& nodes);

 private:
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
  void add(const history::NodeRecords::Scene& scene, std::vector<NodeSum>& sums);
  NodeSum& sum_of(std::uint32_t structure, std::uint32_t display_node_id, std::uint32_t as, std::vector<NodeSum>& sums);
  [[nodiscard]] std::uint32_t key_of(std::uint32_t structure, std::uint32_t display_node_id, std::uint32_t as);
  void forget_places(const std::vector<NodeSum>& sums);

  const history::NodeRecords& records_;
  std::map<Key, std::uint32_t> keys_;
  // Of a structure the key of each identity, plus one; 0: not asked for yet. Few structures, looked for one by one.
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> keys_of_structures_;
  // Plus one; 0: there is none.
  std::vector<std::uint32_t> shown_;         // by display id: the first node of the scene that has it for its own
  std::vector<std::uint32_t> places_;        // by key: in the sums that are being made
  std::vector<std::uint32_t> class_places_;  // by class
};

}  // namespace comfytrace::insight
