#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "comfyui/parameters.h"

namespace comfytrace::comfyui {
namespace {

enum class Role { positive, negative };

// Walks one conditioning up to the texts it is made of. Bounded in nodes visited, so cycles end.
class PromptWalk {
 public:
  PromptWalk(const Graph& graph, Role role) : graph_(graph), role_(role) {}

  // `pair` says that `link` carries both prompts in one output.
  void visit(Graph::Link link, bool pair) {
    pair_ = pair;
    visit(link, role_);
  }

  [[nodiscard]] std::optional<std::string> text() const {
    if (!taken_) return std::nullopt;
    std::string joined;
    for (const auto& part : parts_) {
      if (!joined.empty()) joined += '\n';
      joined += part;
    }
    return base::bounded_text(joined, Graph::kMaxTextBytes);
  }

 private:
  void visit(Graph::Link link, Role role) {
    if (seen_.size() == kMaxVisited || std::find(seen_.begin(), seen_.end(), link.node) != seen_.end()) return;
    seen_.push_back(link.node);
    // A zeroed conditioning has no prompt, whatever text it was made of.
    if (graph_.nodes()[link.node].says("ZeroOut")) return;
    if (take_texts(link.node, role)) return;
    // Nodes that take a pair give out the pair in the same order: positive, negative.
    if (graph_.input(link.node, "positive") && graph_.input(link.node, "negative")) {
      const Role next = pair_ ? role : link.output == 1 ? Role::negative : link.output == 0 ? Role::positive : role;
      if (const auto target = graph_.link(link.node, name_of(next))) visit(*target, next);
      return;
    }
    follow_all(link.node, role);
  }

  void follow_all(std::size_t node, Role role) {
    const auto* inputs = graph_.nodes()[node].inputs;
    if (!inputs) return;
    for (const auto& [name, value] : *inputs) {
      const std::string_view key(name);
      const bool conditioning = key.starts_with("cond") || key == name_of(role) || key == "text_embeds" || key == "c" ||
                                (inputs->size() == 1);
      if (!conditioning) continue;
      if (const auto target = graph_.link_of(&value)) visit(*target, role);
    }
  }

  bool take_texts(std::size_t node, Role role) {
    const std::string own = std::string(name_of(role));
    // Loaders that hold both prompts name them by role.
    for (const std::string& key : {own + "_prompt", own}) {
      if (take(node, key)) return true;
    }
    bool taken = false;
    for (const auto* key : {"text", "text_g", "text_l", "t5xxl", "clip_l", "clip_g", "prompt", "caption"}) {
      taken = take(node, key) || taken;
    }
    return taken;
  }

  bool take(std::size_t node, std::string_view key) {
    // `positive` is mostly a link to a conditioning, which has a text further up, but is none.
    if ((key == "positive" || key == "negative") && graph_.link(node, key)) return false;
    auto text = graph_.text(node, key);
    if (!text) return false;
    taken_ = true;
    const bool known = std::find(parts_.begin(), parts_.end(), *text) != parts_.end();
    if (!known && !text->empty() && parts_.size() < kMaxParts) parts_.push_back(std::move(*text));
    return true;
  }

  static std::string_view name_of(Role role) { return role == Role::positive ? "positive" : "negative"; }

  static constexpr std::size_t kMaxVisited = 256;
  static constexpr std::size_t kMaxParts = 16;
  const Graph& graph_;
  Role role_;
  bool pair_ = false;
  bool taken_ = false;
  std::vector<std::size_t> seen_;
  std::vector<std::string> parts_;
};

std::optional<std::string> prompt_at(const Graph& graph, std::size_t node, Role role) {
  PromptWalk walk(graph, role);
  const auto try_keys = [&](std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
      if (const auto link = graph.link(node, key)) {
        walk.visit(*link, key == "text_embeds");
        return;
      }
    }
  };
  if (role == Role::positive) {
    try_keys({"positive", "conditioning", "cond1", "text_embeds"});
  } else {
    try_keys({"negative", "text_embeds"});
  }
  return walk.text();
}

}  // namespace

void read_prompts(const Graph& graph, std::size_t sampler, model::Parameters& out) {
  const auto guider = graph.link(sampler, "guider");
  const std::size_t holder = guider ? guider->node : sampler;
  out.positive_prompt = prompt_at(graph, holder, Role::positive);
  out.negative_prompt = prompt_at(graph, holder, Role::negative);
}

}  // namespace comfytrace::comfyui
