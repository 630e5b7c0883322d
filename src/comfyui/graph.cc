#include "comfyui/graph.h"

#include <array>
#include <cmath>

#include "base/text.h"
#include "comfyui/foreign_json.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;

// A chain of primitives is short; this only has to end cycles.
constexpr int kMaxHops = 16;

// The inputs under which value-holding nodes keep their value.
constexpr std::array<std::string_view, 7> kNumberKeys{"value", "Value", "number", "int", "float", "seed", "noise_seed"};
constexpr std::array<std::string_view, 7> kTextKeys{"value", "text", "string", "prompt", "Text", "String", "text_0"};
// The only input of a node that hands on what it gets.
constexpr std::array<std::string_view, 6> kPassKeys{"", "value", "any", "input", "anything", "image"};

std::string_view string_at(const json::value& owner, std::string_view key) {
  const json::value* value = base::find(owner, key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

Graph::Graph(const json::value& graph) {
  const json::object* members = graph.if_object();
  if (!members) return;
  nodes_.reserve(members->size());
  places_.reserve(members->size());
  for (const auto& [id, value] : *members) {
    places_.emplace(id, nodes_.size());
    const json::value* meta = base::find(value, "_meta");
    nodes_.push_back({id, string_at(value, "class_type"), meta ? string_at(*meta, "title") : std::string_view(),
                      base::find_object(value, "inputs")});
  }
}

const json::value* Graph::input(std::size_t node, std::string_view key) const {
  const json::object* inputs = nodes_[node].inputs;
  return inputs ? inputs->if_contains(key) : nullptr;
}

std::optional<Graph::Link> Graph::link_of(const json::value* value) const {
  const json::array* pair = value ? value->if_array() : nullptr;
  if (!pair || pair->size() != 2) return std::nullopt;
  const auto output = base::as_integer((*pair)[1]);
  if (!output) return std::nullopt;
  const json::value& id = (*pair)[0];
  auto place = places_.end();
  if (id.is_string()) {
    place = places_.find(std::string_view(id.get_string()));
  } else if (const auto number = base::as_integer(id)) {
    place = places_.find(std::to_string(*number));
  }
  if (place == places_.end()) return std::nullopt;
  return Link{place->second, *output};
}

std::optional<Graph::Link> Graph::link(std::size_t node, std::string_view key) const {
  return link_of(input(node, key));
}

const json::value* Graph::resolve(const json::value* value, std::string_view hint, bool as_text, int hops) const {
  if (!value || hops == kMaxHops) return nullptr;
  const auto target = link_of(value);
  if (!target) {
    const bool fits = as_text ? value->is_string() : value->is_number();
    return fits ? value : nullptr;
  }
  // One candidate only: trying several through a chain of links would branch without end.
  const auto go_on = [&](std::string_view key) { return resolve(input(target->node, key), hint, as_text, hops + 1); };
  if (input(target->node, hint)) return go_on(hint);
  for (const auto key : as_text ? kTextKeys : kNumberKeys) {
    if (input(target->node, key)) return go_on(key);
  }
  const json::object* inputs = nodes_[target->node].inputs;
  if (inputs && inputs->size() == 1) {
    for (const auto key : kPassKeys) {
      if (input(target->node, key)) return go_on(key);
    }
  }
  return nullptr;
}

std::optional<double> Graph::number(std::size_t node, std::string_view key) const {
  return number_of(resolve(input(node, key), key, false, 0));
}

std::optional<std::int64_t> Graph::integer(std::size_t node, std::string_view key) const {
  const json::value* value = resolve(input(node, key), key, false, 0);
  return value ? base::as_integer(*value) : std::nullopt;
}

std::optional<std::string> Graph::decimal(std::size_t node, std::string_view key) const {
  const json::value* value = resolve(input(node, key), key, false, 0);
  if (!value) return std::nullopt;
  if (value->is_uint64()) return std::to_string(value->get_uint64());
  const auto whole = base::as_integer(*value);
  return whole ? std::optional(std::to_string(*whole)) : std::nullopt;
}

std::optional<std::string> Graph::joined_text(const json::value* value, std::string_view hint, int hops) const {
  // Two branches a hop: few hops keep the number of visits small.
  if (hops == 6) return std::nullopt;
  const auto target = link_of(value);
  if (target && input(target->node, "string_a") && input(target->node, "string_b")) {
    auto first = joined_text(input(target->node, "string_a"), hint, hops + 1);
    auto second = joined_text(input(target->node, "string_b"), hint, hops + 1);
    if (!first) return second;
    if (!second) return first;
    const auto between = text_of(resolve(input(target->node, "delimiter"), "delimiter", true, 0), kMaxTextBytes);
    return base::bounded_text(*first + between.value_or("") + *second, kMaxTextBytes);
  }
  return text_of(resolve(value, hint, true, 0), kMaxTextBytes);
}

std::optional<std::string> Graph::text(std::size_t node, std::string_view key) const {
  return joined_text(input(node, key), key, 0);
}

}  // namespace comfytrace::comfyui
