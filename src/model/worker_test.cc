#include "model/worker.h"

#include <gtest/gtest.h>

namespace comfytrace::model {
namespace {

Worker with_device(std::string name, std::string type) {
  Worker worker;
  worker.comfyui_version = "0.8.0";
  Device device;
  device.name = std::move(name);
  device.type = std::move(type);
  device.vram_total_bytes = 24;
  worker.devices.push_back(device);
  return worker;
}

TEST(Environment, NamesTheCardWithoutIndexAndAllocator) {
  const auto environment = environment_of(with_device("cuda:0 NVIDIA GeForce RTX 3090 : cudaMallocAsync", "cuda"));
  EXPECT_EQ(environment.device_name, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(environment.vram_total_bytes, 24);
  EXPECT_EQ(environment.comfyui_version, "0.8.0");
  EXPECT_EQ(environment.pytorch_version, "");
}

TEST(Environment, LeavesANameOfAnotherShapeAsItIs) {
  EXPECT_EQ(environment_of(with_device("AMD Radeon RX 7900 XTX", "cuda")).device_name, "AMD Radeon RX 7900 XTX");
  EXPECT_EQ(environment_of(with_device("", "cuda")).device_name, "");
}

TEST(Environment, OfAProcessorHasNoGraphicsMemory) {
  EXPECT_EQ(environment_of(with_device("cpu", "cpu")).device_name, "cpu");
  EXPECT_EQ(environment_of(with_device("cpu", "cpu")).vram_total_bytes, std::nullopt);
}

TEST(Environment, OfAWorkerWithoutDevicesIsMostlyEmpty) {
  EXPECT_EQ(environment_of(Worker{}), AttemptEnvironment{});
}

}  // namespace
}  // namespace comfytrace::model
