#include "app/alert_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/settings.h"

namespace comfytrace::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AlertSettingsTest : public testing::Test {
 protected:
  AlertSettingsTest()
      : file_(std::filesystem::path(testing::TempDir()) / ("alerts-" + std::to_string(::getpid()) + ".toml")) {}
  ~AlertSettingsTest() override { std::filesystem::remove(file_); }

  base::Result<AlertSettings> load(const std::string& text) {
    std::ofstream(file_) << text;
    Flags flags;
    flags.config = file_.string();
    auto settings = load_settings(flags, [](const char*) { return std::optional<std::string>(); });
    if (!settings) return settings.error();
    return settings->alerts;
  }
  void expect_wrong(const std::string& text, const std::string& field, const std::string& said) {
    const auto settings = load(text);
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().code, base::ErrorCode::invalid);
    EXPECT_THAT(settings.error().field, HasSubstr(" line "));
    EXPECT_THAT(settings.error().field, HasSubstr(field));
    EXPECT_THAT(settings.error().sentence(), HasSubstr(said));
    EXPECT_THAT(settings.error().sentence(), Not(HasSubstr("secret")));
  }

 private:
  std::filesystem::path file_;
};

TEST_F(AlertSettingsTest, SendNothingAnywhereUnlessAPersonSaysSo) {
  const auto settings = load("");
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->enabled);
  EXPECT_TRUE(settings->sinks.empty());
  EXPECT_FALSE(settings->quiet_hours);
}

TEST_F(AlertSettingsTest, ReadRulesQuietHoursAndSinks) {
  const auto settings = load(R"(
[alerts]
quiet_hours = "22:00-07:30"
repeat_minutes = 30
[alerts.rules.workerDown]
after_s = 120
severity = "warning"
[alerts.rules.deviation]
enabled = false
[[alerts.sinks]]
type = "webhook"
name = "team"
url = "https://discord.com/api/webhooks/1/secret"
format = "discord"
min_severity = "critical"
headers = {Authorization = "Bearer secret"}
[[alerts.sinks]]
type = "webhook"
url = "http://127.0.0.1:9000/hook"
template = '{"say": "{text}"}'
[[alerts.sinks]]
type = "command"
argv = ["notify-send", "comfytrace"]
timeout_s = 2.5
)");
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_EQ(settings->quiet_hours->from_minute, 22 * 60);
  EXPECT_EQ(settings->quiet_hours->to_minute, 7 * 60 + 30);
  EXPECT_EQ(settings->repeat_ms, 1'800'000);
  EXPECT_EQ(settings->rules.threshold(alert::Rule::workerDown, "after_s"), 120);
  EXPECT_EQ(settings->rules.severity(alert::Rule::workerDown), history::AlertSeverity::warning);
  EXPECT_FALSE(settings->rules.enabled(alert::Rule::deviation));
  ASSERT_EQ(settings->sinks.size(), 3u);
  EXPECT_EQ(settings->sinks[0].name, "team");
  EXPECT_EQ(settings->sinks[0].min_severity, history::AlertSeverity::critical);
  const auto& discord = std::get<alert::WebhookSetting>(settings->sinks[0].what);
  EXPECT_EQ(discord.format, alert::WebhookFormat::discord);
  EXPECT_EQ(discord.address.target, "/api/webhooks/1/secret");
  ASSERT_EQ(discord.headers.size(), 1u);
  EXPECT_TRUE(std::get<alert::WebhookSetting>(settings->sinks[1].what).body);
  const auto& command = std::get<alert::CommandSetting>(settings->sinks[2].what);
  EXPECT_EQ(command.argv, (std::vector<std::string>{"notify-send", "comfytrace"}));
  EXPECT_EQ(command.timeout_ms, 2'500);
}

TEST_F(AlertSettingsTest, NameLineFieldAndMendOfWhatIsWrong) {
  expect_wrong("alerts = 3\n", "alerts", "expected a table");
  expect_wrong("[alerts]\nquiet = \"22:00-07:00\"\n", "line 2, alerts.quiet", "quiet_hours");
  for (const char* hours : {"22-7", "25:00-07:00", "22:00", "22:00-7:00", "22:00-07:00x", "aa:bb-cc:dd"}) {
    expect_wrong("[alerts]\nquiet_hours = \"" + std::string(hours) + "\"\n", "alerts.quiet_hours", "22:00-07:00");
  }
  expect_wrong("[alerts]\nrepeat_minutes = -1\n", "alerts.repeat_minutes", "from 0 to");
  expect_wrong("[alerts]\nenabled = \"yes\"\n", "alerts.enabled", "true or false");
  expect_wrong("[alerts.rules.wrokerDown]\n", "alerts.rules", "workerDown");
  expect_wrong("[alerts.rules.workerDown]\nafter = 3\n", "line 2, alerts.rules.workerDown.after", "after_s");
  expect_wrong("[alerts.rules.workerDown]\nafter_s = \"3\"\n", "alerts.rules.workerDown.after_s", "expected a number");
  expect_wrong("[alerts.rules.failureStreak]\nruns = 1\n", "alerts.rules.failureStreak.runs", "from 2 to 50");
  expect_wrong("[alerts.rules.workerDown]\nseverity = \"bad\"\n", "alerts.rules.workerDown.severity", "critical");
}

TEST_F(AlertSettingsTest, NameWhatIsWrongWithASinkAndNoSecretOfIt) {
  const std::string webhook = "[[alerts.sinks]]\ntype = \"webhook\"\n";
  const std::string good = webhook + "url = \"https://host/secret\"\n";
  expect_wrong("[[alerts.sinks]]\ntype = \"mail\"\n", "line 2, alerts.sinks.type", "webhook, command");
  expect_wrong(webhook, "alerts.sinks.url", "https://");
  expect_wrong(webhook + "url = \"ftp://secret\"\n", "line 3, alerts.sinks.url", "https://");
  expect_wrong(webhook + "url = \"https://me:secret@host/secret\"\n", "alerts.sinks.url", "headers");
  expect_wrong(webhook + "url = \"https://ntfy.sh/\"\nformat = \"ntfy\"\n", "alerts.sinks.url", "topic");
  expect_wrong(good + "format = \"teams\"\n", "alerts.sinks.format", "discord, slack, ntfy");
  expect_wrong(good + "template = '{\"a\": \"{mesage}\"}'\n", "alerts.sinks.template", "{mesage}");
  expect_wrong(good + "template = '{\"a\": {text}}'\n", "alerts.sinks.template", "JSON");
  expect_wrong(good + "headers = {\"a b\" = \"secret\"}\n", "alerts.sinks.headers", "a b");
  expect_wrong(good + "headers = {Authorization = \"secret\\nX: secret\"}\n", "alerts.sinks.headers", "one line");
  expect_wrong(good + "timeout_s = 0\n", "alerts.sinks.timeout_s", "from 1 to 300");
  expect_wrong(good + "argv = [\"x\"]\n", "alerts.sinks.argv", "known are");
  expect_wrong(good + good, "alerts.sinks.name", "two sinks");
  expect_wrong("[[alerts.sinks]]\ntype = \"command\"\n", "alerts.sinks.argv", "no program");
  expect_wrong("[[alerts.sinks]]\ntype = \"command\"\nargv = \"rm -r /\"\n", "alerts.sinks.argv", "list of strings");
}

}  // namespace
}  // namespace comfytrace::app
