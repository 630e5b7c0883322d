#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"

namespace comfytrace::comfyui {

// A prompt graph in API format with its links resolved to places. Views into the JSON it was made of, which must
// outlive it. Pure; any thread.
class Graph {
 public:
  static constexpr std::size_t kMaxNodes = 50'000;
  static constexpr std::size_t kMaxTextBytes = 16u << 10;

  struct Node {
    std::string_view id;
    std::string_view class_type;       // empty if the graph names none
    std::string_view title;            // _meta.title, else empty
    const base::json::object* inputs;  // nullptr if there are none
    [[nodiscard]] bool says(std::string_view part) const { return class_type.find(part) != std::string_view::npos; }
  };
  struct Link {
    std::size_t node;
    std::int64_t output;
  };

  explicit Graph(const base::json::value& graph);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] bool too_big() const { return nodes_.size() > kMaxNodes; }

  // The raw value of an input, or nullptr.
  [[nodiscard]] const base::json::value* input(std::size_t node, std::string_view key) const;
  // Where `value` points if it is a link [node id, output] to a node that is there.
  [[nodiscard]] std::optional<Link> link_of(const base::json::value* value) const;
  [[nodiscard]] std::optional<Link> link(std::size_t node, std::string_view key) const;

  // The values of inputs, followed through links to the nodes that hold them (primitives, seed and text nodes).
  // Absent where a computation stands between. Texts are cut to kMaxTextBytes.
  [[nodiscard]] std::optional<double> number(std::size_t node, std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t node, std::string_view key) const;
  [[nodiscard]] std::optional<std::string> text(std::size_t node, std::string_view key) const;
  // A whole number as its decimal, all 64 bits of it.
  [[nodiscard]] std::optional<std::string> decimal(std::size_t node, std::string_view key) const;

  // The nodes upstream of `from`, nearest first and `from` itself left out. `follows(key)` chooses the inputs to go
  // up through, `stops(node)` ends the walk at the node it is true for, which comes last.
  template <class Follows, class Stops>
  [[nodiscard]] std::vector<std::size_t> upstream(std::size_t from, Follows follows, Stops stops) const;

 private:
  [[nodiscard]] const base::json::value* resolve(const base::json::value* value, std::string_view hint, bool as_text,
                                                 int hops) const;
  [[nodiscard]] std::optional<std::string> joined_text(const base::json::value* value, std::string_view hint,
                                                       int hops) const;

  std::vector<Node> nodes_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

template <class Follows, class Stops>
std::vector<std::size_t> Graph::upstream(std::size_t from, Follows follows, Stops stops) const {
  std::vector<std::size_t> found;
  std::vector<bool> seen(nodes_.size());
  seen[from] = true;
  std::vector<std::size_t> open{from};
  for (std::size_t next = 0; next < open.size(); ++next) {
    const std::size_t at = open[next];
    if (at != from) {
      found.push_back(at);
      if (stops(at)) break;
    }
    if (!nodes_[at].inputs) continue;
    for (const auto& [key, value] : *nodes_[at].inputs) {
      if (!follows(std::string_view(key))) continue;
      const auto target = link_of(&value);
      if (!target || seen[target->node]) continue;
      seen[target->node] = true;
      open.push_back(target->node);
    }
  }
  return found;
}

}  // namespace comfytrace::comfyui
