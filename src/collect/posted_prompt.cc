#include "collect/posted_prompt.h"

#include <optional>
#include <string_view>

#include "base/uuid.h"

namespace comfytrace::collect {
namespace {

namespace json = base::json;

constexpr std::string_view kCredentials[] = {"api_key_comfy_org", "auth_token_comfy_org"};

void put(json::object& into, std::string_view key, const std::optional<std::string>& value) {
  if (value) into[key] = *value;
}

void put_grouping(json::object& into, const Submission& submission) {
  const comfyui::Grouping& grouping = submission.grouping;
  put(into, "run_id", grouping.run_id);
  put(into, "scene_id", grouping.scene_id);
  put(into, "scene_title", grouping.scene_title);
  put(into, "story_id", grouping.story_id);
  put(into, "story_title", grouping.story_title);
  put(into, "workflow_name", grouping.workflow_name);
  if (!grouping.workflow_name && !submission.title.empty()) into["workflow_name"] = submission.title;
  if (grouping.tags.empty()) return;
  json::array tags;
  for (const std::string& tag : grouping.tags) tags.emplace_back(tag);
  into["tags"] = std::move(tags);
}

}  // namespace

PostedPrompt make_posted_prompt(const Submission& submission, const std::string& client_id) {
  json::object extra_data = submission.extra_data;
  put_grouping(extra_data, submission);
  json::object pnginfo;
  // Anything but an object there makes some servers answer their job list with an error.
  if (const auto* given = extra_data.if_contains("extra_pnginfo"); given && given->is_object()) {
    pnginfo = given->get_object();
  }
  put_grouping(pnginfo, submission);
  extra_data["extra_pnginfo"] = std::move(pnginfo);

  PostedPrompt posted;
  posted.prompt_id = base::random_uuid();
  json::object body;
  body["prompt"] = submission.graph;
  body["prompt_id"] = posted.prompt_id;
  body["client_id"] = client_id;
  body["extra_data"] = extra_data;
  posted.body = base::to_json(body);

  for (const std::string_view key : kCredentials) extra_data.erase(key);
  extra_data["client_id"] = client_id;
  posted.item.prompt_id = posted.prompt_id;
  posted.item.graph = submission.graph;
  posted.item.extra_data = std::move(extra_data);
  return posted;
}

base::Result<void> check_api_graph(const json::value& graph) {
  if (!graph.is_object()) {
    return base::Error{base::ErrorCode::invalid, "a workflow is a JSON object", "",
                       "in ComfyUI use Workflow > Export (API)"};
  }
  if (base::find_array(graph, "nodes") && base::find_array(graph, "links")) {
    return base::Error{base::ErrorCode::invalid, "this is the page's format", "",
                       "in ComfyUI use Workflow > Export (API)"};
  }
  if (base::find_object(graph, "prompt")) {
    return base::Error{base::ErrorCode::invalid, "this is the body of a request, not the graph alone", "prompt",
                       "take what is under \"prompt\""};
  }
  if (graph.get_object().empty()) return base::Error{base::ErrorCode::invalid, "the workflow has no nodes"};
  for (const auto& [node_id, node] : graph.get_object()) {
    if (base::find_string(node, "class_type")) continue;
    return base::Error{base::ErrorCode::invalid, "every node needs a class_type", std::string(node_id),
                       "in ComfyUI use Workflow > Export (API)"};
  }
  return {};
}

}  // namespace comfytrace::collect
