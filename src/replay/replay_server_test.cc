#include "replay/replay_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "replay/exchange.h"
#include "replay/test_clients.h"

namespace comfytrace::replay {
namespace {

const std::string kA = "/ws?clientId=aaaaaaaa-0000-4000-8000-000000000001";
const std::string kB = "/ws?clientId=bbbbbbbb-0000-4000-8000-000000000002";
const std::string kStranger = "/ws?clientId=99999999-0000-4000-8000-000000000009";

ReplayOptions as_fast_as_possible() {
  ReplayOptions options;
  options.speed = 0;
  options.wait_for_client = true;
  options.original_times = true;
  return options;
}

// What the label got over its WebSocket, without what is sent on connecting.
std::vector<std::string> recorded_frames(const Recording& recording, const std::string& label) {
  std::vector<std::string> frames;
  for (const RecordedLine& line : recording.lines) {
    if (line.direction != Direction::websocket_in || line.client != label || !(line.json || line.binary)) continue;
    const std::string bytes = frame_bytes(line);
    if (bytes.find("\"sid\"") != std::string::npos) continue;
    frames.push_back(line.binary ? "binary " + bytes : bytes);
  }
  return frames;
}

std::vector<std::string> without_greeting(const TestSocket& socket) {
  EXPECT_FALSE(socket.frames.empty());
  EXPECT_NE(socket.frames.at(0).find("\"sid\""), std::string::npos);
  return {socket.frames.begin() + 1, socket.frames.end()};
}

constexpr const char* kWorkflow = R"({"prompt":{
  "7":{"class_type":"EmptyImage","inputs":{"width":64,"height":64,"batch_size":1,"color":0}},
  "8":{"class_type":"ImageInvert","inputs":{"image":["7",0]}},
  "9":{"class_type":"ImageBlur","inputs":{"image":["8",0],"blur_radius":1,"sigma":1.0}},
  "12":{"class_type":"SaveImage","inputs":{"images":["9",0],"filename_prefix":"x"}}},
  "client_id":"runner","extra_data":{"run_id":"r1","api_key_comfy_org":"secret"}})";

TEST(ReplayServer, GivesTheOwnerExactlyItsRecordedFrames) {
  for (const char* name : {"0.3.64/a_simple_success", "0.8.0/h_long_previews", "0.3.64/q_async_and_subgraph"}) {
    SCOPED_TRACE(name);
    Theatre theatre({name}, as_fast_as_possible());
    const auto owner = theatre.connect(kA);
    const auto wanted = recorded_frames(test_recording(name), "A");
    ASSERT_TRUE(theatre.until([&] { return owner->frames.size() > wanted.size(); }));
    EXPECT_EQ(without_greeting(*owner), wanted);
  }
}

TEST(ReplayServer, GivesAStrangerWhatTheRecordedWatcherGot) {
  const auto wanted = recorded_frames(test_recording("0.3.64/j_two_clients"), "B");
  Theatre theatre({"0.3.64/j_two_clients"}, as_fast_as_possible());
  const auto stranger = theatre.connect(kStranger);
  ASSERT_TRUE(theatre.until([&] { return stranger->frames.size() > wanted.size(); }));
  EXPECT_EQ(without_greeting(*stranger), wanted);
}

TEST(ReplayServer, GivesEveryoneTheOwnersFramesWhenShowing) {
  ReplayOptions options = as_fast_as_possible();
  options.audience = Audience::everyone;
  Theatre theatre({"0.3.64/d_error"}, options);
  const auto stranger = theatre.connect(kStranger);
  const auto wanted = recorded_frames(test_recording("0.3.64/d_error"), "A");
  ASSERT_TRUE(theatre.until([&] { return stranger->frames.size() > wanted.size(); }));
  EXPECT_EQ(without_greeting(*stranger), wanted);
}

