#include "comfyui/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace comfytrace::comfyui {
namespace {

using base::ErrorCode;
using model::MediaKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<model::Artifact> artifacts(std::string_view output) {
  return read_artifacts("7", *base::parse_json(output));
}

TEST(QueueBody, GivesPendingItemsInRunOrderWithoutCredentials) {
  std::size_t skipped = 9;
  const auto queue = decode_queue(R"({"queue_running":[[7.5,"r",{"1":{"class_type":"A"}},
      {"client_id":"c","create_time":1795376657617,"api_key_comfy_org":"key",
       "extra_pnginfo":{"workflow":{"nested":[{"auth_token_comfy_org":"token"}]}}},["1","2"],{"api_key_comfy_org":"k"}]],
    "queue_pending":[[30,"b",{},null,[]],[-31,"a",{},{}],[30,"c",{},[],["x"]],"broken",[1],[1,null,{},{}],[1,"x",[],{}]]})",
                                  &skipped);
  ASSERT_TRUE(queue.ok()) << queue.error().sentence();
  EXPECT_EQ(skipped, 4u);
  ASSERT_EQ(queue->running.size(), 1u);
  const QueueItem& running = queue->running[0];
  EXPECT_EQ(running.number, 7.5);
  EXPECT_EQ(running.client_id(), "c");
  EXPECT_EQ(running.create_time_ms(), 1795376657617);
  EXPECT_THAT(running.output_node_ids, ElementsAre("1", "2"));
  EXPECT_EQ(base::to_json(running.extra_data),
            R"({"client_id":"c","create_time":1795376657617,"extra_pnginfo":{"workflow":{"nested":[{}]}}})");
  ASSERT_EQ(queue->pending.size(), 3u);
  EXPECT_EQ(queue->pending[0].prompt_id, "a");
  EXPECT_EQ(queue->pending[1].prompt_id, "b");
  EXPECT_EQ(queue->pending[2].prompt_id, "c");
  EXPECT_EQ(queue->pending[1].client_id(), std::nullopt);
  EXPECT_TRUE(queue->pending[1].extra_data.is_object());
}

TEST(QueueBody, ThatIsNoneNamesThePath) {
  EXPECT_THAT(decode_queue(R"({"queue_running":[]})").error().sentence(), HasSubstr("$.queue_pending"));
  EXPECT_THAT(decode_queue(R"([])").error().sentence(), HasSubstr("$: expected an object"));
  EXPECT_EQ(decode_queue("<html>").error().code, ErrorCode::invalid);
  EXPECT_EQ(decode_queue("").error().code, ErrorCode::invalid);
}

TEST(HistoryBody, OfAnUnknownPromptIsEmpty) {
  const auto history = decode_history("{}");
  ASSERT_TRUE(history.ok());
  EXPECT_TRUE(history->empty());
}

TEST(HistoryBody, KeepsTheGoodEntriesAndCountsTheBroken) {
  std::size_t skipped = 0;
  const auto history = decode_history(R"({
    "a":{"prompt":[0,"a",{"4":{"class_type":"S"}},{"api_key_comfy_org":"k"},["4"],"more","still more"],
         "outputs":{"4":{"images":[]}},
         "status":{"status_str":"error","completed":false,"messages":[
            ["execution_start",{"prompt_id":"a","timestamp":5}],["execution_cached",{"nodes":["1"],"prompt_id":"a"}],
            ["execution_start",{}],"odd",[5,{}],["from_tomorrow",{"x":1}],
            ["execution_interrupted",{"prompt_id":"a","node_id":"4","node_type":"S","executed":[],"timestamp":9}]]},
         "meta":{"4":{"node_id":"4"}}},
    "b":{"prompt":[1,"b",{},{}],"outputs":null,"status":null},
    "c":{"prompt":[1]}, "d":[], "e":{}})",
                                      &skipped);
  ASSERT_TRUE(history.ok()) << history.error().sentence();
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ(skipped, 6u);
  const HistoryEntry& a = (*history)[0];
  EXPECT_EQ(a.prompt.prompt_id, "a");
  EXPECT_EQ(base::to_json(a.prompt.extra_data), "{}");
  EXPECT_EQ(a.status_text, "error");
  EXPECT_FALSE(a.completed);
  ASSERT_EQ(a.messages.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<UnknownEvent>(a.messages[2]));
  EXPECT_EQ(std::get<ExecutionInterrupted>(a.messages[3]).timestamp_ms, 9);
  EXPECT_EQ(base::to_json(a.meta), R"({"4":{"node_id":"4"}})");
  const HistoryEntry& b = (*history)[1];
  EXPECT_EQ(b.status_text, "");
  EXPECT_TRUE(b.messages.empty());
  EXPECT_EQ(base::to_json(b.outputs), "{}");
}

