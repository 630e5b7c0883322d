#include "collect/telemetry_stream_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.h"
#include "base/uuid.h"
#include "collect/testing/fake_comfyui.h"

namespace comfytrace::collect {
namespace {

using base::Counter;
using model::ConnectionState;
using ::testing::Contains;
using testing::FakeComfyUi;
using testing::fast_timings;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_for;
using testing::run_until;
using ::testing::StartsWith;

class TelemetryStreamManagerTest : public ::testing::Test {
 protected:
  void watch(const std::string& url) {
    StreamHandlers handlers;
    handlers.fact = [this](assemble::Fact fact) { facts_.push_back(std::move(fact)); };
    handlers.preview = [this](comfyui::PreviewImage image) { previews_.push_back(std::move(image)); };
    handlers.state_changed = [this](const model::WorkerState& state) {
      if (states_.empty() || states_.back() != state.connection.state) states_.push_back(state.connection.state);
    };
    handlers.worker_seen = [this](const model::Worker& worker) { workers_.push_back(worker); };
    manager_ = std::make_unique<TelemetryStreamManager>(io_, base::system_clock(), *net::parse_url(url), "", timings_,
                                                        std::move(handlers));
    manager_->start();
  }
  void watch_and_settle() {
    watch(comfyui_.url());
    ASSERT_TRUE(until(ConnectionState::connected));
    ASSERT_TRUE(run_until(io_, [&] { return count<assemble::HistoryRead>() > 0; }));
  }
  bool until(ConnectionState state) {
    return run_until(io_, [&] { return manager_->state().connection.state == state; });
  }
  template <class T>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        facts_.begin(), facts_.end(), [](const assemble::Fact& fact) { return std::holds_alternative<T>(fact.what); }));
  }
  [[nodiscard]] std::multiset<std::string> remembered() const {
    std::multiset<std::string> ids;
    for (const assemble::Fact& fact : facts_) {
      const auto* read = std::get_if<assemble::HistoryRead>(&fact.what);
      if (!read) continue;
      for (const auto& entry : read->entries) ids.insert(entry.prompt.prompt_id);
    }
    return ids;
  }
  [[nodiscard]] std::string last_error() const { return manager_->state().connection.last_error.value_or(""); }

  net::asio::io_context io_;
  FakeComfyUi comfyui_{io_};
  CollectorTimings timings_ = fast_timings();
  std::vector<assemble::Fact> facts_;
  std::vector<comfyui::PreviewImage> previews_;
  std::vector<ConnectionState> states_;
  std::vector<model::Worker> workers_;
  std::unique_ptr<TelemetryStreamManager> manager_;
};

TEST_F(TelemetryStreamManagerTest, ConnectsUnderAnIdOfItsOwnAndAsksForPreviewsWithIdsFirst) {
  watch_and_settle();
  ASSERT_TRUE(run_until(io_, [&] { return !comfyui_.sockets[0]->received.empty(); }));
  const FakeComfyUi::Socket& socket = *comfyui_.sockets[0];
  EXPECT_TRUE(base::is_canonical_uuid(socket.client_id));
  EXPECT_EQ(socket.client_id, manager_->client_id());
  EXPECT_FALSE(socket.had_origin);
  EXPECT_EQ(socket.received[0], R"({"type":"feature_flags","data":{"supports_preview_metadata":true}})");
  ASSERT_FALSE(facts_.empty());
  EXPECT_TRUE(std::holds_alternative<assemble::Connected>(facts_[0].what));
  EXPECT_EQ(facts_[0].worker_id, manager_->state().worker.worker_id);
  EXPECT_EQ(manager_->state().connection.source, model::CaptureSource::stock);
  EXPECT_TRUE(manager_->state().connection.missing);
}