TEST(ReplayServer, AnswersFromItsMemoryAfterThePlay) {
  Theatre theatre({"0.3.64/g_queue"}, as_fast_as_possible());
  const auto stranger = theatre.connect(kStranger);
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  const auto history = theatre.ask("GET", "/api/history");
  EXPECT_EQ(history.status, 200);
  EXPECT_EQ(history.json.as_object().size(), 5u);  // the others were deleted and cleared
  EXPECT_EQ(theatre.ask("GET", "/history?max_items=2").json.as_object().size(), 2u);
  EXPECT_EQ(theatre.ask("GET", "/history?max_items=0").body, "{}");
  EXPECT_EQ(theatre.ask("GET", "/history?max_items=x").status, 500);
  const std::string id(history.json.as_object().begin()->key());
  EXPECT_EQ(theatre.ask("GET", "/history/" + id).json.as_object().size(), 1u);
  EXPECT_EQ(theatre.ask("POST", "/history", R"({"delete":[")" + id + "\"]}").status, 200);
  EXPECT_EQ(theatre.ask("GET", "/history/" + id).body, "{}");
  EXPECT_TRUE(base::find(theatre.ask("GET", "/system_stats").json, "devices"));
  EXPECT_TRUE(base::find(theatre.ask("GET", "/features").json, "supports_preview_metadata"));
  EXPECT_EQ(theatre.ask("GET", "/api/jobs").status, 404);
}

TEST(ReplayServer, ShowsAPictureForEveryPictureName) {
  ReplayOptions options;
  options.play = false;
  Theatre theatre({"0.3.64/a_simple_success"}, options);
  const auto one = theatre.ask("GET", "/view?filename=probe_00001_.png&subfolder=&type=output");
  EXPECT_EQ(one.status, 200);
  EXPECT_TRUE(one.body.starts_with("\x89PNG"));
  EXPECT_EQ(one.body, theatre.ask("GET", "/view?filename=probe_00001_.png&type=output").body);
  EXPECT_NE(one.body, theatre.ask("GET", "/view?filename=probe_00002_.png&type=output").body);
  EXPECT_EQ(theatre.ask("GET", "/view?filename=x.mp4").status, 404);
  EXPECT_EQ(theatre.ask("GET", "/view").status, 400);
}

TEST(ReplayServer, MovesRecordedTimesToNow) {
  ReplayOptions options = as_fast_as_possible();
  options.original_times = false;
  const std::int64_t before_ms = base::system_clock().now_ms();
  Theatre theatre({"0.3.64/a_simple_success"}, options);
  const auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  const auto history = theatre.ask("GET", "/history").json;
  const auto& entry = history.get_object().begin()->value();
  const auto& messages = *base::find_array(*base::find(entry, "status"), "messages");
  const auto start_ms = base::find_integer(messages[0].get_array()[1], "timestamp").value();
  const auto end_ms = base::find_integer(messages[2].get_array()[1], "timestamp").value();
  EXPECT_LE(std::abs(end_ms - before_ms), 3'600'000);
  EXPECT_EQ(end_ms - start_ms, 1795376386329 - 1795376386225);  // as far apart as recorded
}

TEST(ReplayServer, LosesItsMemoryWhereTheRecordedServerDid) {
  Theatre theatre({"0.3.64/k_sigkill_restart"}, as_fast_as_possible());
  auto stranger = theatre.connect(kStranger);
  ASSERT_TRUE(theatre.until([&] { return stranger->closed.has_value(); }));
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  stranger = theatre.connect(kStranger);
  ASSERT_TRUE(stranger->opened);
  const auto history = theatre.ask("GET", "/history");
  ASSERT_EQ(history.json.as_object().size(), 1u);  // what ran after the restart
  EXPECT_EQ(base::find_array(history.json.as_object().begin()->value(), "prompt")->at(0), base::json::value(0));
  EXPECT_EQ(theatre.server.counts().restarts, 1u);
}

TEST(ReplayServer, PlaysSeveralRecordingsAndAgainWithFreshIds) {
  ReplayOptions options = as_fast_as_possible();
  options.loop = true;
  options.audience = Audience::everyone;
  Theatre theatre({"0.3.64/a_simple_success", "0.3.64/c_partially_cached"}, options);
  const auto stranger = theatre.connect(kStranger);
  ASSERT_TRUE(theatre.until([&] { return stranger->count("execution_success") >= 7; }));
  std::set<std::string> ids;
  std::vector<std::string> in_order;
  for (std::size_t i = 0; i < stranger->frames.size(); ++i) {
    if (stranger->types[i] != "execution_success") continue;
    const auto frame = base::parse_json(stranger->frames[i]);
    in_order.push_back(*base::find_string(*base::find(*frame, "data"), "prompt_id"));
    ids.insert(in_order.back());
  }
  EXPECT_EQ(ids.size(), in_order.size());
  EXPECT_FALSE(theatre.finished);
  const auto history = theatre.ask("GET", "/history").json;
  double last = -1;
  for (const auto& [id, entry] : history.get_object()) {
    const double number = base::as_number(base::find_array(entry, "prompt")->at(0)).value();
    EXPECT_GT(number, last);  // falling numbers would look like a restart
    last = number;
  }
}

