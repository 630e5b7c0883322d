#include "comfyui/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace comfytrace::comfyui {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;

template <class T>
T decoded(std::string_view frame, const FrameLimits& limits = {}) {
  const auto event = decode_text_frame(frame, limits);
  EXPECT_TRUE(event.ok()) << frame.substr(0, 300) << (event ? "" : event.error().sentence());
  const T* value = event ? std::get_if<T>(&*event) : nullptr;
  EXPECT_NE(value, nullptr) << frame.substr(0, 300);
  return value ? *value : T{};
}

std::string refusal(std::string_view frame) {
  const auto event = decode_text_frame(frame);
  EXPECT_FALSE(event.ok()) << frame;
  if (event) return "";
  EXPECT_EQ(event.error().code, ErrorCode::invalid);
  return event.error().sentence();
}

std::string bytes(std::initializer_list<int> head, std::string_view tail = "") {
  std::string out;
  for (const int byte : head) out.push_back(static_cast<char>(byte));
  return out.append(tail);
}

TEST(TextFrame, OfAKnownTypeWithoutItsPromptIsRefusedWithThePath) {
  EXPECT_EQ(refusal(R"({"type":"execution_start","data":{}})"), "$.data.prompt_id: is missing, expected a string");
  for (const auto* type : {"execution_cached", "execution_success", "execution_interrupted", "execution_error",
                           "progress_state", "executed"}) {
    const std::string frame = R"({"type":")" + std::string(type) + R"(","data":{"prompt_id":null}})";
    EXPECT_EQ(refusal(frame), "$.data.prompt_id: expected a string, got null") << type;
  }
  EXPECT_EQ(refusal(R"({"type":"executing","data":{"node":null}})"), "$.data.prompt_id: is missing, expected a string");
}

TEST(TextFrame, LackingWhatItTellsIsRefused) {
  EXPECT_THAT(refusal(R"({"type":"execution_cached","data":{"prompt_id":"p"}})"), ::testing::HasSubstr("$.data.nodes"));
  EXPECT_THAT(refusal(R"({"type":"progress_state","data":{"prompt_id":"p","nodes":[]}})"),
              ::testing::HasSubstr("$.data.nodes: expected an object, got array"));
  EXPECT_THAT(refusal(R"({"type":"executed","data":{"prompt_id":"p"}})"), ::testing::HasSubstr("$.data.node"));
  EXPECT_THAT(refusal(R"({"type":"logs","data":{}})"), ::testing::HasSubstr("$.data.entries"));
}

TEST(TextFrame, ThatIsNoMessageIsRefused) {
  EXPECT_EQ(refusal("[1,2]"), "$: expected an object, got array");
  EXPECT_EQ(refusal("{}"), "$.type: is missing, expected a string");
  EXPECT_EQ(refusal(R"({"type":5,"data":{}})"), "$.type: expected a string, got int64");
  EXPECT_EQ(refusal(R"({"type":"status","data":[]})"), "$.data: expected an object, got array");
  EXPECT_EQ(refusal(R"({"type":"status"})"), "$.data: expected an object, got null");
  EXPECT_THAT(refusal(R"({"type":"sta)"), ::testing::HasSubstr("at byte"));
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal(std::string(5000, '[')), "");
}

TEST(TextFrame, OverTheBoundIsTooLarge) {
  const auto event = decode_text_frame(R"({"type":"status","data":{}})", {.max_bytes = 10});
  ASSERT_FALSE(event.ok());
  EXPECT_EQ(event.error().code, ErrorCode::too_large);
}

TEST(TextFrame, OfAnUnknownTypeIsKeptWithoutCredentials) {
  const auto event = decoded<UnknownEvent>(
      R"({"type":"crystools.monitor","data":{"gpus":[{"load":3.5}],"deep":[{"api_key_comfy_org":"k","x":1}]}})");
  EXPECT_EQ(event.type, "crystools.monitor");
  EXPECT_EQ(base::to_json(event.data), R"({"gpus":[{"load":3.5}],"deep":[{"x":1}]})");
  EXPECT_TRUE(decoded<UnknownEvent>(R"({"type":"bare"})").data.is_null());
}

