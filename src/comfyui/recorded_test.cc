#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/json.h"
#include "comfyui/body.h"
#include "comfyui/frame.h"
#include "comfyui/workflow.h"

// Every frame and body that real servers sent must decode.
namespace comfytrace::comfyui {
namespace {

namespace json = base::json;

struct Line {
  std::string file;
  json::value value;
};

std::vector<Line> recorded_lines() {
  std::vector<Line> lines;
  const std::filesystem::path root = std::string(COMFYTRACE_SOURCE_DIR) + "/tests/recordings";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream in(entry.path());
    for (std::string text; std::getline(in, text);) {
      auto parsed = base::parse_json(text);
      EXPECT_TRUE(parsed.ok()) << entry.path() << ": " << text.substr(0, 200);
      if (parsed) lines.push_back({entry.path().string(), std::move(*parsed)});
    }
  }
  return lines;
}

const std::vector<Line>& lines() {
  static const std::vector<Line> all = recorded_lines();
  return all;
}

std::string direction(const Line& line) {
  return base::find_string(line.value, "dir").value_or("");
}

std::string big_endian(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xFF));
  return out;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

// The recordings keep a binary frame's first bytes and its parts; the picture's bytes are made up.
std::string rebuild(const json::value& binary) {
  const auto bytes = static_cast<std::size_t>(base::find_integer(binary, "len").value());
  const auto type = base::find_integer(binary, "type").value();
  std::string frame;
  if (type == 4) {
    const std::string metadata = base::to_json(*base::find(binary, "metadata"));
    const auto image_bytes = static_cast<std::size_t>(base::find_integer(binary, "image_len").value());
    return big_endian(4) + big_endian(metadata.size()) + metadata + std::string(image_bytes, 'x');
  }
  if (type == 3) {
    const std::string node_id = base::find_string(binary, "node_id").value();
    return big_endian(3) + big_endian(node_id.size()) + node_id + base::find_string(binary, "text").value();
  }
  frame = from_hex(base::find_string(binary, "head_hex").value());
  frame.resize(bytes, 'x');
  return frame;
}

TEST(RecordedFrames, DecodeWithoutErrorAndAsTheTypeTheySay) {
  std::map<std::string, int> counts;
  for (const auto& line : lines()) {
    const json::value* frame = base::find(line.value, "json");
    if (direction(line) != "ws<" || !frame || !base::find(*frame, "type")) continue;
    const auto event = decode_text_frame(base::to_json(*frame));
    ASSERT_TRUE(event.ok()) << line.file << ": " << event.error().sentence();
    EXPECT_FALSE(std::holds_alternative<UnknownEvent>(*event)) << line.file << base::to_json(*frame);
    ++counts[base::find_string(*frame, "type").value() + "/" + std::to_string(event->index())];
  }
  EXPECT_GE(counts["status/0"], 580);
  EXPECT_GE(counts["execution_start/1"], 82);
  EXPECT_GE(counts["execution_cached/2"], 82);
  EXPECT_GE(counts["progress_state/3"], 1550);
  EXPECT_GE(counts["executing/4"], 285);
  EXPECT_GE(counts["progress/5"], 1060);
  EXPECT_GE(counts["executed/6"], 69);
  EXPECT_GE(counts["execution_success/7"], 66);
  EXPECT_GE(counts["execution_interrupted/8"], 7);
  EXPECT_GE(counts["execution_error/9"], 8);
  EXPECT_GE(counts["feature_flags/10"], 4);
  EXPECT_GE(counts["logs/11"], 12);
  EXPECT_EQ(counts.size(), 12u);
}