TEST_F(TelemetryStreamManagerTest, FirstContactTakesInAllThatTheServerRemembers) {
  for (int i = 0; i < 150; ++i) comfyui_.remember("p" + std::to_string(i));
  watch(comfyui_.url());
  ASSERT_TRUE(run_until(io_, [&] { return remembered().size() >= 150; }));
  run_for(io_, 50);
  EXPECT_EQ(remembered().size(), 150u) << "each once";
  EXPECT_EQ(remembered().count("p0"), 1u);
}

TEST_F(TelemetryStreamManagerTest, BackFillEndsAtAServerThatDoesNotKnowOffsets) {
  comfyui_.knows_offset = false;
  for (int i = 0; i < 150; ++i) comfyui_.remember("p" + std::to_string(i));
  watch_and_settle();
  run_for(io_, 100);
  const std::size_t requests = comfyui_.requests.size();
  EXPECT_LT(requests, 40u);
  EXPECT_EQ(remembered().size(), 64u);
}

TEST_F(TelemetryStreamManagerTest, AfterAReconnectOnlyTheNewestAreReadUnlessNoneOfThemIsKnown) {
  for (int i = 0; i < 70; ++i) comfyui_.remember("p" + std::to_string(i));
  watch(comfyui_.url());
  ASSERT_TRUE(run_until(io_, [&] { return remembered().size() >= 70; }));
  run_for(io_, 30);

  const auto reconnect = [&] {
    comfyui_.stop();
    ASSERT_TRUE(until(ConnectionState::disconnected));
    facts_.clear();
    comfyui_.requests.clear();
    comfyui_.start();
    ASSERT_TRUE(until(ConnectionState::connected));
  };
  comfyui_.remember("one more");
  reconnect();
  ASSERT_TRUE(run_until(io_, [&] { return remembered().contains("one more"); }));
  run_for(io_, 30);
  EXPECT_EQ(comfyui_.asked("GET /history?max_items=64&offset=0"), 0u);

  for (int i = 0; i < 100; ++i) comfyui_.remember("q" + std::to_string(i));
  reconnect();
  EXPECT_TRUE(run_until(io_, [&] { return remembered().contains("q0"); })) << "beyond the newest 64";
  EXPECT_EQ(comfyui_.asked("GET /history?max_items=64&offset=0"), 1u);
}

TEST_F(TelemetryStreamManagerTest, EntriesTooLargeForOneAnswerComeInSmallerPages) {
  timings_.max_body_bytes = 20'000;
  for (int i = 0; i < 100; ++i) comfyui_.remember("p" + std::to_string(i));
  watch(comfyui_.url());
  ASSERT_TRUE(run_until(io_, [&] { return remembered().size() >= 100; }));
  const auto ids = remembered();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 100u);
}

TEST_F(TelemetryStreamManagerTest, ReconnectsAfterTheServerRestartsAndSaysSo) {
  watch_and_settle();
  comfyui_.stop();
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().connection.attempt >= 2; }));
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::disconnected);
  EXPECT_TRUE(manager_->state().connection.next_try_at_ms || manager_->state().connection.attempt > 2);
  EXPECT_FALSE(last_error().empty());
  EXPECT_EQ(count<assemble::Disconnected>(), 1u) << "a try that fails ends no connection";

  comfyui_.start();
  ASSERT_TRUE(until(ConnectionState::connected));
  EXPECT_EQ(manager_->state().connection.attempt, 0);
  EXPECT_EQ(last_error(), "");
  EXPECT_EQ(count<assemble::Connected>(), 2u);
  EXPECT_EQ(comfyui_.sockets[0]->client_id, manager_->client_id()) << "the same as before";
}

TEST_F(TelemetryStreamManagerTest, TheOldSocketIsClosedBeforeANewOneIsOpened) {
  timings_.failed_polls_to_disconnect = 1;
  timings_.http_timeout_ms = 50;
  watch_and_settle();
  comfyui_.ignore = [](const net::HttpRequest& request) { return request.path == "/queue"; };
  std::vector<std::size_t> open_before;
  comfyui_.override = [&](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.path == "/ws") open_before.push_back(comfyui_.open_sockets());
    return std::nullopt;
  };
  comfyui_.queue("p");
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.sockets.size() >= 3; }));
  for (const std::size_t open : open_before) EXPECT_EQ(open, 0u);
}

