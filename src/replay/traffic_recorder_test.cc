#include "replay/traffic_recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "replay/exchange.h"
#include "replay/recording_file.h"
#include "replay/server_model.h"
#include "replay/test_clients.h"

namespace comfytrace::replay {
namespace {

namespace fs = std::filesystem;

class TrafficRecorderTest : public testing::Test {
 protected:
  TrafficRecorderTest() {
    options.file = fs::temp_directory_path() / ("comfytrace_recorder_test_" + std::to_string(::getpid()) + ".jsonl");
    fs::remove(options.file);
  }
  ~TrafficRecorderTest() override { fs::remove(options.file); }

  static net::Url url_of(const Theatre& theatre) {
    net::Url url;
    url.scheme = "http";
    url.host = "127.0.0.1";
    url.port = theatre.server.port();
    return url;
  }

  base::Result<void> start(Theatre& theatre, TrafficRecorder& recorder) {
    std::optional<base::Result<void>> started;
    recorder.start([&](base::Result<void> outcome) { started = std::move(outcome); });
    EXPECT_TRUE(theatre.until([&] { return started.has_value(); }));
    return *started;
  }

  std::string written() const {
    std::ifstream in(options.file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TrafficRecorderOptions options;
};

TEST_F(TrafficRecorderTest, RecordsWhatCanBeReplayed) {
  ReplayOptions replaying;
  replaying.play = false;
  Theatre theatre({"0.8.0/h_long_previews"}, replaying);
  TrafficRecorder recorder(theatre.io, url_of(theatre), options);
  ASSERT_TRUE(start(theatre, recorder).ok());
  ASSERT_TRUE(theatre.until([&] { return recorder.counts().frames > 0; }));
  const auto answer = theatre.ask("POST", "/prompt", R"({"client_id":"x","extra_data":{"api_key_comfy_org":"s3cret"},
      "prompt":{"1":{"class_type":"Alien","inputs":{}},"2":{"class_type":"SaveImage","inputs":{"i":["1",0]}}}})");
  const std::string id = base::find_string(answer.json, "prompt_id").value();
  ASSERT_TRUE(theatre.until([&] { return written().find("\"" + id + "\":{") != std::string::npos; }));
  recorder.stop();

  EXPECT_EQ(written().find("s3cret"), std::string::npos);
  auto recording = read_recording(options.file);
  ASSERT_TRUE(recording.ok()) << recording.error().sentence();
  EXPECT_EQ(recording->version, "0.8.0");
  EXPECT_GT(recording->epoch_ms, 1'700'000'000'000);
  const ServerModel model = make_server_model(std::move(*recording));
  ASSERT_EQ(model.prompts.size(), 1u);
  const RecordedPrompt& prompt = model.prompts[0];
  EXPECT_EQ(prompt.id, id);
  EXPECT_EQ(prompt.client_id, "x");
  ASSERT_TRUE(prompt.started_us && prompt.finished_us);
  EXPECT_LE(prompt.submitted_us, *prompt.started_us);
  EXPECT_LT(*prompt.started_us, *prompt.finished_us);
  EXPECT_EQ(state_at(model, *prompt.finished_us - 1).running().size(), 1u);
  EXPECT_EQ(state_at(model, model.duration_us).history_ids(), std::vector<std::string>{id});
}

TEST_F(TrafficRecorderTest, RecordsALostConnectionAndComesBack) {
  ReplayOptions replaying;
  replaying.speed = 0;
  replaying.wait_for_client = true;
  replaying.faults = *parse_faults({"cut:every=3"});
  Theatre theatre({"0.3.64/g_queue"}, replaying);
  TrafficRecorder recorder(theatre.io, url_of(theatre), options);
  ASSERT_TRUE(start(theatre, recorder).ok());
  ASSERT_TRUE(theatre.until([&] { return recorder.counts().disconnects > 0; }));
  ASSERT_TRUE(theatre.until([&] { return theatre.server.counts().sockets >= 2; }));
  recorder.stop();
  EXPECT_NE(written().find("CLOSED close_code=1006"), std::string::npos);
}

TEST_F(TrafficRecorderTest, LeavesAnExistingFileAlone) {
  std::ofstream(options.file) << "mine";
  ReplayOptions replaying;
  replaying.play = false;
  Theatre theatre({"0.8.0/a_simple_success"}, replaying);
  TrafficRecorder recorder(theatre.io, url_of(theatre), options);
  const auto started = start(theatre, recorder);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(written(), "mine");
  options.overwrite = true;
  TrafficRecorder bold(theatre.io, url_of(theatre), options);
  EXPECT_TRUE(start(theatre, bold).ok());
}

TEST_F(TrafficRecorderTest, SaysThatNobodyIsThereOrSomebodyElse) {
  ReplayOptions replaying;
  replaying.play = false;
  replaying.faults = *parse_faults({"http:errors=1"});
  Theatre theatre({"0.8.0/a_simple_success"}, replaying);
  TrafficRecorder recorder(theatre.io, url_of(theatre), options);
  EXPECT_EQ(start(theatre, recorder).error().code, base::ErrorCode::invalid);
  net::Url url = url_of(theatre);
  theatre.server.stop();
  TrafficRecorder alone(theatre.io, url, options);
  EXPECT_EQ(start(theatre, alone).error().code, base::ErrorCode::unavailable);
  EXPECT_FALSE(fs::exists(options.file));
}

TEST_F(TrafficRecorderTest, SaysThatTheFileCannotBeMade) {
  ReplayOptions replaying;
  replaying.play = false;
  Theatre theatre({"0.8.0/a_simple_success"}, replaying);
  options.file = "/nowhere/at/all.jsonl";
  TrafficRecorder recorder(theatre.io, url_of(theatre), options);
  EXPECT_EQ(start(theatre, recorder).error().code, base::ErrorCode::denied);
}

TEST(RecordingFile, DescribesBinaryFramesAsTheRecordingsDo) {
  const Recording recording = test_recording("0.3.64/h_long_previews");
  for (const RecordedLine& line : recording.lines) {
    if (binary_type(line) != 3) continue;
    EXPECT_EQ(base::to_json(describe_binary(frame_bytes(line))), base::to_json(*line.binary));
  }
  EXPECT_EQ(describe_binary("abc").at("len"), base::json::value(3));
}

}  // namespace
}  // namespace comfytrace::replay
