#include "alert/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/counters.h"
#include "net/test_peer.h"

namespace comfytrace::alert {
namespace {

using history::AlertSeverity;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A sink that answers when and as a test says.
struct FakeSink : Sink {
  void send(const Notice& notice, Done done) override {
    EXPECT_FALSE(waiting) << "one at a time";
    sent.push_back(notice.alerts.front().id);
    waiting = std::move(done);
  }
  void cancel() override { waiting = nullptr; }
  void answer(Delivery delivery) {
    ASSERT_TRUE(waiting);
    std::exchange(waiting, nullptr)(std::move(delivery));
  }
  void succeed() { answer({}); }
  void fail(bool worth_retrying = true, std::optional<std::int64_t> not_before_ms = {}) {
    answer({base::Error{base::ErrorCode::unavailable, "it is down"}, worth_retrying, not_before_ms});
  }
  std::vector<std::string> sent;
  Done waiting;
};

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() { begin({{1, 1}, 3}); }
  void begin(Dispatcher::Options options) {
    dispatcher.emplace(io, clock, std::move(options));
    sink = add("first");
  }
  FakeSink* add(const std::string& name, AlertSeverity least = AlertSeverity::info) {
    auto made = std::make_unique<FakeSink>();
    FakeSink* raw = made.get();
    dispatcher->add({name, SinkKind::webhook, "https://host/…", least}, std::move(made));
    return raw;
  }
  static Notice notice(const std::string& id, AlertSeverity severity = AlertSeverity::warning) {
    Notice one = test_notice(1);
    one.occasion = Occasion::raised;
    one.alerts[0].id = id;
    one.alerts[0].severity = severity;
    return one;
  }
  void expect_sent(std::size_t count) {
    EXPECT_TRUE(net::run_until(io, [&] { return sink->sent.size() >= count; }));
    EXPECT_THAT(sink->sent, SizeIs(count));
  }