TEST_F(TelemetryStreamManagerTest, ConnectNowDoesNotWaitForTheNextTry) {
  timings_.back_off_ms = {3'600'000};
  const std::string url = comfyui_.url();
  comfyui_.stop();
  watch(url);
  ASSERT_TRUE(until(ConnectionState::disconnected));
  comfyui_.start();
  manager_->connect_now();
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::connecting);
  EXPECT_TRUE(until(ConnectionState::connected));
}

TEST_F(TelemetryStreamManagerTest, AServerThatAcceptsAndNeverAnswersIsDisconnected) {
  timings_.connect_timeout_ms = timings_.http_timeout_ms = 50;
  net::tcp::acceptor hung(io_, {net::asio::ip::make_address("127.0.0.1"), 0});
  watch("http://127.0.0.1:" + std::to_string(hung.local_endpoint().port()));
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().connection.attempt >= 2; }));
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::disconnected);
  EXPECT_FALSE(last_error().empty());
  EXPECT_THAT(last_error(), Not(HasSubstr("not as a ComfyUI")));
}

TEST_F(TelemetryStreamManagerTest, AnOtherServerIsNamedAsSuchWithTheMend) {
  comfyui_.override = [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.status = 404;
    return response;
  };
  watch(comfyui_.url());
  ASSERT_TRUE(until(ConnectionState::disconnected));
  EXPECT_EQ(last_error(),
            comfyui_.url() + " answers, but not as a ComfyUI: GET /system_stats gave 404; check the address");
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().connection.attempt >= 3; })) << "goes on trying";
  EXPECT_EQ(count<assemble::Connected>(), 0u);

  comfyui_.override = nullptr;
  EXPECT_TRUE(until(ConnectionState::connected));
}

TEST_F(TelemetryStreamManagerTest, AWebPageInPlaceOfAComfyUiIsNamedAsSuch) {
  comfyui_.override = [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.body = "<html>Welcome to nginx!</html>";
    return response;
  };
  watch(comfyui_.url());
  ASSERT_TRUE(until(ConnectionState::disconnected));
  EXPECT_THAT(last_error(), HasSubstr("answers, but not as a ComfyUI: GET /system_stats gave something else"));
}

TEST_F(TelemetryStreamManagerTest, AServerWithAWebSocketOfItsOwnIsNotTakenForAComfyUi) {
  comfyui_.override = [](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.path == "/ws") return std::nullopt;
    net::HttpResponse response;
    response.body = R"({"hello":"world"})";
    return response;
  };
  watch(comfyui_.url());
  ASSERT_TRUE(until(ConnectionState::disconnected));
  EXPECT_THAT(last_error(), HasSubstr("answers, but not as a ComfyUI: GET /queue gave something else"));
  EXPECT_EQ(std::count(states_.begin(), states_.end(), ConnectionState::connected), 0);
}

TEST_F(TelemetryStreamManagerTest, ALoginInFrontOfTheWorkerIsTold) {
  comfyui_.override = [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.status = 401;
    return response;
  };
  watch(comfyui_.url());
  ASSERT_TRUE(until(ConnectionState::disconnected));
  EXPECT_THAT(last_error(), HasSubstr("refuses us: GET /system_stats gave 401"));
}

