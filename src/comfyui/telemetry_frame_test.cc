#include "comfyui/telemetry_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace comfytrace::comfyui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string frame(std::string_view source, std::string_view event, std::string_view data,
                  std::string_view ts_ms = "1795376857724.694") {
  return R"({"seq":31,"boot":"b1","tsMs":)" + std::string(ts_ms) + R"(,"monoNs":3090155615220,"source":")" +
         std::string(source) + R"(","event":")" + std::string(event) + R"(","sid":null,"data":)" + std::string(data) +
         "}";
}

TelemetryFrame decoded(const std::string& text, const FrameLimits& limits = {}) {
  auto made = decode_telemetry_frame(text, limits);
  EXPECT_TRUE(made.ok()) << text << (made ? "" : made.error().sentence());
  return made ? std::move(*made) : TelemetryFrame{};
}

template <class T>
T told(const std::string& text, const FrameLimits& limits = {}) {
  const TelemetryFrame made = decoded(text, limits);
  const T* value = std::get_if<T>(&made.what);
  EXPECT_NE(value, nullptr) << text;
  return value ? *value : T{};
}

template <class T>
T event(const std::string& text) {
  const Event made = told<Event>(text);
  const T* value = std::get_if<T>(&made);
  EXPECT_NE(value, nullptr) << text;
  return value ? *value : T{};
}

std::string refusal(const std::string& text) {
  const auto made = decode_telemetry_frame(text);
  EXPECT_FALSE(made.ok()) << text;
  return made ? "" : made.error().sentence();
}

TEST(TelemetryFrame, BearsItsNumberItsLifeAndTheTimeAtWhichItHappened) {
  const auto made = decoded(frame("queue", "started", R"({"promptId":"p","number":3,"task":0,"new":1})"));
  EXPECT_EQ(made.seq, 31u);
  EXPECT_TRUE(made.is_numbered);
  EXPECT_EQ(made.boot, "b1");
  EXPECT_EQ(made.at_ms, 1'795'376'857'724) << "not rounded up: stamps of ComfyUI's own are cut off too";
  EXPECT_EQ(std::get<PromptStarted>(made.what).prompt_id, "p");
}

TEST(TelemetryFrame, OfOneSubscriberIsNotNumbered) {
  EXPECT_FALSE(decoded(frame("telemetry", "hello", R"({"protocol":1})")).is_numbered);
  EXPECT_FALSE(decoded(frame("telemetry", "dropped", R"({"count":7,"fromSeq":1,"toSeq":7})")).is_numbered);
  EXPECT_TRUE(decoded(frame("telemetry", "stats", "{}")).is_numbered);
  EXPECT_EQ(told<FramesDropped>(frame("telemetry", "dropped", R"({"count":7})")).count, 7u);
}

