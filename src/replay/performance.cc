#include "replay/performance.h"

#include <algorithm>
#include <map>
#include <utility>

#include "replay/exchange.h"
#include "replay/rewriting.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;
using ClassTypes = std::map<std::string, std::vector<std::string>>;  // class -> node ids, in the graph's order

constexpr std::int64_t kMadeUpStep_us = 25'000;
constexpr int kMadeUpSteps = 4;

ClassTypes class_types(const json::value& graph) {
  ClassTypes types;
  if (!graph.is_object()) return types;
  for (const auto& [id, node] : graph.get_object()) {
    types[base::find_string(node, "class_type").value_or("")].emplace_back(id);
  }
  return types;
}

// Shared nodes over all nodes, 0 to 1.
double similarity(const ClassTypes& a, const ClassTypes& b) {
  std::size_t shared = 0;
  std::size_t all = 0;
  for (const auto& [type, ids] : a) {
    const auto other = b.find(type);
    const std::size_t there = other == b.end() ? 0 : other->second.size();
    shared += std::min(ids.size(), there);
    all += std::max(ids.size(), there);
  }
  for (const auto& [type, ids] : b) {
    if (!a.contains(type)) all += ids.size();
  }
  return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
}

std::vector<const Step*> frames_of(const ServerModel& model, std::size_t prompt) {
  std::vector<const Step*> frames;
  for (const Step& step : model.steps) {
    if (step.kind == StepKind::frame && step.prompt == prompt && step.to_everyone) frames.push_back(&step);
  }
  return frames;
}

std::string outcome_of(const ServerModel& model, const std::vector<const Step*>& frames) {
  for (auto step = frames.rbegin(); step != frames.rend(); ++step) {
    const RecordedLine& line = model.line_of(**step);
    std::string type(frame_type(line));
    const json::value* data = line.json ? base::find(*line.json, "data") : nullptr;
    const bool blocked = data && base::find_string(*data, "exception_type") == "ExecutionBlocked";
    if (type == "execution_success" || type == "execution_interrupted" || (type == "execution_error" && !blocked)) {
      return type;
    }
  }
  return "";
}

struct Example {
  const ServerModel* model = nullptr;
  std::size_t prompt = kNone;
  double score = 0;
};

Example most_similar(const std::vector<ServerModel>& repertoire, const json::value& graph) {
  const ClassTypes wanted = class_types(graph);
  Example best;
  for (const ServerModel& model : repertoire) {
    for (std::size_t i = 0; i < model.prompts.size(); ++i) {
      const json::value& item = model.prompts[i].item;
      if (!item.is_array() || item.get_array().size() < 3) continue;
      double score = similarity(wanted, class_types(item.get_array()[2]));
      if (score == 0) continue;
      const std::string outcome = outcome_of(model, frames_of(model, i));
      if (outcome.empty()) continue;
      // Interruptions came from outside, not from the graph.
      if (outcome == "execution_interrupted") score -= 1;
      if (outcome == "execution_success") score += 0.001;
      if (!best.model || score > best.score) best = {&model, i, score};
    }
  }
  return best;
}

void set_audience(PerformedFrame& frame) {
  frame.to_all_if_unowned = frame.type == "progress" || frame.type == "progress_state" ||
                            frame.type == "execution_interrupted" ||
                            base::find_string(frame.data, "exception_type") == "ExecutionBlocked";
}

// Whether a text frame still says something once its node is not in the graph.
bool about_missing_node(const json::value& data, const Rewriting& rewriting) {
  for (const char* key : {"node", "node_id"}) {
    const auto id = base::find_string(data, key);
    if (id && !rewriting.node_id(*id)) return true;
  }
  return false;
}