TEST_F(TelemetryStreamManagerTest, GarbageFramesAreCountedAndTheConnectionLives) {
  watch_and_settle();
  base::counters().reset();
  const std::vector<std::string> garbage = {"",
                                            "{",
                                            "[]",
                                            R"({"type":5})",
                                            R"({"type":"execution_start","data":{}})",
                                            R"({"type":"progress_state","data":{"prompt_id":7}})"};
  for (const std::string& text : garbage) comfyui_.send(text);
  comfyui_.send_binary("\x01");
  comfyui_.send_binary(std::string("\0\0\0\x04\xff\xff\xff\xff", 8));
  comfyui_.send(R"({"type":"crystools.monitor","data":{"cpu":3}})");
  comfyui_.send_binary(std::string("\0\0\0\x63xyz", 7));
  comfyui_.tell_status();
  ASSERT_TRUE(run_until(io_, [&] { return base::counters().get(Counter::frames_received) >= garbage.size() + 5; }));
  EXPECT_EQ(base::counters().get(Counter::frames_malformed), garbage.size() + 2);
  EXPECT_EQ(base::counters().get(Counter::frames_unknown), 2u);
  EXPECT_EQ(comfyui_.sockets.size(), 1u);
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::connected);
}

TEST_F(TelemetryStreamManagerTest, TextThatIsNoTextIsCountedAndTheConnectionMadeAnew) {
  watch_and_settle();
  base::counters().reset();
  comfyui_.send("\xff\xfe");
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.sockets.size() == 2; }));
  EXPECT_EQ(base::counters().get(Counter::frames_malformed), 1u);
  EXPECT_TRUE(until(ConnectionState::connected));
}

TEST_F(TelemetryStreamManagerTest, TakesAFrameOfTenMebibytes) {
  watch_and_settle();
  const std::string picture(10u << 20, 'x');
  comfyui_.send_binary(std::string("\0\0\0\x01\0\0\0\x01", 8) + picture);
  ASSERT_TRUE(run_until(io_, [&] { return !previews_.empty(); }));
  EXPECT_EQ(previews_[0].image, picture);
  EXPECT_EQ(previews_[0].format, "jpeg");
}

TEST_F(TelemetryStreamManagerTest, AFrameOverTheBoundIsCountedAndTheConnectionMadeAnew) {
  timings_.max_frame_bytes = 100'000;
  watch_and_settle();
  base::counters().reset();
  comfyui_.send_binary(std::string(200'000, '\0'));
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.sockets.size() == 2; }));
  EXPECT_EQ(base::counters().get(Counter::frames_oversized), 1u);
  EXPECT_TRUE(until(ConnectionState::connected));
}

TEST_F(TelemetryStreamManagerTest, AStatusFrameBringsTheQueueAndItsEndTheNewestHistory) {
  watch_and_settle();
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until(ConnectionState::streaming));
  EXPECT_EQ(manager_->state().queue_running, 1);
  comfyui_.queue("b");
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().queue_pending == 1; }));
  comfyui_.forget("b");
  comfyui_.finish("a");
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.asked("GET /history?max_items=16") == 1; }));
  ASSERT_TRUE(run_until(io_, [&] { return remembered().contains("a"); }));
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::connected);
}

TEST_F(TelemetryStreamManagerTest, PromptsTooShortToBeSeenInTheQueueAreFoundInTheHistory) {
  watch_and_settle();
  for (int i = 0; i < 40; ++i) {
    const std::string id = "short" + std::to_string(i);
    comfyui_.queue(id);
    comfyui_.begin(id);
    comfyui_.finish(id);
  }
  ASSERT_TRUE(run_until(io_, [&] { return remembered().size() >= 40; })) << "also beyond the newest 16";
}

TEST_F(TelemetryStreamManagerTest, ShortPromptsAreFoundAlsoWhenTheQueueNeverRunsEmpty) {
  watch_and_settle();
  comfyui_.queue("waits");
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().queue_pending == 1; }));
  for (int i = 0; i < 10; ++i) {
    const std::string id = "short" + std::to_string(i);
    comfyui_.queue(id);
    comfyui_.begin(id);
    comfyui_.finish(id);
  }
  EXPECT_TRUE(run_until(io_, [&] { return remembered().size() == 10; }));
}