TEST(ReplayServer, ExecutesWhatIsPosted) {
  ReplayOptions options;
  options.play = false;
  options.speed = 0;
  Theatre theatre({"0.3.64/h_long_previews", "0.8.0/a_simple_success"}, options);
  const auto runner = theatre.connect("/ws?clientId=runner");
  const auto stranger = theatre.connect(kStranger);
  const auto answer = theatre.ask("POST", "/prompt", kWorkflow);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string id = base::find_string(answer.json, "prompt_id").value();
  ASSERT_TRUE(theatre.until(
      [&] { return !runner->frames.empty() && runner->frames.back().find(R"("node":null)") != std::string::npos; }));
  EXPECT_EQ(runner->count("execution_start"), 1u);
  EXPECT_EQ(runner->count("execution_success"), 1u);
  EXPECT_EQ(runner->count("executed"), 1u);
  std::set<std::string> executing;
  for (std::size_t i = 0; i < runner->frames.size(); ++i) {
    const auto frame = base::parse_json(runner->frames[i]);
    ASSERT_TRUE(frame.ok());
    const auto& data = *base::find(*frame, "data");
    if (runner->types[i] != "status") {
      EXPECT_EQ(base::find_string(data, "prompt_id"), id);
    }
    if (const auto node = base::find_string(data, "node")) executing.insert(*node);
  }
  EXPECT_EQ(executing, (std::set<std::string>{"12", "7", "8", "9"}));
  ASSERT_TRUE(theatre.until([&] { return stranger->frames.size() >= 4; }));
  EXPECT_EQ(stranger->count("status"), stranger->frames.size());  // events go to the owner only

  const auto entry = theatre.ask("GET", "/history/" + id).json.as_object().at(id);
  EXPECT_EQ(base::find_bool(*base::find(entry, "status"), "completed"), true);
  EXPECT_TRUE(base::find_object(entry, "outputs")->contains("12"));
  const auto& extra = base::find_array(entry, "prompt")->at(3);
  EXPECT_EQ(base::find_string(extra, "run_id"), "r1");
  EXPECT_EQ(base::find_string(extra, "client_id"), "runner");
  EXPECT_FALSE(base::find(extra, "api_key_comfy_org"));
}

TEST(ReplayServer, ExecutesOnePromptAfterAnother) {
  ReplayOptions options;
  options.play = false;
  options.speed = 1;
  Theatre theatre({"0.8.0/a_simple_success"}, options);
  const auto runner = theatre.connect("/ws?clientId=runner");
  const auto first = base::find_string(theatre.ask("POST", "/prompt", kWorkflow).json, "prompt_id").value();
  const auto second = base::find_string(theatre.ask("POST", "/prompt", kWorkflow).json, "prompt_id").value();
  ASSERT_TRUE(theatre.until([&] { return runner->count("execution_success") == 2; }));
  std::vector<std::string> order;
  for (std::size_t i = 0; i < runner->frames.size(); ++i) {
    if (!runner->types[i].starts_with("execution_s")) continue;
    order.push_back(*base::find_string(*base::find(*base::parse_json(runner->frames[i]), "data"), "prompt_id"));
  }
  EXPECT_EQ(order, (std::vector<std::string>{first, first, second, second}));
}

TEST(ReplayServer, MakesUpARunForAGraphLikeNoneRecorded) {
  ReplayOptions options;
  options.play = false;
  options.speed = 0;
  Theatre theatre({"0.8.0/a_simple_success"}, options);
  const auto stranger = theatre.connect(kStranger);
  const auto answer = theatre.ask("POST", "/prompt", R"({"prompt":{"1":{"class_type":"Alien","inputs":{}},
      "2":{"class_type":"SaveVideo","inputs":{"x":["1",0]}}}})");
  const std::string id = base::find_string(answer.json, "prompt_id").value();
  // Nobody owns it: its progress is for all, its start and end for none.
  ASSERT_TRUE(theatre.until([&] { return stranger->count("status") == 4; }));
  EXPECT_EQ(stranger->count("execution_start") + stranger->count("executing"), 0u);
  EXPECT_EQ(stranger->count("progress"), 8u);
  EXPECT_EQ(theatre.ask("GET", "/history/" + id).json.as_object().size(), 1u);
}