  net::asio::io_context io;
  base::FakeClock clock{1'000};
  std::optional<Dispatcher> dispatcher;
  FakeSink* sink = nullptr;
};

TEST_F(DispatcherTest, SendsOneAfterAnotherInOrder) {
  for (const char* id : {"a", "b", "c"}) dispatcher->send(notice(id));
  EXPECT_THAT(sink->sent, ElementsAre("a"));
  sink->succeed();
  sink->succeed();
  sink->succeed();
  EXPECT_THAT(sink->sent, ElementsAre("a", "b", "c"));
  EXPECT_EQ(dispatcher->states()[0].delivered, 3);
  EXPECT_EQ(dispatcher->states()[0].delivered_at_ms, 1'000);
}

TEST_F(DispatcherTest, TriesAgainAFewTimesAndThenGoesOnWithTheNext) {
  const auto lost = base::counters().get(base::Counter::alert_notices_lost);
  dispatcher->send(notice("a"));
  dispatcher->send(notice("b"));
  sink->fail();
  EXPECT_EQ(dispatcher->states()[0].last_error, "it is down");
  expect_sent(2);
  sink->fail();
  expect_sent(3);
  sink->fail();
  EXPECT_THAT(sink->sent, ElementsAre("a", "a", "a", "b"));
  EXPECT_EQ(base::counters().get(base::Counter::alert_notices_lost), lost + 1);
  sink->succeed();
  EXPECT_EQ(dispatcher->states()[0].lost, 1);
  EXPECT_EQ(dispatcher->states()[0].last_error, std::nullopt);
}

TEST_F(DispatcherTest, DoesNotTryAgainWhatCannotSucceed) {
  dispatcher->send(notice("a"));
  dispatcher->send(notice("b"));
  sink->fail(false);
  EXPECT_THAT(sink->sent, ElementsAre("a", "b"));
}

TEST_F(DispatcherTest, WaitsWhileTheOtherSideAsksForIt) {
  dispatcher->send(notice("a"));
  sink->fail(true, 3'600'000);
  dispatcher->send(notice("b"));
  io.run_for(std::chrono::milliseconds(30));
  EXPECT_THAT(sink->sent, ElementsAre("a"));
  EXPECT_EQ(dispatcher->states()[0].waiting, 2);
}

TEST_F(DispatcherTest, LosesTheOldestThatWaitsWhenTooManyDo) {
  for (const char* id : {"under way", "1", "2", "3", "4", "5"}) dispatcher->send(notice(id));
  EXPECT_EQ(dispatcher->states()[0].lost, 2);
  for (int i = 0; i < 4; ++i) sink->succeed();
  EXPECT_THAT(sink->sent, ElementsAre("under way", "3", "4", "5"));
}

TEST_F(DispatcherTest, LosesTheOldestAlsoWhileItWaitsForItsNextTry) {
  dispatcher->send(notice("0"));
  sink->fail(true, 3'600'000);
  for (const char* id : {"1", "2", "3", "4"}) dispatcher->send(notice(id));
  EXPECT_EQ(dispatcher->states()[0].lost, 2);
  EXPECT_EQ(dispatcher->states()[0].waiting, 3);
}

TEST_F(DispatcherTest, LetsNoSinkHoldUpAnother) {
  FakeSink* other = add("other");
  for (const char* id : {"a", "b"}) dispatcher->send(notice(id));
  other->succeed();
  EXPECT_THAT(sink->sent, ElementsAre("a"));
  EXPECT_THAT(other->sent, ElementsAre("a", "b"));
}

TEST_F(DispatcherTest, TellsASinkNoLessThanItWantsToHear) {
  FakeSink* strict = add("strict", AlertSeverity::critical);
  dispatcher->send(notice("a", AlertSeverity::warning));
  EXPECT_THAT(strict->sent, IsEmpty());
  Notice digest = notice("b", AlertSeverity::info);
  digest.occasion = Occasion::digest;
  digest.alerts.push_back(notice("c", AlertSeverity::critical).alerts[0]);
  dispatcher->send(digest);
  EXPECT_THAT(strict->sent, ElementsAre("c"));
}

TEST_F(DispatcherTest, TestsEverySinkOnceAndSaysHowItWent) {
  FakeSink* strict = add("strict", AlertSeverity::critical);
  dispatcher->send(notice("a"));
  sink->fail(true, 3'600'000);  // the test does not wait behind it
  std::optional<std::vector<SinkOutcome>> outcomes;
  dispatcher->test([&](std::vector<SinkOutcome> got) { outcomes = std::move(got); });
  strict->succeed();
  EXPECT_FALSE(outcomes);
  sink->fail();
  ASSERT_TRUE(outcomes);
  ASSERT_THAT(*outcomes, SizeIs(2));
  EXPECT_EQ(outcomes->at(0).name, "first");
  EXPECT_FALSE(outcomes->at(0).delivered);
  EXPECT_EQ(outcomes->at(0).error, "it is down");
  EXPECT_TRUE(outcomes->at(1).delivered);
  EXPECT_THAT(sink->sent, ElementsAre("a", "test"));
  EXPECT_THAT(strict->sent, ElementsAre("test"));
  EXPECT_EQ(dispatcher->states()[0].waiting, 1) << "and the notice still waits for its turn";
}

TEST_F(DispatcherTest, TestsWhenWhatIsUnderWayIsDone) {
  dispatcher->send(notice("a"));
  bool tested = false;
  dispatcher->test([&](const std::vector<SinkOutcome>&) { tested = true; });
  EXPECT_THAT(sink->sent, ElementsAre("a"));
  sink->succeed();
  EXPECT_THAT(sink->sent, ElementsAre("a", "test"));
  sink->succeed();
  EXPECT_TRUE(tested);
}

TEST(Dispatcher, TestsNothingWhereThereIsNoSink) {
  net::asio::io_context io;
  Dispatcher dispatcher(io, base::system_clock());
  bool done = false;
  dispatcher.test([&](const std::vector<SinkOutcome>& outcomes) { done = outcomes.empty(); });
  EXPECT_FALSE(done) << "later, as promised";
  EXPECT_TRUE(net::run_until(io, [&] { return done; }));
}

}  // namespace
}  // namespace comfytrace::alert
