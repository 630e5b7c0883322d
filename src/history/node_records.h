#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/run.h"

namespace comfytrace::history {

// What the nodes of some runs did in the last attempt of each scene. What they are is mostly the same from run to run:
// each text stands once and is told by its position, so that equal texts have equal positions. 0 is the empty one.
struct NodeRecords {
  // Positions among the texts.
  struct Identity {
    std::uint32_t node_id = 0;
    std::uint32_t display_node_id = 0;
    std::uint32_t class_type = 0;
    std::uint32_t title = 0;
    auto operator<=>(const Identity&) const = default;
  };
  struct Node {
    std::uint32_t identity = 0;  // its position
    model::NodeState state = model::NodeState::cached;
    std::optional<std::int64_t> duration_ms;
    bool operator==(const Node&) const = default;
  };
  struct Scene {
    std::uint32_t structure = 0;  // its fingerprint among the texts
    bool times_known = false;     // of its nodes; false without attempts
    std::size_t first_node = 0;
    std::size_t node_count = 0;
    bool operator==(const Scene&) const = default;
  };
  struct Run {
    std::size_t first_scene = 0;
    std::size_t scene_count = 0;
    bool operator==(const Run&) const = default;
  };

  std::vector<std::string> texts;
  std::vector<Identity> identities;
  std::vector<Node> nodes;
  std::vector<Scene> scenes;
  std::vector<Run> runs;

  [[nodiscard]] std::span<const Scene> scenes_of(const Run& run) const {
    return std::span(scenes).subspan(run.first_scene, run.scene_count);
  }
  [[nodiscard]] std::span<const Node> nodes_of(const Scene& scene) const {
    return std::span(nodes).subspan(scene.first_node, scene.node_count);
  }
  bool operator==(const NodeRecords&) const = default;
};

// Writes them down, run after run. One thread.
class NodeRecorder {
 public:
  NodeRecorder() { (void)text({}); }

  void add(const model::Run& run);
  void add(const model::Scene& scene, const model::Attempt& attempt);  // to the run that was begun last

  // The same piece by piece.
  void begin_run() { records_.runs.push_back({records_.scenes.size(), 0}); }
  void begin_scene(std::uint32_t structure);
  // What the attempts of the scene before it did is forgotten.
  void begin_attempt(bool times_known);
  void add_node(std::uint32_t identity, model::NodeState state, std::optional<std::int64_t> duration_ms) {
    records_.nodes.push_back({identity, state, duration_ms});
    ++records_.scenes.back().node_count;
  }
  // Positions.
  [[nodiscard]] std::uint32_t text(std::string_view text);
  [[nodiscard]] std::uint32_t identity(const model::NodeExecution& node);

  [[nodiscard]] const NodeRecords& records() const { return records_; }

 private:
  NodeRecords records_;
  std::map<std::string, std::uint32_t, std::less<>> texts_;
  std::map<NodeRecords::Identity, std::uint32_t> identities_;
};

}  // namespace comfytrace::history
