#include "comfyui/workflow.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "decoded_checks.h"

namespace comfytrace {
namespace {

constexpr comfyui::TextBounds kBounds{.max_text_bytes = 16u << 10, .max_items = 64};

void check_parameters(const model::Parameters& p) {
  for (const auto* names : {&p.checkpoints, &p.vaes, &p.text_encoders}) fuzz::check_texts(*names, kBounds);
  CHECK(p.loras.size() <= kBounds.max_items);
  for (const auto& lora : p.loras) fuzz::check_text(lora.name, kBounds.max_text_bytes);
  for (const auto* text : {&p.sampler, &p.scheduler, &p.seed, &p.positive_prompt, &p.negative_prompt}) {
    fuzz::check_text(*text, kBounds.max_text_bytes);
  }
  for (const auto& number : {p.steps, p.width, p.height, p.batch_size, p.frames}) CHECK(!number || *number > 0);
  CHECK(!p.seed || p.seed->find_first_not_of("-0123456789") == std::string::npos);
}

void check_facts(const comfyui::WorkflowFacts& facts) {
  CHECK(facts.fingerprint.size() == (facts.nodes.empty() ? 0u : 16u));
  for (const auto& node : facts.nodes) {
    fuzz::check_text(node.node_id, kBounds.max_text_bytes);
    fuzz::check_text(node.class_type, kBounds.max_text_bytes);
    fuzz::check_text(node.title, kBounds.max_text_bytes);
  }
  check_parameters(facts.parameters);
  CHECK(!facts.work_size || *facts.work_size > 0);
  fuzz::check_text(facts.name, kBounds.max_text_bytes + fuzz::kCutMarkBytes);
  const comfyui::Grouping& g = facts.grouping;
  for (const auto* text : {&g.run_id, &g.scene_id, &g.scene_title, &g.story_id, &g.story_title, &g.workflow_name}) {
    fuzz::check_text(*text, kBounds.max_text_bytes);
  }
  fuzz::check_texts(g.tags, kBounds);
}

base::json::value reversed(const base::json::value& graph) {
  std::vector<const base::json::key_value_pair*> nodes;
  for (const auto& node : graph.get_object()) nodes.push_back(&node);
  base::json::object out;
  for (std::size_t i = nodes.size(); i-- > 0;) out.emplace(nodes[i]->key(), nodes[i]->value());
  return out;
}

}  // namespace
}  // namespace comfytrace

// The input is a graph, or {"graph": …, "extra_data": …}.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace comfytrace;
  const auto input = base::parse_json({reinterpret_cast<const char*>(data), size});
  if (!input) return 0;
  const auto* inner = base::find(*input, "graph");
  const auto* extra_data = base::find(*input, "extra_data");
  const base::json::value& graph = inner ? *inner : *input;
  const auto facts = comfyui::read_workflow(graph, extra_data ? *extra_data : *input);
  check_facts(facts);
  if (graph.is_object()) {
    CHECK(comfyui::read_workflow(reversed(graph), nullptr).fingerprint == facts.fingerprint);
  }
  return 0;
}
