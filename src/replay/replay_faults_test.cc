// What faults do to the clients of a replayed server.
#include <gtest/gtest.h>

#include "replay/replay_server.h"
#include "replay/test_clients.h"

namespace comfytrace::replay {
namespace {

const std::string kA = "/ws?clientId=aaaaaaaa-0000-4000-8000-000000000001";

ReplayOptions with(const std::vector<std::string>& specs) {
  ReplayOptions options;
  options.speed = 0;
  options.wait_for_client = true;
  options.original_times = true;
  options.faults = *parse_faults(specs);
  return options;
}

std::vector<std::string> undisturbed() {
  Theatre theatre({"0.3.64/a_simple_success"}, with({}));
  const auto owner = theatre.connect(kA);
  EXPECT_TRUE(theatre.until([&] {
    return theatre.finished && !owner->frames.empty() &&
           owner->frames.back().find("\"node\":null") != std::string::npos;
  }));
  return owner->frames;
}

TEST(ReplayFaults, CutEndsEverySocketAndLetsItComeBack) {
  Theatre theatre({"0.3.64/a_simple_success"}, with({"cut:every=10"}));
  auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return owner->closed.has_value(); }));
  EXPECT_EQ(owner->frames.size(), 1u + 9u);
  owner = theatre.connect(kA);
  EXPECT_TRUE(owner->opened);
  EXPECT_EQ(theatre.server.counts().restarts, 0u);
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  EXPECT_EQ(theatre.ask("GET", "/history").json.as_object().size(), 1u);  // nothing is forgotten
}

TEST(ReplayFaults, DuplicateSendsAFrameTwice) {
  const auto plain = undisturbed();
  Theatre theatre({"0.3.64/a_simple_success"}, with({"duplicate:every=2"}));
  const auto owner = theatre.connect(kA);
  const std::size_t frames = plain.size() - 1;
  ASSERT_TRUE(theatre.until([&] { return owner->frames.size() == plain.size() + frames / 2; }));
  EXPECT_EQ(owner->frames[2], owner->frames[3]);
}

TEST(ReplayFaults, ReorderSwapsNeighbours) {
  const auto plain = undisturbed();
  Theatre theatre({"0.3.64/a_simple_success"}, with({"reorder:every=3"}));
  const auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return owner->frames.size() == plain.size(); }));
  EXPECT_EQ(owner->frames[3], plain[4]);
  EXPECT_EQ(owner->frames[4], plain[3]);
}

TEST(ReplayFaults, GarbageComesBetweenTheFrames) {
  const auto plain = undisturbed();
  Faults faults;
  std::size_t most = 0;
  // Bad UTF-8 in a text frame may end a connection: a seed that deals other garbage shows the rest.
  for (std::uint64_t seed = 1; seed <= 8 && most < plain.size() + 2; ++seed) {
    ReplayOptions options = with({});
    options.faults.garbage_every = 10;
    options.faults.seed = seed;
    Theatre theatre({"0.3.64/a_simple_success"}, options);
    const auto owner = theatre.connect(kA);
    ASSERT_TRUE(theatre.until([&] { return theatre.finished || owner->closed; }));
    ASSERT_TRUE(theatre.until([&] { return owner->closed || owner->frames.size() >= plain.size() + 2; }));
    most = std::max(most, owner->frames.size());
  }
  EXPECT_GE(most, plain.size() + 2);
}

TEST(ReplayFaults, OversizeSendsAHugeFrame) {
  Theatre theatre({"0.3.64/a_simple_success"}, with({"oversize:at=5,mib=10"}));
  const auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return owner->count("oversized") == 1; }));
  EXPECT_EQ(owner->frames.at(5).size(), 10u << 20);
}

TEST(ReplayFaults, StallHoldsFramesAndAnswersBackAndLosesNone) {
  const auto plain = undisturbed();
  Theatre theatre({"0.3.64/a_simple_success"}, with({"stall:at=6,ms=300"}));
  const auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  // The play is over for the server, but nothing after the fifth frame is out.
  EXPECT_LE(owner->frames.size(), 1u + 5u);
  EXPECT_EQ(theatre.ask("GET", "/history").json.as_object().size(), 1u);
  ASSERT_TRUE(theatre.until([&] { return owner->frames.size() == plain.size(); }));
  EXPECT_EQ(owner->frames, plain);
}

TEST(ReplayFaults, RestartLosesTheMemory) {
  Theatre theatre({"0.3.64/c_partially_cached"}, with({"restart:at=10,ms=50"}));
  auto owner = theatre.connect(kA);
  ASSERT_TRUE(theatre.until([&] { return owner->closed.has_value(); }));
  ASSERT_TRUE(theatre.until([&] { return theatre.finished; }));
  EXPECT_EQ(theatre.server.counts().restarts, 1u);
  EXPECT_EQ(theatre.ask("GET", "/history").json.as_object().size(), 1u);  // of two: the first was running
  EXPECT_EQ(theatre.ask("GET", "/queue").body, R"({"queue_running":[],"queue_pending":[]})");
}

TEST(ReplayFaults, RestartAfterATimeTakesWhatIsPostedWithIt) {
  ReplayOptions options = with({"restart:after-ms=150,ms=50"});
  options.play = false;
  options.speed = 1;
  Theatre theatre({"0.8.0/h_long_previews"}, options);
  auto runner = theatre.connect("/ws?clientId=runner");
  const auto answer = theatre.ask("POST", "/prompt", R"({"client_id":"runner","prompt":{
      "1":{"class_type":"ProbeSleep","inputs":{}},"2":{"class_type":"PreviewImage","inputs":{"images":["1",0]}}}})");
  ASSERT_EQ(answer.status, 200);
  ASSERT_TRUE(theatre.until([&] { return runner->closed.has_value(); }));
  ASSERT_TRUE(theatre.until([&] {
    runner = theatre.connect("/ws?clientId=runner");
    return runner->opened;
  }));
  EXPECT_EQ(theatre.ask("GET", "/prompt").body, R"({"exec_info":{"queue_remaining":0}})");
  EXPECT_EQ(theatre.ask("GET", "/history").body, "{}");
}

TEST(ReplayFaults, HttpErrorsComeAtTheirRate) {
  ReplayOptions options = with({"http:errors=0.5"});
  options.play = false;
  Theatre theatre({"0.3.64/a_simple_success"}, options);
  int errors = 0;
  for (int i = 0; i < 40; ++i) errors += theatre.ask("GET", "/queue").status == 500 ? 1 : 0;
  EXPECT_GT(errors, 8);
  EXPECT_LT(errors, 32);
}

}  // namespace
}  // namespace comfytrace::replay
