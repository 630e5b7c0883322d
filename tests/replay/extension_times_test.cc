#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "comfyui/telemetry_frame.h"
#include "replay/playback.h"
#include "replay/recorded_facts.h"

// Node times from inside ComfyUI and from the sockets of those who queued, in the recordings that hold both. The
// recorded subscriber is an early form of the extension: its stamps are told here in the frames of today.
namespace comfytrace::replay_test {
namespace {

constexpr std::int64_t kAgreeMs = 5;
constexpr std::int64_t kRoundedMs = 2;  // two stamps cut off to whole milliseconds

using Node = std::pair<std::string, std::string>;  // prompt and node
struct Moments {
  std::optional<double> started_ms;
  std::optional<double> finished_ms;
};
using MomentsByNode = std::map<Node, Moments>;

// The first time each node was told to run and to have ended.
void note(MomentsByNode& moments, const base::json::value& progress_state, double at_ms) {
  const std::string prompt_id = base::find_string(progress_state, "prompt_id").value_or("");
  for (const auto& [node_id, node] : *base::find_object(progress_state, "nodes")) {
    Moments& of = moments[{prompt_id, std::string(node_id)}];
    auto& moment = base::find_string(node, "state") == "finished" ? of.finished_ms : of.started_ms;
    if (!moment) moment = at_ms;
  }
}

struct Told {
  MomentsByNode stamped;   // by ComfyUI's clock, inside it
  MomentsByNode received;  // by an owner's socket
};

Told moments_of(const replay::Recording& recording) {
  Told told;
  for (const replay::RecordedLine& line : recording.lines) {
    if (line.direction != replay::Direction::websocket_in || !line.json) continue;
    const base::json::value* data = base::find(*line.json, "data");
    if (line.client == "T") {
      if (base::find_string(*line.json, "event") == "progress_state")
        note(told.stamped, *data, *base::find_number(*line.json, "ts_ms"));
    } else if (base::find_string(*line.json, "type") == "progress_state") {
      note(told.received, *data, static_cast<double>(recording.epoch_ms) + static_cast<double>(line.offset_us) / 1000);
    }
  }
  return told;
}

assemble::Fact as_told_now(const Node& node, const Moments& moments, const char* event, double at_ms) {
  base::json::object data{{"promptId", node.first}, {"nodeId", node.second}};
  if (moments.started_ms) data["startedTsMs"] = *moments.started_ms;
  const base::json::object frame{{"seq", 1},         {"boot", "b"},    {"tsMs", at_ms},
                                 {"source", "node"}, {"event", event}, {"data", data}};
  const auto decoded = comfyui::decode_telemetry_frame(base::to_json(frame));
  EXPECT_TRUE(decoded.ok());
  return {kWorker, decoded->at_ms, std::get<comfyui::Event>(decoded->what)};
}

// The facts without what sockets told of nodes, and with what was stamped inside instead.
std::vector<RecordedFact> facts_from_inside(const replay::Recording& recording, const MomentsByNode& stamped) {
  std::vector<RecordedFact> facts = facts_of(recording);
  std::erase_if(facts, [](const RecordedFact& each) {
    const auto* event = std::get_if<comfyui::Event>(&each.fact.what);
    return event && (std::holds_alternative<comfyui::ProgressState>(*event) ||
                     std::holds_alternative<comfyui::Executing>(*event));
  });
  for (const auto& [node, moments] : stamped) {
    if (!moments.started_ms || !moments.finished_ms) continue;
    facts.push_back({as_told_now(node, moments, "node_started", *moments.started_ms), 0, true});
    facts.push_back({as_told_now(node, moments, "node_finished", *moments.finished_ms), 0, true});
  }
  std::ranges::stable_sort(facts, {}, [](const RecordedFact& each) { return each.fact.at_ms; });
  return facts;
}

std::map<Node, model::NodeExecution> timed_nodes(const std::vector<RecordedFact>& facts) {
  Playback playback;
  playback.tell_all(facts);
  std::map<Node, model::NodeExecution> nodes;
  for (const model::Attempt* attempt : playback.attempts()) {
    for (const model::NodeExecution& node : attempt->nodes) {
      if (node.start_offset_ms && node.duration_ms) nodes.insert_or_assign({attempt->prompt_id, node.node_id}, node);
    }
  }
  return nodes;
}

TEST(ExtensionTimes, DifferFromTheSocketsByNoMoreThanItsFramesWereLate) {
  std::size_t in_both = 0;
  std::size_t agreeing = 0;
  for (const RecordingFile& file : recording_files()) {
    if (file.name.find("_proto_") == std::string::npos) continue;
    const replay::Recording recording = load(file);
    const Told told = moments_of(recording);
    const auto inside = timed_nodes(facts_from_inside(recording, told.stamped));
    const auto outside = timed_nodes(facts_of(recording));
    for (const auto& [node, from_inside] : inside) {
      const auto from_socket = outside.find(node);
      const auto received = told.received.find(node);
      const auto stamped = told.stamped.find(node);
      if (from_socket == outside.end() || received == told.received.end() || stamped == told.stamped.end()) continue;
      if (!received->second.started_ms || !received->second.finished_ms) continue;
      ++in_both;
      const double start_late = *received->second.started_ms - *stamped->second.started_ms;
      const double end_late = *received->second.finished_ms - *stamped->second.finished_ms;
      const auto apart = static_cast<double>(*from_socket->second.duration_ms - *from_inside.duration_ms);
      // The socket's is also cut off at the prompt's end, which bears ComfyUI's own stamp.
      EXPECT_LE(std::abs(apart), std::max(std::abs(start_late), std::abs(end_late)) + kRoundedMs)
          << file.version << " " << node.second;
      if (std::abs(apart) <= kAgreeMs) ++agreeing;
    }
  }
  EXPECT_GE(in_both, 16u);
  // The machine was busy when these were recorded: other frames reached the socket up to 35 ms late.
  EXPECT_GE(agreeing, in_both / 2) << "of " << in_both;
}

}  // namespace
}  // namespace comfytrace::replay_test
