#include "collect/worker_view.h"

#include <gtest/gtest.h>

namespace comfytrace::collect {
namespace {

TEST(DeviceSamples, AreTakenOfDevicesWithMemoryOfTheirOwn) {
  model::Worker worker;
  worker.devices = {{0, "cuda:0 X", "cuda", 1000, 400, std::nullopt, std::nullopt},
                    {1, "cuda:1 Y", "cuda", 1000, std::nullopt, std::nullopt, std::nullopt},
                    {0, "cpu", "cpu", 1000, 400, 1000, 400}};
  const auto samples = samples_of(worker, 7);
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].at_ms, 7);
  EXPECT_EQ(samples[0].vram_used_bytes, 600);
  EXPECT_EQ(samples[0].vram_free_bytes, 400);
}

TEST(WorkerView, TakesTorchsOwnCountOfTheDeviceThatHasTheNumber) {
  model::Worker worker;
  worker.devices = {{0, "cpu", "cpu", 1000, 400, 1000, 400},
                    {1, "cuda:1 Y", "cuda", 1000, 400, std::nullopt, std::nullopt}};
  WorkerView view(base::system_clock(), worker, 1'000, [](const model::WorkerState&) {});
  comfyui::TelemetryFrame frame;
  frame.what = comfyui::TelemetryAside{};
  frame.torch_memory = {{0, 70, 90}, {1, 300, 500}, {7, 1, 2}};
  view.take_told(frame);
  const auto& devices = view.state().worker.devices;
  EXPECT_EQ(devices[0].torch_vram_total_bytes, 1000) << "with --cpu nothing of torch's is on a GPU";
  EXPECT_EQ(devices[1].torch_vram_total_bytes, 500);
  EXPECT_EQ(devices[1].torch_vram_free_bytes, 200);
}

}  // namespace
}  // namespace comfytrace::collect