TEST(RecordedFrames, BinaryOnesGiveTheirPicturesAndTexts) {
  std::map<std::int64_t, int> counts;
  for (const auto& line : lines()) {
    const json::value* binary = base::find(line.value, "binary");
    if (!binary) continue;
    const auto event = decode_binary_frame(rebuild(*binary));
    ASSERT_TRUE(event.ok()) << line.file << ": " << event.error().sentence();
    const auto type = base::find_integer(*binary, "type").value();
    ++counts[type];
    if (type == 3) {
      const auto* text = std::get_if<NodeText>(&*event);
      ASSERT_NE(text, nullptr);
      EXPECT_EQ(text->node_id, base::find_string(*binary, "node_id"));
      EXPECT_EQ(text->text, base::find_string(*binary, "text"));
      continue;
    }
    const auto* preview = std::get_if<PreviewImage>(&*event);
    ASSERT_NE(preview, nullptr);
    EXPECT_EQ(preview->format, "jpeg");
    const auto bytes = static_cast<std::size_t>(base::find_integer(*binary, "len").value());
    if (type == 1) {
      EXPECT_EQ(preview->image.size(), bytes - 8);
      EXPECT_EQ(preview->node_id, std::nullopt);
    } else {
      EXPECT_EQ(preview->image.size(), static_cast<std::size_t>(base::find_integer(*binary, "image_len").value()));
      EXPECT_EQ(preview->node_id, "10");
      EXPECT_EQ(preview->prompt_id->size(), 36u);
    }
  }
  EXPECT_GE(counts[1], 600);
  EXPECT_GE(counts[3], 48);
  EXPECT_GE(counts[4], 8);
}

// A mirror of the server's events wraps them in its own envelope; their names and data are the same.
TEST(RecordedFrames, MirroredEventsDecodeByNameAndData) {
  std::map<std::string, int> counts;
  for (const auto& line : lines()) {
    const json::value* frame = base::find(line.value, "json");
    if (direction(line) != "ws<" || !frame) continue;
    const std::string source = base::find_string(*frame, "src").value_or("");
    const auto name = base::find_string(*frame, "event");
    if ((source != "send" && source != "exec") || !name) continue;
    const auto event = decode_event(*name, *base::find(*frame, "data"));
    ASSERT_TRUE(event.ok()) << line.file << ": " << event.error().sentence();
    ++counts[*name];
  }
  EXPECT_GE(counts["progress_state"], 20);
  EXPECT_GE(counts["execution_success"], 5);
  EXPECT_GE(counts["execution_error"], 1);
}

TEST(RecordedBodies, DecodeWithoutErrorAndWithoutLoss) {
  std::map<std::string, int> counts;
  for (const auto& line : lines()) {
    const json::value* body = base::find(line.value, "json");
    const auto status = base::find_integer(line.value, "status");
    if (direction(line) != "http<" || !body || status != 200) continue;
    if (base::find_string(line.value, "method") != "GET") continue;
    std::string path = base::find_string(line.value, "path").value_or("");
    path = path.substr(0, path.find('?'));
    const std::string text = base::to_json(*body);
    std::size_t skipped = 0;
    if (path == "/queue") {
      const auto queue = decode_queue(text, &skipped);
      ASSERT_TRUE(queue.ok()) << line.file << queue.error().sentence();
      counts["items"] += static_cast<int>(queue->running.size() + queue->pending.size());
      ++counts["queue"];
    } else if (path.starts_with("/history")) {
      const auto history = decode_history(text, &skipped);
      ASSERT_TRUE(history.ok()) << line.file << history.error().sentence();
      EXPECT_EQ(history->size(), body->get_object().size());
      ++counts[history->empty() ? "empty history" : "history"];
      for (const auto& entry : *history) {
        EXPECT_FALSE(entry.messages.empty()) << line.file;
        ++counts["messages " + std::to_string(entry.messages.back().index())];
        for (const auto& [node_id, output] : entry.outputs.get_object()) {
          counts["artifacts"] += static_cast<int>(read_artifacts(node_id, output).size());
        }
        const auto facts = read_workflow(entry.prompt.graph, entry.prompt.extra_data);
        EXPECT_EQ(facts.fingerprint.size(), 16u);
        EXPECT_EQ(facts.nodes.size(), entry.prompt.graph.get_object().size());
        EXPECT_FALSE(facts.name.empty());
      }
    } else if (path == "/system_stats") {
      const auto stats = decode_system_stats(text);
      ASSERT_TRUE(stats.ok()) << line.file << stats.error().sentence();
      EXPECT_TRUE(stats->worker.comfyui_version == "0.3.64" || stats->worker.comfyui_version == "0.8.0");
      ASSERT_EQ(stats->worker.devices.size(), 1u);
      EXPECT_GT(stats->worker.devices[0].vram_free_bytes, 0);
      EXPECT_EQ(stats->argv[0], "main.py");
      ++counts["system_stats"];
    } else if (path == "/prompt") {
      EXPECT_TRUE(decode_queue_remaining(text).ok());
      ++counts["prompt"];
    }
    EXPECT_EQ(skipped, 0u) << line.file << path;
  }
  EXPECT_GE(counts["queue"], 15);
  EXPECT_GE(counts["items"], 16);
  EXPECT_GE(counts["history"], 56);
  EXPECT_GE(counts["empty history"], 5);
  EXPECT_GE(counts["messages 7"], 40);  // execution_success
  EXPECT_GE(counts["messages 8"], 3);   // execution_interrupted
  EXPECT_GE(counts["messages 9"], 5);   // execution_error
  EXPECT_GE(counts["artifacts"], 50);
  EXPECT_GE(counts["system_stats"], 12);
  EXPECT_GE(counts["prompt"], 1);
}

