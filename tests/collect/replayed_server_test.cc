#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collect/recorder.h"
#include "collect/testing/fake_comfyui.h"
#include "collect/testing/gathering_sink.h"
#include "comfyui/body.h"
#include "net/http_client.h"
#include "replay/recording.h"
#include "replay/replay_server.h"

// A recorder beside every recorded server: whatever that server's history says in the end, ours says too.
namespace comfytrace {
namespace {

using collect::testing::fast_timings;
using collect::testing::GatheringSink;
using collect::testing::run_until;

std::vector<std::filesystem::path> recordings() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(COMFYTRACE_SOURCE_DIR "/tests/recordings")) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string name_of(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

class ReplayedServerTest : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void play(replay::Faults faults) {
    auto recording = replay::read_recording(GetParam());
    ASSERT_TRUE(recording) << recording.error().sentence();
    replay::ReplayOptions options;
    options.speed = 50;
    options.wait_for_client = true;
    options.faults = std::move(faults);
    server_ = std::make_unique<replay::ReplayServer>(io_, std::move(*recording), options);
    bool finished = false;
    server_->on_finished = [&] { finished = true; };
    ASSERT_TRUE(server_->start("127.0.0.1", 0));

    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    recorder_ = std::make_unique<collect::Recorder>(
        io_, base::system_clock(),
        [this](std::string_view run_id) -> std::optional<model::Run> {
          const auto it = sink_.runs.find(std::string(run_id));
          return it == sink_.runs.end() ? std::nullopt : std::optional(it->second);
        },
        sink_, fast_timings());
    ASSERT_TRUE(recorder_->add_worker(url_));
    recorder_->start();
    ASSERT_TRUE(run_until(io_, [&] { return finished; }));
  }

  // Nothing if nobody listens there any more: some recordings end with the server's death.
  std::string get(const std::string& target) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      if (auto body = get_once(target); !body.empty()) return body;
    }
    return "";
  }
  std::string get_once(const std::string& target) {
    net::HttpClient client(io_, *net::parse_url(url_));
    std::optional<std::string> body;
    net::ClientRequest request;
    request.target = target;
    client.request(std::move(request), [&](base::Result<net::ClientResponse> answer) {
      body = answer && answer->status == 200 ? std::move(answer->body) : "";
    });
    EXPECT_TRUE(run_until(io_, [&] { return body.has_value(); }));
    return *body;
  }

  [[nodiscard]] const model::Attempt* attempt_of(const std::string& prompt_id) const {
    for (const auto& [run_id, run] : sink_.runs) {
      for (const model::Scene& scene : run.scenes) {
        for (const model::Attempt& attempt : scene.attempts) {
          if (attempt.prompt_id == prompt_id && !model::is_open(attempt.status)) return &attempt;
        }
      }
    }
    return nullptr;
  }

  void expect_what_the_server_remembers() {
    // The server goes on while it is asked: what it says last counts.
    std::size_t in_queue = 0;
    const auto agree = [&] {
      const auto queue = comfyui::decode_queue(get("/queue"));
      in_queue = queue ? queue->running.size() + queue->pending.size() : 0;
      return queue && recorder_->open_scenes().size() == in_queue;
    };
    if (get("/queue").empty()) {
      EXPECT_TRUE(run_until(
          io_, [&] { return recorder_->worker_states()[0].connection.state == model::ConnectionState::disconnected; }));
      return;
    }
    EXPECT_TRUE(run_until(io_, agree)) << recorder_->open_scenes().size() << " open, but " << in_queue
                                       << " in the queue";
    const auto remembered = comfyui::decode_history(get("/history?max_items=10000"));
    ASSERT_TRUE(remembered);
    for (const comfyui::HistoryEntry& entry : *remembered) {
      const std::string& prompt_id = entry.prompt.prompt_id;
      ASSERT_TRUE(run_until(io_, [&] { return attempt_of(prompt_id) != nullptr; })) << prompt_id;
      EXPECT_EQ(attempt_of(prompt_id)->status == model::Status::success, entry.status_text == "success") << prompt_id;
    }
  }

  net::asio::io_context io_;
  GatheringSink sink_;
  std::unique_ptr<replay::ReplayServer> server_;
  std::unique_ptr<collect::Recorder> recorder_;
  std::string url_;
};

TEST_P(ReplayedServerTest, EndsWithWhatThatServerRemembers) {
  ASSERT_NO_FATAL_FAILURE(play({}));
  expect_what_the_server_remembers();
}

TEST_P(ReplayedServerTest, EndsWithTheSameOverABadConnection) {
  replay::Faults faults;
  faults.cut_every = 9;
  faults.garbage_every = 5;
  faults.duplicate_every = 4;
  faults.http_error_rate = 0.1;
  ASSERT_NO_FATAL_FAILURE(play(faults));
  expect_what_the_server_remembers();
}

INSTANTIATE_TEST_SUITE_P(Recordings, ReplayedServerTest, ::testing::ValuesIn(recordings()), name_of);

}  // namespace
}  // namespace comfytrace