TEST(TelemetryFrame, OfANodeBecomesASnapshotOfItWithTheWorkersTimes) {
  const auto started = event<ProgressState>(
      frame("node", "node_started",
            R"({"promptId":"p","nodeId":"5.0.0.1","displayNodeId":"5","parentNodeId":"5","classType":"KSampler"})",
            "1000.9"));
  EXPECT_EQ(started.prompt_id, "p");
  ASSERT_EQ(started.nodes.size(), 1u);
  EXPECT_EQ(started.nodes[0].node_id, "5.0.0.1");
  EXPECT_EQ(started.nodes[0].display_node_id, "5");
  EXPECT_EQ(started.nodes[0].parent_node_id, "5");
  EXPECT_EQ(started.nodes[0].class_type, "KSampler");
  EXPECT_EQ(started.nodes[0].started_at_ms, 1'000);
  EXPECT_FALSE(started.nodes[0].finished);

  const auto progress =
      event<ProgressState>(frame("node", "node_progress", R"({"promptId":"p","nodeId":"5","value":3,"max":20.0})"));
  EXPECT_EQ(progress.nodes.at(0).value, 3);
  EXPECT_EQ(progress.nodes.at(0).max, 20);
  EXPECT_EQ(progress.nodes.at(0).display_node_id, "5");
  EXPECT_EQ(progress.nodes.at(0).started_at_ms, std::nullopt);

  const auto finished = event<ProgressState>(frame(
      "node", "node_finished",
      R"({"promptId":"p","nodeId":"5","displayNodeId":null,"cached":false,"startedTsMs":1000.2,"durationMs":500.1})",
      "1500.3"));
  EXPECT_TRUE(finished.nodes.at(0).finished);
  EXPECT_EQ(finished.nodes.at(0).started_at_ms, 1'000);
  EXPECT_EQ(finished.nodes.at(0).finished_at_ms, 1'500);
}

TEST(TelemetryFrame, OfACachedNodeHasNoTimes) {
  const auto cached = event<ProgressState>(
      frame("node", "node_finished", R"({"promptId":"p","nodeId":"9","cached":true,"startedTsMs":1000})"));
  EXPECT_TRUE(cached.nodes.at(0).finished);
  EXPECT_EQ(cached.nodes.at(0).started_at_ms, std::nullopt);
  EXPECT_EQ(cached.nodes.at(0).finished_at_ms, std::nullopt);
}

TEST(TelemetryFrame, CarriesComfyUisOwnMessagesAsTheyAre) {
  for (const auto* source : {"send", "executor"}) {
    const auto start =
        event<ExecutionStart>(frame(source, "execution_start", R"({"prompt_id":"p","timestamp":1795376657618})"));
    EXPECT_EQ(start.prompt_id, "p");
    EXPECT_EQ(start.timestamp_ms, 1'795'376'657'618);
  }
  EXPECT_EQ(event<NodeText>(frame("send", "progress_text", R"({"nodeId":"4","text":"half"})")).text, "half");
  EXPECT_EQ(event<UnknownEvent>(frame("send", "crystools.monitor", R"({"api_key_comfy_org":"k","cpu":1})")).data,
            *base::parse_json(R"({"cpu":1})"));
  EXPECT_THAT(refusal(frame("send", "execution_start", "{}")), HasSubstr("$.data.prompt_id"));
}

TEST(TelemetryFrame, OfTheQueueTellsThePromptWithoutCredentials) {
  const auto queued = told<PromptQueued>(frame(
      "queue", "queued",
      R"({"promptId":"p","number":3,"submissionId":"s","prompt":{"1":{"class_type":"A","inputs":{}}},"extraData":{"client_id":"c","auth_token_comfy_org":"t"},"outputs":["1"]})"));
  EXPECT_EQ(queued.item.prompt_id, "p");
  EXPECT_EQ(queued.item.number, 3);
  EXPECT_EQ(base::to_json(queued.item.graph), R"({"1":{"class_type":"A","inputs":{}}})");
  EXPECT_EQ(base::to_json(queued.item.extra_data), R"({"client_id":"c"})");
  EXPECT_THAT(queued.item.output_node_ids, ElementsAre("1"));
  EXPECT_EQ(told<PromptFinished>(frame("queue", "finished", R"({"promptId":"p","status":"error"})")).prompt_id, "p");
  const auto deleted = told<PromptsRemoved>(frame("queue", "deleted", R"({"promptIds":["a","b"]})"));
  EXPECT_THAT(deleted.prompt_ids, ElementsAre("a", "b"));
  EXPECT_FALSE(deleted.cleared);
  EXPECT_TRUE(told<PromptsRemoved>(frame("queue", "cleared", R"({"promptIds":[]})")).cleared);
  EXPECT_THAT(refusal(frame("queue", "queued", R"({"prompt":{}})")), HasSubstr("$.data.promptId"));
  EXPECT_THAT(refusal(frame("queue", "deleted", "{}")), HasSubstr("$.data.promptIds"));
}

TEST(TelemetryFrame, OfARefusedPromptTellsWhy) {
  const auto rejected = told<PromptRejected>(frame(
      "http", "rejected",
      R"({"submissionId":"s","promptId":null,"clientId":"c","error":{"type":"prompt_outputs_failed_validation","message":"Prompt outputs failed validation","details":""},)"
      R"("nodeErrors":{"3":{"class_type":"KSampler","dependent_outputs":["9"],"errors":[{"type":"value_not_in_list","message":"Value not in list","details":"sampler_name","extra_info":{}}]}},)"
      R"("prompt":{"3":{"class_type":"KSampler","inputs":{}}},"extraData":{}})"));
  EXPECT_FALSE(rejected.answer.accepted);
  EXPECT_EQ(rejected.answer.error_type, "prompt_outputs_failed_validation");
  ASSERT_EQ(rejected.answer.node_errors.size(), 1u);
  EXPECT_EQ(rejected.answer.node_errors[0].class_type, "KSampler");
  EXPECT_EQ(rejected.answer.node_errors[0].details, "sampler_name");
  EXPECT_EQ(rejected.item.prompt_id, "");
  EXPECT_EQ(rejected.item.client_id(), "c");
  EXPECT_EQ(rejected.item.graph.get_object().size(), 1u);

  const auto partly = told<PromptPartlyRejected>(frame(
      "http", "partly_rejected",
      R"({"promptId":"p","outputs":["9"],"nodeErrors":{"3":{"class_type":"K","errors":[{"type":"t","message":"m","details":"d"}]}}})"));
  EXPECT_EQ(partly.prompt_id, "p");
  EXPECT_EQ(partly.node_errors.size(), 1u);
}

TEST(TelemetryFrame, OfAPreviewIsThePictureItself) {
  const auto preview = event<PreviewImage>(
      frame("telemetry", "preview", R"({"promptId":"p","nodeId":"3","mimeType":"image/jpeg","base64":"/9j/4A=="})"));
  EXPECT_EQ(preview.format, "jpeg");
  EXPECT_EQ(preview.image, "\xFF\xD8\xFF\xE0");
  EXPECT_EQ(preview.prompt_id, "p");
  EXPECT_EQ(preview.node_id, "3");
  for (const auto* broken : {"", "x", "/9j/4A=", " /9j/4A==", "====", "/9j/4A==\\n"}) {
    EXPECT_THAT(refusal(frame("telemetry", "preview",
                              R"({"mimeType":"image/jpeg","base64":")" + std::string(broken) + R"("})")),
                HasSubstr("$.data.base64"))
        << broken;
  }
}

TEST(TelemetryFrame, OfAnUnknownEventIsKept) {
  const auto unknown = event<UnknownEvent>(frame("future", "thing", R"({"x":1})"));
  EXPECT_EQ(unknown.type, "future/thing");
  EXPECT_EQ(base::to_json(unknown.data), R"({"x":1})");
}

TEST(TelemetryFrame, WhoseDataWasTooLargeIsALoss) {
  EXPECT_EQ(told<FramesDropped>(frame("queue", "queued", R"({"tooLarge":5000000,"promptId":"p"})")).count, 1u);
}

TEST(TelemetryFrame, ThatIsNoFrameIsRefusedWithThePath) {
  EXPECT_THAT(refusal("[]"), HasSubstr("$: expected an object"));
  EXPECT_THAT(refusal(R"({"type":"status","data":{}})"), HasSubstr("$.seq"));
  EXPECT_THAT(refusal(R"({"seq":-1})"), HasSubstr("$.seq"));
  EXPECT_THAT(refusal(frame("node", "node_started", "{}", "-5")), HasSubstr("$.tsMs"));
  EXPECT_THAT(refusal(frame("node", "node_started", "{}", "1e300")), HasSubstr("$.tsMs"));
  EXPECT_THAT(refusal(frame("", "x", "{}")), HasSubstr("$.source"));
  EXPECT_THAT(refusal(frame("node", "node_started", "{}")), HasSubstr("$.data.promptId"));
  EXPECT_THAT(refusal(frame("node", "node_started", "[]")), HasSubstr("$.data: expected an object"));
  EXPECT_EQ(decode_telemetry_frame(frame("a", "b", "{}"), {.max_bytes = 10}).error().code, base::ErrorCode::too_large);
}

TEST(TelemetryHello, TellsTheProtocolAndWhatRuns) {
  const auto hello = decode_telemetry_hello(
      R"({"protocol":1,"extensionVersion":"1.0","seq":12,"boot":"b","runningNodes":[{"promptId":"p","nodeId":"3","classType":"K","startedTsMs":5.5,"value":2,"max":9},"odd",{"promptId":"p","nodeId":"4"}]})");
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello->extension.protocol, 1);
  EXPECT_EQ(hello->seq, 12u);
  EXPECT_EQ(hello->oldest_seq, 13u) << "nothing is said of any";
  EXPECT_EQ(hello->boot, "b");
  EXPECT_EQ(hello->extension.version, "1.0");
  ASSERT_EQ(hello->running.size(), 1u);
  ASSERT_EQ(hello->running[0].nodes.size(), 2u);
  EXPECT_EQ(hello->running[0].nodes[0].started_at_ms, 5);
  EXPECT_EQ(hello->running[0].nodes[0].value, 2);
}

TEST(TelemetryHello, TellsTapsCountsAndCost) {
  const auto hello = decode_telemetry_hello(
      R"({"protocol":1,"extensionVersion":"0.0.1","seq":0,"boot":"b","taps":{"present":["a","b",{}],"skipped":[{"name":"c","reason":"no c"},{"reason":"?"},7]},
          "cost":{"recentP50Ns":9440,"recentP99Ns":31060},"counters":{"dropped":4},"failures":{"a":2,"c":1,"odd":"x"}})");
  ASSERT_TRUE(hello.ok());
  const model::ExtensionInfo& extension = hello->extension;
  EXPECT_EQ(extension.taps, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(extension.skipped_taps, (std::vector<model::SkippedTap>{{"c", "no c"}}));
  EXPECT_EQ(extension.frames_dropped, 4);
  EXPECT_EQ(extension.failures, 3);
  EXPECT_DOUBLE_EQ(extension.event_cost_p50_us.value_or(0), 9.44);
  EXPECT_DOUBLE_EQ(extension.event_cost_p99_us.value_or(0), 31.06);
  EXPECT_TRUE(extension.outdated);
}

TEST(TelemetryHello, LeavesOpenWhatIsNotTold) {
  const auto hello = decode_telemetry_hello(
      R"({"protocol":1,"extensionVersion":"999.0","seq":0,"boot":"b","taps":[],"cost":{"recentP50Ns":null},"failures":3})");
  ASSERT_TRUE(hello.ok());
  model::ExtensionInfo bare;
  bare.version = "999.0";
  bare.protocol = 1;
  EXPECT_EQ(hello->extension, bare);
}

TEST(TelemetryFrame, OfStatsTellsCountsAndCost) {
  const auto stats =
      told<TelemetryStats>(frame("telemetry", "stats", R"({"counters":{},"failures":{},"cost":{"recentP50Ns":1500}})"));
  EXPECT_EQ(stats.frames_dropped, 0);
  EXPECT_EQ(stats.failures, 0);
  EXPECT_EQ(stats.event_cost_p50_us, 1.5);
  EXPECT_FALSE(stats.event_cost_p99_us);
}

TEST(TelemetryFrame, OfTorchMemoryTellsWhatEachDeviceHolds) {
  const auto read = decode_telemetry_frame(frame(
      "device", "torch_memory",
      R"({"promptId":"p","nodeId":"1","devices":[{"device":1,"allocatedBytes":100,"reservedBytes":300,"peakAllocatedBytes":200},{"device":0,"allocatedBytes":-1,"reservedBytes":5},"odd"]})"));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->torch_memory.size(), 1u);
  EXPECT_EQ(read->torch_memory[0].device_index, 1);
  EXPECT_EQ(read->torch_memory[0].allocated_bytes, 100);
  EXPECT_EQ(read->torch_memory[0].reserved_bytes, 300);
}

TEST(TelemetryFrame, OfAFinishedNodeTellsItsPeakOnTheDeviceWhereThatWasHighest) {
  const auto peak_with = [](const std::string& memory) {
    const auto read = decode_telemetry_frame(
        frame("node", "node_finished",
              R"({"promptId":"p","nodeId":"1","cached":false,"startedTsMs":1,"memory":)" + memory + "}"));
    EXPECT_TRUE(read.ok());
    return std::get<ProgressState>(std::get<Event>(read->what)).nodes.at(0).vram_peak_bytes;
  };
  EXPECT_EQ(peak_with(R"([{"device":0,"nodePeakAllocatedBytes":5},{"device":1,"nodePeakAllocatedBytes":7}])"), 7);
  EXPECT_EQ(peak_with(R"([{"device":0,"nodePeakAllocatedBytes":null,"peakAllocatedBytes":9}])"), std::nullopt);
  EXPECT_EQ(peak_with("null"), std::nullopt);
}

TEST(TelemetryHello, OfAnotherProtocolTellsOnlyThat) {
  EXPECT_EQ(decode_telemetry_hello(R"({"protocol":2,"seq":"new"})")->extension.protocol, 2);
  EXPECT_FALSE(decode_telemetry_hello(R"({"protocol":1,"seq":"new","boot":"b"})").ok());
  EXPECT_FALSE(decode_telemetry_hello(R"({"protocol":1,"seq":1})").ok());
  EXPECT_FALSE(decode_telemetry_hello(R"({"hello":1})").ok());
  EXPECT_FALSE(decode_telemetry_hello("<html>").ok());
}

}  // namespace
}  // namespace comfytrace::comfyui
