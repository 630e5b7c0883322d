#include <gmock/gmock.h>

#include "live/hub_fixture.h"

namespace comfytrace::live {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(HubTest, ASlowPageLosesIntermediateUpdatesButNoStatusAndCostsTheOthersNothing) {
  const auto fast = connect_and_greet();
  const auto slow = connect_and_greet();
  slow->reads = false;
  std::size_t fast_updates = 0;
  auto big = scene("a", model::Status::queued);
  big.run_title = std::string(8'000, 'x');
  const auto step = [&] {
    hub->scene_changed(big);
    pass_ms(200);
    fast_updates += updates_in(fast->take()).size();
  };
  step();
  big.status = model::Status::executing;
  for (big.nodes_done = 1; big.nodes_done <= 100; ++big.nodes_done) step();
  big.status = model::Status::success;
  step();
  EXPECT_EQ(fast_updates, 102u);
  EXPECT_FALSE(slow->closed_with);

  slow->read_all();
  slow->reads = true;
  pass_ms(200);
  const auto updates = updates_in(slow->take());
  EXPECT_LT(updates.size(), 50u);
  EXPECT_EQ(base::find_string(updates.front(), "status"), "queued");
  EXPECT_EQ(base::find_string(updates.back(), "status"), "completed");
  EXPECT_EQ(base::find_integer(updates[updates.size() - 2], "nodesDone"), 100);
}

TEST_F(HubTest, ClosesAPageThatStopsReadingWith1013) {
  const auto stuck = connect_and_greet();
  const auto other = connect_and_greet();
  stuck->reads = false;
  auto big = scene("a", model::Status::executing);
  big.run_title = std::string(8'000, 'x');
  for (int i = 0; i < 1'000 && !stuck->closed_with; ++i) {
    big.nodes_done = i;
    hub->scene_changed(big);
    pass_ms(200);
  }
  EXPECT_EQ(stuck->closed_with, 1013);
  EXPECT_FALSE(other->closed_with);
  EXPECT_EQ(hub->clients(), 1u);
}

TEST_F(HubTest, ClosesAPageWhoseQueueOverflowsInsteadOfLosingAnEnd) {
  const auto page = connect_and_greet();
  page->capacity = 0;
  hub->scene_changed(scene("a", model::Status::success));
  run_handlers();
  EXPECT_EQ(page->closed_with, 1013);
  EXPECT_EQ(hub->clients(), 0u);
}

TEST_F(HubTest, ThousandsOfChangesAtOnceReachAPageThatReads) {
  const auto page = connect_and_greet();
  for (int i = 0; i < 5'000; ++i) hub->scene_changed(scene(std::to_string(i), model::Status::queued));
  pass_ms(200);
  std::uint64_t last = 0;
  std::size_t count = 0;
  for (const auto& message : page->take()) {
    const auto seq = static_cast<std::uint64_t>(*base::find_integer(message, "seq"));
    EXPECT_GT(seq, last);
    last = seq;
    count += base::find_array(message, "updates")->size();
  }
  EXPECT_EQ(count, 5'000u);
  EXPECT_EQ(last, hub->seq());
}

TEST_F(HubTest, SendsPreviewsToSubscribersOnlyAndAtMostFourASecondAScene) {
  const auto page = connect_and_greet();
  const auto watcher = connect_and_greet();
  EXPECT_FALSE(hub->wants_previews());
  watcher->on_text(R"({"type":"subscribe","previews":true})");
  EXPECT_TRUE(hub->wants_previews());
  for (int i = 0; i < 100; ++i) {
    hub->preview(Preview{"a", "scene-001", "p", "w", "5", "image/png", "\x89PNG"});
    pass_ms(10);
  }
  EXPECT_THAT(page->take(), IsEmpty());
  EXPECT_THAT(watcher->take(), IsEmpty());
  ASSERT_THAT(watcher->binary, SizeIs(4));
  const auto& payload = watcher->binary[0];
  const auto head_bytes = static_cast<std::size_t>(static_cast<unsigned char>(payload[3]));
  const auto head = base::parse_json(payload.substr(4, head_bytes)).value();
  EXPECT_EQ(base::find_string(head, "nodeId"), "5");
  EXPECT_EQ(base::find_string(head, "mime"), "image/png");
  EXPECT_EQ(payload.substr(4 + head_bytes), "\x89PNG");
}

TEST_F(HubTest, LeavesPreviewsOutFirstWhenAClientIsSlow) {
  const auto watcher = connect_and_greet();
  watcher->on_text(R"({"type":"subscribe","previews":true})");
  watcher->reads = false;
  hub->scene_changed(scene("a", model::Status::executing, 1));
  run_handlers();
  hub->preview(Preview{"a", "scene-001", "a", "w", "5", "image/png", "x"});
  EXPECT_THAT(watcher->frames, SizeIs(1));
  EXPECT_FALSE(watcher->closed_with);
}

}  // namespace
}  // namespace comfytrace::live
