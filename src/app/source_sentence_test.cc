#include "app/source_sentence.h"

#include <gtest/gtest.h>

namespace comfytrace::app {
namespace {

TEST(SourceSentence, NamesTheExtensionWithItsTapsCountsAndCost) {
  model::Connection connection;
  connection.source = model::CaptureSource::extension;
  connection.extension = model::ExtensionInfo{
      "0.1.0", 1, false, {"send_sync", "queue.put"}, {{"torch_memory", "torch has no CUDA device"}}, 3, 0, 9.44, 31.0};
  EXPECT_EQ(source_sentence(connection),
            "told by the extension 0.1.0: 2 taps, without torch_memory (torch has no CUDA device); 3 frames dropped, 0 "
            "failures of its own; costs ComfyUI 9.4 µs an event, p99 31.0 µs");
}

TEST(SourceSentence, SaysNothingOfWhatIsNotKnown) {
  model::Connection connection;
  EXPECT_EQ(source_sentence(connection), "");
  connection.source = model::CaptureSource::stock;
  EXPECT_EQ(source_sentence(connection), "told by stock ComfyUI");
  connection.source = model::CaptureSource::extension;
  connection.extension.emplace();
  connection.extension->version = "0.1.0";
  EXPECT_EQ(source_sentence(connection), "told by the extension 0.1.0: 0 taps");
}

}  // namespace
}  // namespace comfytrace::app
