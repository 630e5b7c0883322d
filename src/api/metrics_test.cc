#include "api/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::Attempt attempt_of(std::int64_t duration_ms, std::string node, model::Status status = model::Status::success) {
  model::Attempt attempt;
  attempt.status = status;
  attempt.duration_ms = duration_ms;
  model::NodeExecution execution;
  execution.class_type = std::move(node);
  execution.state = model::NodeState::finished;
  execution.duration_ms = duration_ms;
  attempt.nodes.push_back(execution);
  return attempt;
}

TEST(Metrics, CountsWhatFinished) {
  Metrics metrics;
  metrics.attempt_finished(attempt_of(51'000, "KSampler"));
  metrics.attempt_finished(attempt_of(200, "KSampler"));
  metrics.attempt_finished(attempt_of(7'200'000, "Odd\"\\\nName", model::Status::failed));
  const auto text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"completed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"cancelled\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"60\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"3600\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_node_execution_seconds_count{node_type=\"KSampler\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(R"(node_type="Odd\"\\\nName")"));
}

TEST(Metrics, DoesNotCountCachedNodesAndBoundsTheNodeTypes) {
  Metrics metrics;
  auto cached = attempt_of(5, "CachedNode");
  cached.nodes[0].state = model::NodeState::cached;
  metrics.attempt_finished(cached);
  for (int i = 0; i < 1'000; ++i) metrics.attempt_finished(attempt_of(5, "Type" + std::to_string(i)));
  const auto text = metrics.text({});
  EXPECT_THAT(text, Not(HasSubstr("CachedNode")));
  EXPECT_THAT(text, HasSubstr("node_type=\"Type199\""));
  EXPECT_THAT(text, Not(HasSubstr("node_type=\"Type200\"")));
  EXPECT_THAT(text, HasSubstr("comfyui_node_execution_seconds_count{node_type=\"other\"} 800\n"));
}

TEST(Metrics, LeavesOutWhatIsNotKnown) {
  Metrics::Gauges gauges;
  model::WorkerState state;
  state.worker.name = "gpu box";
  state.queue_pending = 4;
  state.connection.state = model::ConnectionState::streaming;
  model::Device device;
  device.type = "cuda";
  device.vram_free_bytes = 123;
  state.worker.devices.push_back(device);
  gauges.workers.push_back(state);
  const auto text = Metrics().text(gauges);
  EXPECT_THAT(text, HasSubstr("comfyui_vram_bytes{worker=\"gpu box\",device=\"cuda:0\",type=\"free\"} 123\n"));
  EXPECT_THAT(text, Not(HasSubstr("type=\"total\"")));
  EXPECT_THAT(text, HasSubstr("comfyui_queue_pending{worker=\"gpu box\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("comfytrace_worker_connected{worker=\"gpu box\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("comfytrace_history_runs")));
  EXPECT_THAT(text, Not(HasSubstr("comfytrace_cpu_ratio")));
  EXPECT_THAT(text, HasSubstr("# TYPE comfytrace_history_saves_total counter\n"));
}

}  // namespace
}  // namespace comfytrace::api