TEST(ReplayServer, InterruptsWhatRuns) {
  ReplayOptions options;
  options.play = false;
  Theatre theatre({"0.8.0/h_long_previews"}, options);
  const auto runner = theatre.connect("/ws?clientId=runner");
  const auto answer = theatre.ask("POST", "/prompt", R"({"client_id":"runner","prompt":{
      "1":{"class_type":"ProbeSleep","inputs":{}},"2":{"class_type":"PreviewImage","inputs":{"images":["1",0]}}}})");
  const std::string id = base::find_string(answer.json, "prompt_id").value();
  ASSERT_TRUE(theatre.until([&] { return runner->count("executing") > 0; }));
  EXPECT_EQ(theatre.ask("POST", "/interrupt", R"({"prompt_id":"other"})").status, 200);
  EXPECT_EQ(base::find_array(theatre.ask("GET", "/queue").json, "queue_running")->size(), 1u);
  EXPECT_EQ(theatre.ask("POST", "/interrupt").status, 200);
  ASSERT_TRUE(theatre.until([&] { return runner->count("execution_interrupted") == 1; }));
  ASSERT_TRUE(theatre.until([&] { return theatre.ask("GET", "/queue").body.find(id) == std::string::npos; }));
  const auto entry = theatre.ask("GET", "/history/" + id).json.as_object().at(id);
  EXPECT_EQ(base::find_bool(*base::find(entry, "status"), "completed"), false);
}

TEST(ReplayServer, RefusesPromptsAsComfyUiDoes) {
  ReplayOptions options;
  options.play = false;
  Theatre theatre({"0.8.0/a_simple_success"}, options);
  const auto type_of = [&](const std::string& body) {
    const auto answer = theatre.ask("POST", "/prompt", body);
    EXPECT_EQ(answer.status, 400);
    return base::find_string(*base::find(answer.json, "error"), "type").value();
  };
  EXPECT_EQ(type_of("{}"), "no_prompt");
  EXPECT_EQ(type_of(R"({"prompt":{}})"), "prompt_no_outputs");
  EXPECT_EQ(type_of(R"({"prompt":{"1":{"inputs":{}}}})"), "invalid_prompt");
  EXPECT_EQ(theatre.ask("POST", "/prompt", "{nope").status, 500);
  // Each has consumed a number.
  EXPECT_EQ(base::find_integer(theatre.ask("POST", "/prompt", kWorkflow).json, "number"), 3);
}

TEST(ReplayServer, AnswersFeatureFlagsToTheFirstMessageOnly) {
  ReplayOptions options;
  options.play = false;
  Theatre theatre({"0.8.0/a_simple_success"}, options);
  const auto polite = theatre.connect(kStranger);
  polite->client.send_text(R"({"type":"feature_flags","data":{"supports_preview_metadata":true}})");
  ASSERT_TRUE(theatre.until([&] { return polite->count("feature_flags") == 1; }));
  const auto late = theatre.connect(kB);
  late->client.send_text("hello");
  late->client.send_text(R"({"type":"feature_flags","data":{}})");
  static_cast<void>(theatre.ask("GET", "/queue"));
  EXPECT_EQ(late->count("feature_flags"), 0u);
  const auto nowhere = theatre.connect("/nowhere");
  EXPECT_FALSE(nowhere->opened);
}

TEST(ReplayServer, SaysWhyItDoesNotStart) {
  asio::io_context io(1);
  ReplayServer empty(io, std::vector<Recording>{}, {});
  EXPECT_EQ(empty.start("127.0.0.1", 0).error().code, base::ErrorCode::invalid);
  ReplayOptions backwards;
  backwards.speed = -1;
  ReplayServer slow(io, test_recording("0.8.0/a_simple_success"), backwards);
  EXPECT_EQ(slow.start("127.0.0.1", 0).error().field, "speed");
  Theatre theatre({"0.8.0/a_simple_success"}, {});
  ReplayServer second(io, test_recording("0.8.0/a_simple_success"), {});
  EXPECT_EQ(second.start("127.0.0.1", theatre.server.port()).error().code, base::ErrorCode::conflict);
}

}  // namespace
}  // namespace comfytrace::replay