TEST(TextFrame, TakesWholeNumbersFractionsAndNotANumber) {
  const auto progress = decoded<Progress>(R"({"type":"progress","data":{"value":1.5,"max":NaN,"node":12}})");
  EXPECT_EQ(progress.value, 1.5);
  EXPECT_EQ(progress.max, 0);
  EXPECT_EQ(progress.node_id, "12");
  EXPECT_EQ(progress.prompt_id, std::nullopt);
  EXPECT_EQ(
      decoded<ExecutionStart>(R"({"type":"execution_start","data":{"prompt_id":"p","timestamp":1795376657618.0}})")
          .timestamp_ms,
      1795376657618);
  EXPECT_EQ(decoded<ExecutionStart>(R"({"type":"execution_start","data":{"prompt_id":"p","timestamp":-Infinity}})")
                .timestamp_ms,
            std::nullopt);
}

TEST(TextFrame, MendsWhatPythonWritesAndJsonForbids) {
  const auto lone = decoded<Executed>(
      R"({"type":"executed","data":{"prompt_id":"p","node":"1","output":{"text":["caf\udce9 \ud83d\ude00"]}}})");
  EXPECT_EQ(base::to_json(lone.output), "{\"text\":[\"caf\xEF\xBF\xBD \xF0\x9F\x98\x80\"]}");
  const auto raw = decoded<UnknownEvent>("{\"type\":\"x\xFFy\"}");
  EXPECT_EQ(raw.type, "x\xEF\xBF\xBDy");
}

TEST(TextFrame, KeepsTheOrderOfASnapshotAndFillsInDisplayIds) {
  const auto state = decoded<ProgressState>(R"({"type":"progress_state","data":{"prompt_id":"p","nodes":{
    "9":{"value":1,"max":1,"state":"finished","node_id":"9"},
    "5.0.0.1":{"value":0.0,"max":null,"state":"running","display_node_id":"5","parent_node_id":"5","activity":"loading"},
    "7":"odd"}}})");
  ASSERT_EQ(state.nodes.size(), 2u);
  EXPECT_EQ(state.nodes[0].node_id, "9");
  EXPECT_EQ(state.nodes[0].display_node_id, "9");
  EXPECT_TRUE(state.nodes[0].finished);
  EXPECT_EQ(state.nodes[0].parent_node_id, std::nullopt);
  EXPECT_EQ(state.nodes[1].node_id, "5.0.0.1");
  EXPECT_EQ(state.nodes[1].display_node_id, "5");
  EXPECT_EQ(state.nodes[1].max, std::nullopt);
  EXPECT_EQ(state.nodes[1].activity, "loading");
  EXPECT_FALSE(state.nodes[1].finished);
}

TEST(TextFrame, TellsTheEndMarkerFromTheOneOnConnecting) {
  const auto end = decoded<Executing>(R"({"type":"executing","data":{"node":null,"prompt_id":"p"}})");
  EXPECT_EQ(end.prompt_id, "p");
  EXPECT_EQ(end.node_id, std::nullopt);
  const auto connecting = decoded<Executing>(R"({"type":"executing","data":{"node":"10"}})");
  EXPECT_EQ(connecting.prompt_id, std::nullopt);
  EXPECT_EQ(connecting.node_id, "10");
  EXPECT_EQ(connecting.display_node_id, "10");
}

TEST(TextFrame, CutsTextsAndListsToTheirBounds) {
  const FrameLimits limits{.max_bytes = 1u << 20, .max_text_bytes = 64, .max_items = 3};
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += (i ? ",\"" : "\"") + std::string(500, 'l') + "\"";
  const auto error = decoded<ExecutionError>(
      R"({"type":"execution_error","data":{"prompt_id":"p","exception_message":")" + std::string(500, 'm') +
          R"(","traceback":[)" + lines + R"(],"executed":[)" + lines + "]}}",
      limits);
  EXPECT_EQ(error.traceback.size(), 3u);
  EXPECT_EQ(error.executed.size(), 3u);
  EXPECT_LT(error.traceback[0].size(), 100u);
  EXPECT_LT(error.exception_message.size(), 100u);
  EXPECT_TRUE(error.exception_message.ends_with("more bytes)"));
  const auto unknown = decoded<UnknownEvent>(R"({"type":"x","data":{"a":[)" + lines + "]}}", limits);
  EXPECT_EQ(base::find_array(unknown.data, "a")->size(), 3u);
  EXPECT_LT(base::to_json(unknown.data).size(), 400u);
}

