#include "replay/rewriting.h"

#include <algorithm>
#include <array>

namespace comfytrace::replay {
namespace {

namespace json = base::json;

constexpr std::array<std::string_view, 8> kNodeKeys{"node",           "display_node", "node_id",     "display_node_id",
                                                    "parent_node_id", "real_node_id", "parent_node", "real_node"};
constexpr std::array<std::string_view, 3> kByNode{"nodes", "outputs", "meta"};
constexpr std::array<std::string_view, 3> kNodeLists{"nodes", "executed", "current_outputs"};

bool one_of(std::string_view key, const auto& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

std::optional<std::string> Rewriting::node_id(std::string_view id) const {
  if (!node_ids) return std::string(id);
  const std::size_t dot = id.find('.');
  const auto found = node_ids->find(id.substr(0, dot));
  if (found == node_ids->end()) return std::nullopt;
  return found->second + (dot == std::string_view::npos ? "" : std::string(id.substr(dot)));
}

json::value Rewriting::operator()(const json::value& value, std::string_view key) const {
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    if (const auto found = prompt_ids.find(text); found != prompt_ids.end()) return json::value(found->second);
    if (node_ids && one_of(key, kNodeKeys)) return json::value(node_id(text).value_or(std::string(text)));
    return value;
  }
  if (value.is_number() && time_ms && (key == "timestamp" || key == "create_time")) {
    const auto recorded_ms = base::as_integer(value);
    return recorded_ms ? json::value(time_ms(*recorded_ms)) : value;
  }
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) {
      if (node_ids && one_of(key, kNodeLists) && item.is_string()) {
        if (const auto id = node_id(item.get_string())) out.emplace_back(*id);
      } else {
        out.push_back((*this)(item));
      }
    }
    return out;
  }
  if (value.is_object()) {
    json::object out;
    for (const auto& [name, member] : value.get_object()) {
      std::string new_name(name);
      if (const auto found = prompt_ids.find(std::string_view(name)); found != prompt_ids.end()) {
        new_name = found->second;
      } else if (node_ids && one_of(key, kByNode)) {
        const auto id = node_id(name);
        if (!id) continue;
        new_name = *id;
      }
      out[new_name] = (*this)(member, name);
    }
    return out;
  }
  return value;
}

}  // namespace comfytrace::replay
