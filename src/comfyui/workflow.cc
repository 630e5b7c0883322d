#include "comfyui/workflow.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "comfyui/fingerprint.h"
#include "comfyui/foreign_json.h"
#include "comfyui/graph.h"
#include "comfyui/parameters.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using base::find;

constexpr std::size_t kMaxTags = 64;

// Some front ends send a list of one.
const json::value* pnginfo_of(const json::value& extra_data) {
  const json::value* info = find(extra_data, "extra_pnginfo");
  if (info && info->is_array() && !info->get_array().empty()) info = &info->get_array().front();
  return info && info->is_object() ? info : nullptr;
}

std::optional<std::string> words_at(const json::value* owner, std::string_view key) {
  if (!owner) return std::nullopt;
  auto text = id_of(find(*owner, key), Graph::kMaxTextBytes);
  return text && !text->empty() ? text : std::nullopt;
}

void add_tag(std::string_view tag, std::vector<std::string>& tags) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = tag.find_first_not_of(kSpace);
  if (first == std::string_view::npos || tags.size() == kMaxTags) return;
  tag = tag.substr(first, tag.find_last_not_of(kSpace) - first + 1);
  std::string text = base::bounded_text(tag, Graph::kMaxTextBytes);
  if (std::find(tags.begin(), tags.end(), text) == tags.end()) tags.push_back(std::move(text));
}

std::vector<std::string> tags_of(const json::value& owner) {
  std::vector<std::string> tags;
  const json::value* value = find(owner, "tags");
  if (!value) return tags;
  if (const json::array* items = value->if_array()) {
    for (const auto& item : *items) {
      if (item.is_string()) add_tag(item.get_string(), tags);
    }
  } else if (value->is_string()) {
    std::string_view rest = value->get_string();
    while (true) {
      const std::size_t comma = rest.find(',');
      add_tag(rest.substr(0, comma), tags);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return tags;
}

Grouping read_grouping(const json::value& extra_data) {
  const json::value* info = pnginfo_of(extra_data);
  const auto words = [&](std::string_view key) {
    auto found = words_at(&extra_data, key);
    return found ? std::move(found) : words_at(info, key);
  };
  Grouping grouping;
  grouping.run_id = words("run_id");
  grouping.scene_id = words("scene_id");
  grouping.scene_title = words("scene_title");
  grouping.story_id = words("story_id");
  grouping.story_title = words("story_title");
  grouping.workflow_name = words("workflow_name");
  grouping.tags = tags_of(extra_data);
  if (grouping.tags.empty() && info) grouping.tags = tags_of(*info);
  return grouping;
}

// The title that the front end saved in the workflow which it sends along.
std::optional<std::string> title_of(const json::value& extra_data) {
  const json::value* info = pnginfo_of(extra_data);
  const json::value* workflow = info ? find(*info, "workflow") : nullptr;
  if (!workflow) return std::nullopt;
  const json::value* extra = find(*workflow, "extra");
  const json::value* described = extra ? find(*extra, "info") : nullptr;
  for (const json::value* owner : {workflow, described, extra}) {
    for (const auto* key : {"name", "title"}) {
      const json::value* value = owner ? find(*owner, key) : nullptr;
      auto text = text_of(value, Graph::kMaxTextBytes);
      if (text && !text->empty()) return text;
    }
  }
  return std::nullopt;
}

std::string kind_of_output(const Graph& graph, const model::Parameters& parameters) {
  bool audio = false;
  for (const auto& node : graph.nodes()) {
    const bool writes = node.says("Save") || node.says("Preview") || node.says("Combine") || node.says("Create");
    if (writes && (node.says("Video") || node.says("WEBM") || node.says("Animated"))) return "video";
    audio = audio || (writes && node.says("Audio"));
  }
  if (parameters.frames.value_or(1) > 1) return "video";
  return audio ? "audio" : "image";
}

std::string stem_of(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const std::size_t dot = path.rfind('.');
  // "v1.5" has no extension: one has letters first.
  if (dot != std::string_view::npos && dot > 0 && dot + 1 < path.size() &&
      (path[dot + 1] < '0' || path[dot + 1] > '9')) {
    path = path.substr(0, dot);
  }
  return std::string(path);
}

std::string_view main_class(const Graph& graph, std::optional<std::size_t> sampler) {
  if (sampler) return graph.nodes()[*sampler].class_type;
  std::vector<bool> used(graph.nodes().size());
  for (const auto& node : graph.nodes()) {
    if (!node.inputs) continue;
    for (const auto& [key, value] : *node.inputs) {
      if (const auto link = graph.link_of(&value)) used[link->node] = true;
    }
  }
  const Graph::Node* sink = nullptr;
  for (std::size_t i = 0; i < used.size(); ++i) {
    const Graph::Node& node = graph.nodes()[i];
    if (used[i] || node.class_type.empty()) continue;
    if (node.says("Save") || node.says("Preview") || node.says("Combine")) return node.class_type;
    if (!sink) sink = &node;
  }
  if (sink) return sink->class_type;
  return graph.nodes().empty() ? std::string_view() : graph.nodes().front().class_type;
}

std::optional<std::int64_t> work_size_of(const model::Parameters& parameters) {
  if (!parameters.width || !parameters.height || !parameters.steps) return std::nullopt;
  std::int64_t size = *parameters.width;
  const std::int64_t frames = parameters.frames ? *parameters.frames : parameters.batch_size.value_or(1);
  for (const std::int64_t factor : {*parameters.height, frames, *parameters.steps}) {
    if (__builtin_mul_overflow(size, factor, &size)) return std::nullopt;
  }
  return size;
}

}  // namespace

WorkflowFacts read_workflow(const json::value& graph_json, const json::value& extra_data) {
  const Graph graph(graph_json);
  const auto bounded = [](std::string_view text) {
    return base::bounded_text(base::is_valid_utf8(text) ? std::string(text) : base::to_valid_utf8(text),
                              Graph::kMaxTextBytes);
  };
  WorkflowFacts facts;
  facts.grouping = read_grouping(extra_data);
  facts.nodes.reserve(graph.nodes().size());
  for (const auto& node : graph.nodes()) {
    if (graph.too_big()) {
      facts.nodes.emplace_back();
    } else {
      facts.nodes.push_back({bounded(node.id), bounded(node.class_type), bounded(node.title)});
    }
  }
  const auto title = facts.grouping.workflow_name ? facts.grouping.workflow_name : title_of(extra_data);
  facts.name = title.value_or("");
  if (graph.too_big()) return facts;

  facts.fingerprint = fingerprint_of(graph);
  auto read = read_parameters(graph);
  facts.parameters = std::move(read.values);
  facts.work_size = work_size_of(facts.parameters);
  if (title) return facts;
  if (facts.parameters.checkpoints.empty()) {
    facts.name = bounded(main_class(graph, read.sampler));
  } else {
    facts.name = stem_of(facts.parameters.checkpoints.front()) + " " + kind_of_output(graph, facts.parameters);
  }
  return facts;
}

}  // namespace comfytrace::comfyui
