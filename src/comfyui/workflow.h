#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/run.h"

namespace comfytrace::comfyui {

struct GraphNode {
  std::string node_id;
  std::string class_type;
  std::string title;  // _meta.title, else empty
};

// How prompts are made one run: from extra_data, or inside its extra_pnginfo; the former wins.
struct Grouping {
  std::optional<std::string> run_id;
  std::optional<std::string> scene_id;
  std::optional<std::string> scene_title;
  std::optional<std::string> story_id;
  std::optional<std::string> story_title;
  std::optional<std::string> workflow_name;
  std::vector<std::string> tags;  // an array of strings or one comma-separated string
};

struct WorkflowFacts {
  std::string fingerprint;       // 16 hex digits; the same for the same class types and links, whatever ids and values
  std::vector<GraphNode> nodes;  // in the graph's order
  model::Parameters parameters;
  std::optional<std::int64_t> work_size;  // pixels x frames x steps; absent if one of them is not known
  std::string name;  // workflow title, else "<checkpoint> <kind of output>", else the main class type
  Grouping grouping;
};

// Reads a prompt graph and its extra_data. Pure; any thread; never fails: what cannot be read is absent.
// Bounded: graphs over 50 000 nodes give only a node count's worth of facts; texts are cut at 16 KiB; link cycles end.
[[nodiscard]] WorkflowFacts read_workflow(const base::json::value& graph, const base::json::value& extra_data);

}  // namespace comfytrace::comfyui
