#include <string>
#include <vector>

#include "collect/testing/extension_fixture.h"

// What a worker is said to be watched by, and what that leaves out.
namespace comfytrace::collect {
namespace {

using model::CaptureSource;
using model::Status;
using ::testing::HasSubstr;
using testing::run_until;

using ExtensionInfoTest = testing::ExtensionStreamTest;

TEST_F(ExtensionInfoTest, TellsWhatTheExtensionSaysOfItself) {
  comfyui_.extension.about =
      R"("taps":{"present":["send_sync","queue.put"],"skipped":[{"name":"validate_prompt","reason":"x does not exist"}]},)"
      R"("cost":{"recentP50Ns":9000,"recentP99Ns":31500},"counters":{},"failures":{},)";
  start_and_settle();
  ASSERT_TRUE(connection().extension);
  EXPECT_EQ(connection().extension->taps, (std::vector<std::string>{"send_sync", "queue.put"}));
  EXPECT_THAT(connection().missing.value_or(""), HasSubstr("rejected prompts and why"));
  EXPECT_THAT(connection().missing.value_or(""), HasSubstr("`comfytrace extension install"));
  EXPECT_EQ(connection().extension->frames_dropped, 0);
  comfyui_.extension.tell("telemetry", "stats", R"({"counters":{"dropped":5},"failures":{"queue.put":2,"tick":1}})",
                          5'000);
  ASSERT_TRUE(run_until(io_, [&] { return connection().extension->frames_dropped == 5; }));
  EXPECT_EQ(connection().extension->failures, 3);
  EXPECT_FALSE(connection().extension->event_cost_p50_us);
  comfyui_.extension.protocol.reset();
  comfyui_.extension.close_sockets();
  ASSERT_TRUE(until_source(CaptureSource::stock));
  EXPECT_FALSE(connection().extension);
}

TEST_F(ExtensionInfoTest, AnOutdatedOneIsFollowedAndItsMendIsNamed) {
  comfyui_.extension.version = "0.0.9";
  start_and_settle();
  EXPECT_TRUE(connection().extension->outdated);
  EXPECT_THAT(connection().missing.value_or(""), HasSubstr("is version 0.0.9"));
  EXPECT_THAT(connection().missing.value_or(""), HasSubstr("`comfytrace extension install"));
}

TEST_F(ExtensionInfoTest, OfANewerProtocolIsLeftAloneAndSaysSo) {
  start(2);
  ASSERT_TRUE(
      run_until(io_, [&] { return connection().missing.value_or("").find("protocol 2") != std::string::npos; }));
  EXPECT_EQ(connection().source, CaptureSource::stock);
  EXPECT_THAT(*connection().missing, HasSubstr("update comfytrace"));
  EXPECT_TRUE(comfyui_.extension.sockets.empty());
  comfyui_.queue("a");
  EXPECT_TRUE(until("a", Status::queued)) << "stock ComfyUI is watched all the same";
}

TEST_F(ExtensionInfoTest, SomethingElseAtItsAddressIsLeftAloneAndSaysSo) {
  comfyui_.override = [](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.path != "/telemetry") return std::nullopt;
    net::HttpResponse response;
    response.body = "<html>";
    return response;
  };
  start(std::nullopt);
  ASSERT_TRUE(
      run_until(io_, [&] { return connection().missing.value_or("").find("is not the") != std::string::npos; }));
  EXPECT_EQ(connection().source, CaptureSource::stock);
}

}  // namespace
}  // namespace comfytrace::collect
