#include "alert/rules.h"
#include "api/server_fixture.h"

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AlertRoutesTest : public ServerTest {
 protected:
  AlertRoutesTest() {
    services.alerts.open = [this] { return open; };
    services.alerts.acknowledge = [this](std::string_view id) -> std::optional<history::Alert> {
      for (history::Alert& alert : open) {
        if (alert.id != id) continue;
        alert.acknowledged_at_ms = 77;
        return alert;
      }
      return std::nullopt;
    };
    services.alerts.rules = [] { return alert::rules_json(alert::RuleSettings()); };
    services.alerts.sinks = [] {
      alert::SinkState sink;
      sink.name = "discord";
      sink.target = "https://discord.com/…";
      sink.last_error = "discord.com answered 404";
      return std::vector{sink};
    };
    services.alerts.test = [this](const auto& done) {
      net::asio::post(io, [done] {
        done({{"discord", false, "discord.com answered 404"}, {"phone", true, std::nullopt}});
      });
    };
  }
  static history::Alert alert_of(std::string id, std::int64_t raised_at_ms, std::optional<std::int64_t> cleared = {}) {
    history::Alert alert;
    alert.id = std::move(id);
    alert.rule = "workerDown";
    alert.subject = "worker:w1";
    alert.evidence = {{"disconnectedMs", 60'000}};
    alert.raised_at_ms = raised_at_ms;
    alert.cleared_at_ms = cleared;
    return alert;
  }
  std::vector<std::string> ids(const std::string& query) {
    const auto body = json_of(get("/api/v1/alerts" + query));
    std::vector<std::string> ids;
    for (const auto& alert : *base::find_array(body, "alerts")) ids.push_back(*base::find_string(alert, "id"));
    return ids;
  }

  std::vector<history::Alert> open;
};

TEST_F(AlertRoutesTest, ListsAlertsNewestFirstPageByPage) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(history.save_alert(alert_of("a" + std::to_string(i), 1'000 + i, 2'000)));
  start();
  EXPECT_THAT(ids("?limit=2"), ElementsAre("a4", "a3"));
  EXPECT_THAT(ids("?limit=2&after=a3"), ElementsAre("a2", "a1"));
  EXPECT_THAT(ids("?after=nobody"), IsEmpty());
  EXPECT_THAT(ids("?state=open"), IsEmpty());
  const auto body = json_of(get("/api/v1/alerts?limit=1"));
  const auto alert = base::find_array(body, "alerts")->at(0);
  EXPECT_EQ(base::find_integer(alert, "clearedAtMs"), 2'000);
  EXPECT_EQ(base::find_number(*base::find(alert, "evidence"), "disconnectedMs"), 60'000);
}

TEST_F(AlertRoutesTest, KnowsWhatIsOpenBetterThanAHistoryThatIsBehind) {
  ASSERT_TRUE(history.save_alert(alert_of("over", 1)));  // its end is not written yet
  ASSERT_TRUE(history.save_alert(alert_of("old", 2)));
  open = {alert_of("old", 2), alert_of("new", 3)};  // and this is not written at all
  open[0].acknowledged_at_ms = 5;
  start();
  EXPECT_THAT(ids("?state=open"), ElementsAre("new", "old"));
  EXPECT_THAT(ids(""), ElementsAre("new", "old", "over"));
  EXPECT_THAT(ids("?limit=1"), ElementsAre("new"));
  EXPECT_THAT(ids("?after=old"), ElementsAre("over"));
}

TEST_F(AlertRoutesTest, NamesWhatIsWrongWithAQuery) {
  start();
  expect_problem(get("/api/v1/alerts?state=closed"), 400, "state");
  expect_problem(get("/api/v1/alerts?limit=0"), 400, "limit");
  expect_problem(get("/api/v1/alerts?limit=1001"), 400, "limit");
  expect_problem(get("/api/v1/alerts?limit=5x"), 400, "limit");
  expect_problem(get("/api/v1/alerts?after="), 400, "after");
  expect_problem(get("/api/v1/alerts?limit=1&limit=2"), 400, "limit");
  expect_problem(get("/api/v1/alerts?sort=up"), 400, "sort");
  busy = true;
  expect_problem(get("/api/v1/alerts"), 503);
}

TEST_F(AlertRoutesTest, AcknowledgesWhatIsOpen) {
  open = {alert_of("a", 1)};
  start();
  const auto answer = ask("POST", "/api/v1/alerts/a:acknowledge");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(base::find_integer(json_of(answer), "acknowledgedAtMs"), 77);
  expect_problem(ask("POST", "/api/v1/alerts/nobody:acknowledge"), 404, "alertId");
  EXPECT_EQ(get("/api/v1/alerts/a:acknowledge").status, 405);
}

TEST_F(AlertRoutesTest, RefusesAForeignPage) {
  open = {alert_of("a", 1)};
  start();
  EXPECT_EQ(ask("POST", "/api/v1/alerts:test", "", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(ask("POST", "/api/v1/alerts/a:acknowledge", "", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_FALSE(open[0].acknowledged_at_ms);
}

TEST_F(AlertRoutesTest, TestsTheSinksAndTellsRulesAndHealth) {
  open = {alert_of("a", 1)};
  start();
  const auto tested = json_of(ask("POST", "/api/v1/alerts:test"));
  ASSERT_THAT(*base::find_array(tested, "sinks"), SizeIs(2));
  EXPECT_EQ(base::find_bool(base::find_array(tested, "sinks")->at(0), "delivered"), false);
  EXPECT_THAT(get("/api/v1/alert-rules").body, HasSubstr("\"name\":\"queueStuck\""));
  const auto health = json_of(get("/api/v1/health"));
  const auto* alerts = base::find(health, "alerts");
  EXPECT_EQ(base::find_integer(*alerts, "open"), 1);
  EXPECT_EQ(base::find_string(base::find_array(*alerts, "sinks")->at(0), "lastError"), "discord.com answered 404");
}

}  // namespace
}  // namespace comfytrace::api