TEST(ExecutionErrorFrame, LosesTheTipsNewlineAndKnowsItsKind) {
  const auto error = decoded<ExecutionError>(R"({"type":"execution_error","data":{"prompt_id":"p","node_id":"3",
    "node_type":"KSampler","exception_type":"torch.OutOfMemoryError","exception_message":"CUDA out of memory.\n\n",
    "traceback":["a\n","b\n"],"executed":["1"],"current_inputs":{"text":["secret"]},"timestamp":5}})");
  EXPECT_EQ(error.exception_message, "CUDA out of memory.");
  EXPECT_THAT(error.traceback, ElementsAre("a\n", "b\n"));
  EXPECT_TRUE(error.is_out_of_memory());
  EXPECT_FALSE(error.is_blocked());
  ExecutionError other;
  other.exception_type = "RuntimeError";
  other.exception_message = "x\nThis error means you ran out of memory on your GPU.";
  EXPECT_TRUE(other.is_out_of_memory());
  other.exception_message = "shapes differ";
  EXPECT_FALSE(other.is_out_of_memory());
  other.exception_type = "ExecutionBlocked";
  EXPECT_TRUE(other.is_blocked());
}

TEST(PromptIdOf, FindsThePromptWhereThereIsOne) {
  EXPECT_EQ(*prompt_id_of(Event(ExecutionSuccess{"p", {}})), "p");
  EXPECT_EQ(*prompt_id_of(Event(Executing{"q", {}, {}})), "q");
  EXPECT_EQ(prompt_id_of(Event(Executing{})), nullptr);
  EXPECT_EQ(prompt_id_of(Event(StatusEvent{})), nullptr);
  EXPECT_EQ(prompt_id_of(Event(NodeText{"1", "t"})), nullptr);
}

TEST(BinaryFrame, ThatEndsTooEarlyIsRefusedWithTheByte) {
  const auto refused_at = [](std::string_view frame) {
    const auto event = decode_binary_frame(frame);
    EXPECT_FALSE(event.ok());
    return event ? "" : event.error().field;
  };
  EXPECT_EQ(refused_at(""), "byte 0");
  EXPECT_EQ(refused_at("\1"), "byte 0");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 1, 0, 0})), "byte 4");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 1, 0, 0, 0, 1})), "byte 8");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 3, 0, 0})), "byte 4");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 3, 255, 255, 255, 255}, "10")), "byte 4");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 4, 0, 0, 0, 9}, "{}")), "byte 4");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 4, 0, 0, 0, 2}, "[]x")), "byte 8");
  EXPECT_EQ(refused_at(bytes({0, 0, 0, 4, 0, 0, 0, 2}, "{}")), "byte 10");
}

TEST(BinaryFrame, GivesPicturesTextsAndTheSizeOfWhatItDoesNotKnow) {
  const auto png = decode_binary_frame(bytes({0, 0, 0, 1, 0, 0, 0, 2}, "png"));
  EXPECT_EQ(std::get<PreviewImage>(*png).format, "png");
  EXPECT_EQ(std::get<PreviewImage>(*png).image, "png");
  const auto text = decode_binary_frame(bytes({0, 0, 0, 3, 0, 0, 0, 2}, "10half \xC3"));
  EXPECT_EQ(std::get<NodeText>(*text).node_id, "10");
  EXPECT_EQ(std::get<NodeText>(*text).text, "half \xEF\xBF\xBD");
  const auto unknown = decode_binary_frame(bytes({0, 0, 1, 0}, "abcd"));
  EXPECT_EQ(std::get<UnknownBinary>(*unknown).type, 256u);
  EXPECT_EQ(std::get<UnknownBinary>(*unknown).bytes, 8u);
  EXPECT_TRUE(std::holds_alternative<UnknownBinary>(*decode_binary_frame(bytes({0, 0, 0, 1, 0, 0, 0, 7}, "webp"))));
  EXPECT_EQ(decode_binary_frame(std::string(100, 'x'), {.max_bytes = 99}).error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace comfytrace::comfyui
