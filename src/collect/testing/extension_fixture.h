#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "collect/recorder.h"
#include "collect/testing/fake_comfyui.h"
#include "collect/testing/gathering_sink.h"

namespace comfytrace::collect::testing {

using model::CaptureSource;
using model::Status;

// A recorder beside a FakeComfyUi that has the extension, or not.
class ExtensionStreamTest : public ::testing::Test {
 protected:
  void start(std::optional<std::int64_t> protocol = 1) {
    comfyui_.extension.protocol = protocol;
    recorder_ = std::make_unique<Recorder>(
        io_, base::system_clock(),
        [this](std::string_view run_id) -> std::optional<model::Run> {
          const auto it = sink_.runs.find(std::string(run_id));
          return it == sink_.runs.end() ? std::nullopt : std::optional(it->second);
        },
        sink_, timings_);
    worker_id_ = *recorder_->add_worker(comfyui_.url());
    recorder_->start();
  }
  void start_and_settle() {
    start();
    ASSERT_TRUE(until_source(CaptureSource::extension));
    run_for(io_, 20);
  }
  [[nodiscard]] model::Connection connection() const { return recorder_->worker_states()[0].connection; }
  bool until_source(CaptureSource source) {
    return run_until(io_, [&] { return connection().source == source; });
  }
  bool until(const std::string& run_id, Status status) {
    return run_until(io_, [&] { return sink_.runs.contains(run_id) && sink_.runs[run_id].status == status; });
  }
  void tell_queued(const std::string& id, double ts_ms) {
    comfyui_.extension.tell(
        "queue", "queued",
        fmt::format(
            R"({{"promptId":"{}","number":1,"submissionId":null,"prompt":{},"extraData":{{}},"outputs":["2"]}})", id,
            R"({"1":{"class_type":"KSampler","inputs":{}},"2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}})"),
        ts_ms);
  }
  const model::Attempt& attempt(const std::string& run_id) {
    return sink_.runs.at(run_id).scenes.at(0).attempts.back();
  }
  void expect_whole(const std::string& run_id) {
    ASSERT_TRUE(sink_.runs.contains(run_id));
    const model::Attempt& of = attempt(run_id);
    EXPECT_EQ(of.status, Status::success);
    EXPECT_TRUE(of.node_times_known);
    EXPECT_EQ(of.duration_ms, 100);
    ASSERT_EQ(of.nodes.size(), 2u);
    EXPECT_EQ(of.nodes[0].start_offset_ms, 10);
    EXPECT_EQ(of.nodes[0].duration_ms, 50);
    EXPECT_EQ(of.nodes[1].start_offset_ms, 60);
    EXPECT_EQ(of.nodes[1].duration_ms, 30);
    EXPECT_TRUE(of.fallback_notes.empty()) << of.fallback_notes.front();
    EXPECT_EQ(sink_.runs[run_id].scenes[0].attempts.size(), 1u);
  }

  net::asio::io_context io_;
  FakeComfyUi comfyui_{io_};
  CollectorTimings timings_ = fast_timings();
  GatheringSink sink_;
  std::unique_ptr<Recorder> recorder_;
  std::string worker_id_;
};

}  // namespace comfytrace::collect::testing