Performance follow(const Example& example, const json::value& graph, const std::string& prompt_id) {
  const ServerModel& model = *example.model;
  const RecordedPrompt& prompt = model.prompts[example.prompt];
  Rewriting rewriting;
  rewriting.prompt_ids[prompt.id] = prompt_id;
  rewriting.node_ids.emplace();
  const ClassTypes wanted = class_types(graph);
  for (const auto& [type, ids] : class_types(prompt.item.get_array()[2])) {
    const auto same = wanted.find(type);
    if (same == wanted.end()) continue;
    for (std::size_t i = 0; i < std::min(ids.size(), same->second.size()); ++i) {
      (*rewriting.node_ids)[ids[i]] = same->second[i];
    }
  }

  Performance performance;
  performance.after = prompt.id;
  for (const Step* step : frames_of(model, example.prompt)) {
    RecordedLine line = model.line_of(*step);
    PerformedFrame frame;
    frame.after_us = std::max<std::int64_t>(0, step->offset_us - prompt.started_us.value_or(step->offset_us));
    if (line.binary) {
      if (const auto node = base::find_string(*line.binary, "node_id"); node && !rewriting.node_id(*node)) continue;
      line.binary = rewriting(*line.binary);
      line.binary->as_object()["len"] = -1;  // the recorded head names the old nodes
      frame.binary = frame_bytes(line);
      frame.always_to_all = binary_type(line) == 3;
      frame.to_all_if_unowned = true;
    } else {
      const json::value* data = base::find(*line.json, "data");
      frame.type = frame_type(line);
      if (!data || frame.type == "status" || about_missing_node(*data, rewriting)) continue;
      const json::value* node = base::find(*data, "node");
      if (frame.type == "executing" && node && node->is_null()) continue;
      frame.data = rewriting(*data);
      set_audience(frame);
    }
    performance.frames.push_back(std::move(frame));
  }
  return performance;
}

PerformedFrame text(std::int64_t after_us, std::string type, json::value data) {
  PerformedFrame frame;
  frame.after_us = after_us;
  frame.type = std::move(type);
  frame.data = std::move(data);
  set_audience(frame);
  return frame;
}

json::object node_state(const std::string& prompt_id, const std::string& node, int value, int max) {
  return json::object{{"value", value},
                      {"max", max},
                      {"state", value == max ? "finished" : "running"},
                      {"node_id", node},
                      {"prompt_id", prompt_id},
                      {"display_node_id", node},
                      {"parent_node_id", nullptr},
                      {"real_node_id", node}};
}

Performance make_up(const json::value& graph, const std::string& prompt_id) {
  Performance performance;
  auto& frames = performance.frames;
  std::int64_t at_us = 0;
  frames.push_back(text(at_us, "execution_start", json::object{{"prompt_id", prompt_id}, {"timestamp", 0}}));
  frames.push_back(text(at_us, "execution_cached",
                        json::object{{"nodes", json::array()}, {"prompt_id", prompt_id}, {"timestamp", 0}}));
  json::object states;
  const auto snapshot = [&] {
    frames.push_back(text(at_us, "progress_state", json::object{{"prompt_id", prompt_id}, {"nodes", states}}));
  };
  for (const auto& [key, node] : graph.get_object()) {
    const std::string id(key);
    states[id] = node_state(prompt_id, id, 0, kMadeUpSteps);
    snapshot();
    frames.push_back(
        text(at_us, "executing", json::object{{"node", id}, {"display_node", id}, {"prompt_id", prompt_id}}));
    for (int step = 1; step <= kMadeUpSteps; ++step) {
      at_us += kMadeUpStep_us;
      states[id] = node_state(prompt_id, id, step, kMadeUpSteps);
      if (step < kMadeUpSteps) snapshot();
      frames.push_back(
          text(at_us, "progress",
               json::object{{"value", step}, {"max", kMadeUpSteps}, {"prompt_id", prompt_id}, {"node", id}}));
    }
    const std::string type = base::find_string(node, "class_type").value_or("");
    if (type.starts_with("Save") || type.starts_with("Preview")) {
      json::object image{{"filename", prompt_id.substr(0, 8) + "_" + id + ".png"},
                         {"subfolder", ""},
                         {"type", type.starts_with("Save") ? "output" : "temp"}};
      frames.push_back(text(at_us, "executed",
                            json::object{{"node", id},
                                         {"display_node", id},
                                         {"output", json::object{{"images", json::array{image}}}},
                                         {"prompt_id", prompt_id}}));
    }
    snapshot();
  }
  frames.push_back(text(at_us, "execution_success", json::object{{"prompt_id", prompt_id}, {"timestamp", 0}}));
  return performance;
}

}  // namespace

Performance rehearse(const std::vector<ServerModel>& repertoire, const json::value& graph,
                     const std::string& prompt_id) {
  const Example example = most_similar(repertoire, graph);
  return example.model ? follow(example, graph, prompt_id) : make_up(graph, prompt_id);
}

}  // namespace comfytrace::replay