TEST(RecordedBodies, AnswersToSubmissionsAreAcceptedOrNameTheirFault) {
  std::map<std::string, int> counts;
  for (const auto& line : lines()) {
    const std::string path = base::find_string(line.value, "path").value_or("");
    if (direction(line) != "http<" || base::find_string(line.value, "method") != "POST") continue;
    if (path != "/prompt" && path != "/api/prompt") continue;
    const json::value* body = base::find(line.value, "json");
    const std::string text = body ? base::to_json(*body) : base::find_string(line.value, "raw").value_or("");
    const auto status = static_cast<int>(base::find_integer(line.value, "status").value());
    const auto answer = decode_prompt_answer(status, text);
    ASSERT_TRUE(answer.ok()) << line.file << answer.error().sentence();
    EXPECT_EQ(answer->accepted, status == 200);
    if (answer->accepted) {
      EXPECT_FALSE(answer->prompt_id.empty());
      EXPECT_TRUE(answer->number.has_value());
      ++counts[answer->node_errors.empty() ? "accepted" : "accepted in part"];
      continue;
    }
    EXPECT_FALSE(answer->error_message->empty());
    ++counts[answer->error_type.value_or("status " + std::to_string(status))];
    for (const auto& error : answer->node_errors) ++counts["node " + error.type];
  }
  EXPECT_GE(counts["accepted"], 100);
  EXPECT_GE(counts["accepted in part"], 1);
  EXPECT_GE(counts["prompt_outputs_failed_validation"], 5);
  EXPECT_GE(counts["invalid_prompt"], 2);
  EXPECT_GE(counts["prompt_no_outputs"], 1);
  EXPECT_GE(counts["no_prompt"], 1);
  EXPECT_GE(counts["status 500"], 1);
  for (const char* type :
       {"value_bigger_than_max", "value_smaller_than_min", "invalid_input_type", "required_input_missing",
        "value_not_in_list", "custom_validation_failed", "exception_during_validation"}) {
    EXPECT_GE(counts[std::string("node ") + type], 1) << type;
  }
}

TEST(RecordedBodies, KeepNoCredentials) {
  int leaks_on_the_wire = 0;
  for (const auto& line : lines()) {
    const json::value* body = base::find(line.value, "json");
    if (direction(line) != "http<" || !body) continue;
    const std::string text = base::to_json(*body);
    if (text.find("comfy_org") == std::string::npos) continue;
    const std::string path = base::find_string(line.value, "path").value_or("");
    if (path != "/queue") continue;
    ++leaks_on_the_wire;
    const auto queue = decode_queue(text);
    ASSERT_TRUE(queue.ok());
    for (const auto* items : {&queue->running, &queue->pending}) {
      for (const auto& item : *items) {
        EXPECT_EQ(base::to_json(item.extra_data).find("comfy_org"), std::string::npos);
      }
    }
  }
  EXPECT_GE(leaks_on_the_wire, 1);
}

}  // namespace
}  // namespace comfytrace::comfyui
