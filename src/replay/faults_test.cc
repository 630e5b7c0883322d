#include "replay/faults.h"

#include <gtest/gtest.h>

namespace comfytrace::replay {
namespace {

TEST(Faults, ReadsEverySpec) {
  const auto faults = parse_faults(
      {"cut:every=50,rate=0.25", "stall:at=30,ms=2000", "garbage:every=20", "duplicate:every=5", "reorder:every=7",
       "oversize:at=10,mib=3", "restart:at=100,after-ms=4000,ms=1500", "http:errors=0.1,slow=0.2,slow-ms=500"},
      9);
  ASSERT_TRUE(faults.ok()) << faults.error().sentence();
  EXPECT_EQ(faults->seed, 9u);
  EXPECT_EQ(faults->cut_every, 50u);
  EXPECT_EQ(faults->cut_rate, 0.25);
  EXPECT_EQ(faults->stall_at, 30u);
  EXPECT_EQ(faults->stall_ms, 2000);
  EXPECT_EQ(faults->garbage_every, 20u);
  EXPECT_EQ(faults->duplicate_every, 5u);
  EXPECT_EQ(faults->reorder_every, 7u);
  EXPECT_EQ(faults->oversize_at, 10u);
  EXPECT_EQ(faults->oversize_bytes, 3u << 20);
  EXPECT_EQ(faults->restart_at, 100u);
  EXPECT_EQ(faults->restart_at_ms, 4000);
  EXPECT_EQ(faults->restart_ms, 1500);
  EXPECT_EQ(faults->http_error_rate, 0.1);
  EXPECT_EQ(faults->http_slow_rate, 0.2);
  EXPECT_EQ(faults->http_slow_ms, 500);
  EXPECT_TRUE(faults->any());
  EXPECT_FALSE(parse_faults({})->any());
}

TEST(Faults, SaysWhatIsWrongWithASpec) {
  for (const char* spec : {"burn:at=1", "cut", "cut:", "cut:every", "cut:every=", "cut:every=0", "cut:rate=1.5",
                           "cut:every=1,", "stall:at=-1", "oversize:mib=x", "cut:rate=nan"}) {
    const auto faults = parse_faults({spec});
    ASSERT_FALSE(faults.ok()) << spec;
    EXPECT_EQ(faults.error().field, spec);
  }
  EXPECT_NE(parse_faults({"burn:at=1"}).error().mend.find("restart"), std::string::npos);
}

std::string dealt(std::uint64_t seed) {
  Faults faults;
  faults.seed = seed;
  faults.cut_rate = 0.2;
  faults.garbage_every = 3;
  faults.http_error_rate = 0.3;
  FaultDealer dealer(faults);
  std::string story;
  for (int i = 0; i < 200; ++i) {
    const FrameFate fate = dealer.next_frame("{\"type\":\"status\"}");
    story += fate.cut ? "c" : ".";
    if (fate.garbage) story += *fate.garbage;
    story += dealer.next_request().error ? "e" : ".";
  }
  return story;
}

TEST(Faults, AreTheSameForTheSameSeed) {
  EXPECT_EQ(dealt(1), dealt(1));
  EXPECT_NE(dealt(1), dealt(2));
}

TEST(Faults, DoNotDependOnHowManyRequestsCome) {
  Faults faults;
  faults.cut_rate = 0.3;
  faults.http_error_rate = 0.5;
  FaultDealer quiet(faults);
  FaultDealer busy(faults);
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(busy.next_request());
    EXPECT_EQ(quiet.next_frame("x").cut, busy.next_frame("x").cut);
  }
}

TEST(Faults, HappenAtTheFramesTheyName) {
  const auto faults = parse_faults({"duplicate:every=4", "stall:at=6,ms=70", "oversize:at=2", "restart:at=9"});
  FaultDealer dealer(*faults);
  std::string duplicates;
  std::string others;
  for (int i = 1; i <= 10; ++i) {
    const FrameFate fate = dealer.next_frame("x");
    if (fate.duplicate) duplicates += std::to_string(i) + " ";
    if (fate.stall_ms) others += "stall" + std::to_string(i) + " ";
    if (fate.oversize) others += "oversize" + std::to_string(i) + " ";
    if (fate.restart) others += "restart" + std::to_string(i) + " ";
  }
  EXPECT_EQ(duplicates, "4 8 ");
  EXPECT_EQ(others, "oversize2 stall6 restart9 ");
}

}  // namespace
}  // namespace comfytrace::replay
