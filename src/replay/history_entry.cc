// make_item and make_entry: what a server remembers of a prompt where no body of the recording shows it.
#include <algorithm>
#include <set>

#include "replay/recorded_prompts.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;

// Nodes whose output nobody takes: those that ComfyUI calls outputs, in all but odd graphs.
json::array sinks(const json::value& graph) {
  std::set<std::string> taken;
  json::array found;
  if (!graph.is_object()) return found;
  for (const auto& [id, node] : graph.get_object()) {
    const json::object* inputs = base::find_object(node, "inputs");
    if (!inputs) continue;
    for (const auto& [name, input] : *inputs) {
      if (input.is_array() && input.get_array().size() == 2 && input.get_array()[0].is_string()) {
        taken.insert(std::string(input.get_array()[0].get_string()));
      }
    }
  }
  for (const auto& [id, node] : graph.get_object()) {
    if (!taken.contains(std::string(id))) found.emplace_back(id);
  }
  return found;
}

bool is_message(const std::string& type) {
  return type == "execution_start" || type == "execution_cached" || type == "execution_success" ||
         type == "execution_error" || type == "execution_interrupted";
}

}  // namespace

json::value make_item(const json::value& posted, double number, const std::string& id) {
  json::object extra_data;
  if (const json::object* sent = base::find_object(posted, "extra_data")) extra_data = *sent;
  if (const json::value* client_id = base::find(posted, "client_id")) extra_data["client_id"] = *client_id;
  extra_data.erase("api_key_comfy_org");
  extra_data.erase("auth_token_comfy_org");
  const json::value* graph = base::find(posted, "prompt");
  json::value shown = number;
  if (number == static_cast<double>(static_cast<std::int64_t>(number))) shown = static_cast<std::int64_t>(number);
  return json::array{shown, id, graph ? *graph : json::object(), std::move(extra_data),
                     graph ? sinks(*graph) : json::array()};
}

json::value make_entry(const json::value& item, const std::vector<std::pair<std::string, json::value>>& events) {
  json::object outputs;
  json::object meta;
  json::array messages;
  bool completed = false;
  for (const auto& [type, data] : events) {
    if (type == "executed") {
      const auto node = base::find_string(data, "node");
      const json::value* output = base::find(data, "output");
      if (!node || !output || !output->is_object()) continue;
      outputs[*node] = *output;
      meta[*node] = json::object{{"node_id", *node},
                                 {"display_node", base::find_string(data, "display_node").value_or(*node)},
                                 {"parent_node", nullptr},
                                 {"real_node_id", *node}};
    }
    const bool blocked = base::find_string(data, "exception_type") == "ExecutionBlocked";
    // What went to everybody was recorded once a socket.
    const bool repeated = std::any_of(messages.begin(), messages.end(), [&name = type](const json::value& message) {
      return message.get_array()[0] == json::value(name);
    });
    if (!is_message(type) || blocked || repeated) continue;
    completed = type == "execution_success";
    messages.emplace_back(json::array{type, data});
  }
  return json::object{{"prompt", item},
                      {"outputs", std::move(outputs)},
                      {"status", json::object{{"status_str", completed ? "success" : "error"},
                                              {"completed", completed},
                                              {"messages", std::move(messages)}}},
                      {"meta", std::move(meta)}};
}

}  // namespace comfytrace::replay