TEST_F(TelemetryStreamManagerTest, AFailedPollIsCountedAndMadeAgain) {
  watch_and_settle();
  base::counters().reset();
  int failures = 2;
  comfyui_.override = [&](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.path != "/queue" || failures-- <= 0) return std::nullopt;
    net::HttpResponse response;
    response.status = 500;
    return response;
  };
  comfyui_.queue("a");
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().queue_pending == 1; }));
  EXPECT_EQ(base::counters().get(Counter::worker_requests_failed), 2u);
  EXPECT_EQ(comfyui_.sockets.size(), 1u);
}

TEST_F(TelemetryStreamManagerTest, AWorkerThatAnswersNoPollAnyMoreIsDisconnected) {
  timings_.http_timeout_ms = 100;
  watch_and_settle();
  comfyui_.ignore = [](const net::HttpRequest&) { return true; };
  comfyui_.queue("a");
  ASSERT_TRUE(until(ConnectionState::disconnected));
  EXPECT_EQ(count<assemble::Disconnected>(), 1u);
  comfyui_.ignore = nullptr;
  EXPECT_TRUE(until(ConnectionState::connected));
}

TEST_F(TelemetryStreamManagerTest, AWantedEntryIsAskedForUntilItIsThere) {
  watch_and_settle();
  manager_->want_history("late");
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.asked("GET /history/late") >= 2; }));
  comfyui_.remember("late");
  ASSERT_TRUE(run_until(io_, [&] { return remembered().contains("late"); }));
  EXPECT_EQ(count<assemble::HistoryMissing>(), 0u);
}

TEST_F(TelemetryStreamManagerTest, AWantedEntryThatNeverComesIsMissing) {
  watch_and_settle();
  manager_->want_history("never/there");
  ASSERT_TRUE(run_until(io_, [&] { return count<assemble::HistoryMissing>() == 1; }));
  EXPECT_EQ(std::get<assemble::HistoryMissing>(facts_.back().what).prompt_id, "never/there");
  EXPECT_THAT(comfyui_.requests, Contains("GET /history/never%2Fthere"));
  const auto asked = comfyui_.asked("GET /history/never%2Fthere");
  run_for(io_, 30);
  EXPECT_EQ(comfyui_.asked("GET /history/never%2Fthere"), asked);
}

TEST_F(TelemetryStreamManagerTest, NoAnswerIsNoProofThatAnEntryIsMissing) {
  watch_and_settle();
  comfyui_.override = [](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (!request.path.starts_with("/history/")) return std::nullopt;
    net::HttpResponse response;
    response.status = 500;
    return response;
  };
  manager_->want_history("a");
  ASSERT_TRUE(run_until(io_, [&] { return comfyui_.asked("GET /history/a") >= 12; })) << "for longer than the window";
  EXPECT_EQ(count<assemble::HistoryMissing>(), 0u);
  comfyui_.override = nullptr;
  comfyui_.remember("a");
  EXPECT_TRUE(run_until(io_, [&] { return remembered().contains("a"); }));
}

TEST_F(TelemetryStreamManagerTest, ManyWantedEntriesAreReadTogether) {
  watch_and_settle();
  for (int i = 0; i < 30; ++i) comfyui_.remember("p" + std::to_string(i));
  // The first goes alone, the others gather meanwhile.
  for (int i = 0; i < 30; ++i) manager_->want_history("p" + std::to_string(i));
  ASSERT_TRUE(run_until(io_, [&] { return remembered().size() >= 30; }));
  EXPECT_LE(std::count_if(comfyui_.requests.begin(), comfyui_.requests.end(),
                          [](const std::string& request) { return request.starts_with("GET /history/p"); }),
            2);
}