TEST(SystemStatsBody, NumbersDevicesByPlaceWhereTheServerDoesNot) {
  const auto stats = decode_system_stats(R"({"system":{"os":"posix","ram_total":100,"ram_free":-1,"argv":["main.py"],
    "comfyui_version":"0.3.64","pytorch_version":"2.5"},
    "devices":[{"name":"cuda:0 X","type":"cuda","index":0,"vram_total":5e9,"vram_free":2.5},
               {"name":"cpu","type":"cpu","index":null},"odd"]})");
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->worker.os, "posix");
  EXPECT_EQ(stats->worker.ram_total_bytes, 100);
  EXPECT_EQ(stats->worker.ram_free_bytes, std::nullopt);
  ASSERT_EQ(stats->worker.devices.size(), 2u);
  EXPECT_EQ(stats->worker.devices[0].vram_total_bytes, 5'000'000'000);
  EXPECT_EQ(stats->worker.devices[1].index, 1);
  EXPECT_EQ(stats->worker.devices[1].vram_total_bytes, std::nullopt);
  EXPECT_THAT(decode_system_stats("{}").error().sentence(), HasSubstr("$.system"));
}

TEST(PromptAnswerBody, NamesWhatIsWrongInEveryShape) {
  EXPECT_THAT(decode_prompt_answer(200, "{}").error().sentence(), HasSubstr("$.prompt_id"));
  EXPECT_FALSE(decode_prompt_answer(200, "gateway").ok());
  const auto text = decode_prompt_answer(500, "500 Internal Server Error\n");
  EXPECT_THAT(*text->error_message, HasSubstr("Internal Server Error"));
  EXPECT_EQ(text->error_type, std::nullopt);
  EXPECT_EQ(decode_prompt_answer(403, "")->error_message, "HTTP status 403");
  EXPECT_EQ(decode_prompt_answer(400, R"({"error":"short"})")->error_message, "short");
  const auto full = decode_prompt_answer(400, R"({"error":{"type":"invalid_prompt","message":"No.","details":"#3"},
      "node_errors":{"3":{"errors":[{"type":"t","message":"m","details":"d"},{}],"class_type":"C"},"4":null}})");
  EXPECT_EQ(full->error_type, "invalid_prompt");
  EXPECT_EQ(full->error_message, "No. (#3)");
  ASSERT_EQ(full->node_errors.size(), 2u);
  EXPECT_EQ(full->node_errors[0], (model::ValidationError{"3", "C", "t", "m", "d"}));
  EXPECT_TRUE(decode_prompt_answer(400, R"({"error":{},"node_errors":[]})")->node_errors.empty());
}

TEST(QueueRemainingBody, NeedsItsNumber) {
  EXPECT_EQ(*decode_queue_remaining(R"({"exec_info":{"queue_remaining":3}})"), 3);
  EXPECT_THAT(decode_queue_remaining(R"({"exec_info":{}})").error().sentence(),
              HasSubstr("$.exec_info.queue_remaining"));
  EXPECT_FALSE(decode_queue_remaining("{}").ok());
}

TEST(Artifacts, TellVideosFromPicturesByTheirExtension) {
  const auto animated =
      artifacts(R"({"images":[{"filename":"v_00001_.MP4","subfolder":"video","type":"output"}],"animated":[true]})");
  ASSERT_EQ(animated.size(), 1u);
  EXPECT_EQ(animated[0].kind, MediaKind::video);
  EXPECT_EQ(animated[0].node_id, "7");
  EXPECT_EQ(animated[0].subfolder, "video");
  EXPECT_EQ(artifacts(R"({"images":[{"filename":"a.webp","type":"temp"}],"animated":[true]})")[0].kind,
            MediaKind::image);
  EXPECT_EQ(artifacts(R"({"gifs":[{"filename":"a.gif"}]})")[0].kind, MediaKind::image);
  EXPECT_EQ(artifacts(R"({"gifs":[{"filename":"a.webm","format":"video/webm"}]})")[0].kind, MediaKind::video);
  EXPECT_EQ(artifacts(R"({"videos":[{"filename":"noextension"}]})")[0].kind, MediaKind::video);
  EXPECT_EQ(artifacts(R"({"audio":[{"filename":"a.flac"}]})")[0].kind, MediaKind::audio);
  EXPECT_EQ(artifacts(R"({"audio":[{"filename":"a.webm"}]})")[0].kind, MediaKind::audio);
  EXPECT_EQ(artifacts(R"({"3d":[{"filename":"mesh.glb"}]})")[0].kind, MediaKind::other);
  EXPECT_EQ(artifacts(R"({"result":{"filename":"x.png"}})")[0].type, "output");
}

TEST(Artifacts, GiveTextsAsTheirContent) {
  const auto list = artifacts(R"({"text":["one","two",3]})");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].kind, MediaKind::text);
  EXPECT_EQ(list[1].text, "two");
  EXPECT_EQ(list[1].filename, "");
  EXPECT_EQ(artifacts(R"({"text":"alone"})")[0].text, "alone");
}

TEST(Artifacts, OfOutputsWithoutFilesAreNone) {
  for (const auto* output : {"null", "[]", "{}", R"({"images":null})", R"({"images":[null,1,"x",{"filename":5}]})",
                             R"({"value":[1.5]})", R"({"images":[{"filename":""}]})"}) {
    EXPECT_TRUE(artifacts(output).empty()) << output;
  }
}

TEST(Artifacts, AFileUnderTwoKeysIsOne) {
  EXPECT_EQ(artifacts(R"({"images":[{"filename":"a.png"},{"filename":"b.png"}],"also":[{"filename":"a.png"}]})").size(),
            2u);
}

}  // namespace
}  // namespace comfytrace::comfyui
