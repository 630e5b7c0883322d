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

}  // namespace
}  // namespace comfytrace::collect