TEST_F(TelemetryStreamManagerTest, SilenceBeyondWhatHistoryExplainsIsAStallAndNewsEndIt) {
  watch_and_settle();
  base::counters().reset();
  manager_->expect_news_within(60);
  comfyui_.queue("a");
  comfyui_.begin("a");
  ASSERT_TRUE(until(ConnectionState::streaming));
  ASSERT_TRUE(until(ConnectionState::stalled));
  EXPECT_EQ(base::counters().get(Counter::worker_stalls), 1u);
  EXPECT_THAT(last_error(), HasSubstr("no news"));

  comfyui_.queue("b");
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().queue_pending == 1; }));
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::stalled) << "what others queue is no sign of life";

  manager_->expect_news_within(60'000);
  comfyui_.send(R"({"type":"progress","data":{"value":1,"max":4,"prompt_id":"a","node":"1"}})");
  ASSERT_TRUE(until(ConnectionState::streaming));
  EXPECT_EQ(last_error(), "");
}

TEST_F(TelemetryStreamManagerTest, NothingStallsWhileNothingRuns) {
  timings_.stall_without_history_ms = 10;
  watch_and_settle();
  run_for(io_, 60);
  EXPECT_EQ(manager_->state().connection.state, ConnectionState::connected);
}

TEST_F(TelemetryStreamManagerTest, ASocketThatTheServerForgotIsMadeAnew) {
  watch_and_settle();
  // Not told to anybody.
  comfyui_.pending.emplace_back("a", FakeComfyUi::item("a"));
  ASSERT_TRUE(run_until(io_, [&] { return manager_->state().queue_pending == 1; })) << "found without being told";
  comfyui_.forget("a");
  comfyui_.tell_status();
  run_for(io_, 150);
  EXPECT_EQ(comfyui_.sockets.size(), 1u);

  comfyui_.override = [](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.path != "/prompt") return std::nullopt;
    net::HttpResponse response;
    response.body = R"({"exec_info":{"queue_remaining":3}})";
    return response;
  };
  EXPECT_TRUE(run_until(io_, [&] { return comfyui_.sockets.size() >= 2; }));
}

TEST_F(TelemetryStreamManagerTest, ReadsTheDevicesAndTellsWhenTheyAreOthers) {
  watch_and_settle();
  ASSERT_TRUE(run_until(io_, [&] { return !workers_.empty(); }));
  EXPECT_EQ(workers_[0].comfyui_version, "0.8.0");
  EXPECT_EQ(workers_[0].url, comfyui_.url());
  EXPECT_EQ(workers_[0].worker_id, worker_id_of(*net::parse_url(comfyui_.url())));
  comfyui_.vram_free = 400;
  const auto last_free = [&]() -> std::optional<std::int64_t> {
    for (auto it = facts_.rbegin(); it != facts_.rend(); ++it) {
      const auto* samples = std::get_if<std::vector<model::DeviceSample>>(&it->what);
      if (samples) return samples->at(0).vram_free_bytes;
    }
    return std::nullopt;
  };
  ASSERT_TRUE(run_until(io_, [&] { return last_free() == 400; }));
  EXPECT_EQ(workers_.size(), 1u) << "a reading makes no other worker";
}

TEST_F(TelemetryStreamManagerTest, NothingIsHeardAfterStop) {
  watch_and_settle();
  manager_->stop();
  const std::size_t facts = facts_.size();
  comfyui_.queue("a");
  run_for(io_, 50);
  EXPECT_EQ(facts_.size(), facts);
  EXPECT_EQ(comfyui_.open_sockets(), 0u);
}

TEST_F(TelemetryStreamManagerTest, WhenConnectedWaitsOrSaysWhyNot) {
  const std::string url = comfyui_.url();
  comfyui_.stop();
  watch(url);
  std::vector<bool> answers;
  manager_->when_connected(20, [&](base::Result<void> ready) { answers.push_back(ready.ok()); });
  ASSERT_TRUE(run_until(io_, [&] { return answers.size() == 1; }));
  EXPECT_FALSE(answers[0]);
  manager_->when_connected(5'000, [&](base::Result<void> ready) { answers.push_back(ready.ok()); });
  comfyui_.start();
  ASSERT_TRUE(run_until(io_, [&] { return answers.size() == 2; }));
  EXPECT_TRUE(answers[1]);
}

}  // namespace
}  // namespace comfytrace::collect
