#include "alert/webhook_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/webhook_address.h"
#include "alert/webhook_body.h"

namespace comfytrace::alert {
namespace {

using history::Alert;
using history::AlertSeverity;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// Everything that could end a string, a document, a line or a message.
const std::string kHostile = "\",\"a\":[{\\\n\t\x01\x1b[31m {text} @everyone <!channel> & \xff\xfe \xe2\x80\xa8 ü";

Notice hostile(Occasion occasion = Occasion::raised, std::size_t alerts = 1) {
  Alert alert;
  alert.id = alert.rule = alert.subject = alert.message = kHostile;
  alert.run_id = alert.worker_id = kHostile;
  alert.severity = AlertSeverity::critical;
  alert.raised_at_ms = 1'700'000'000'000;
  return {occasion, 5, std::vector<Alert>(alerts, alert)};
}

base::json::value json_of(const std::string& text) {
  auto parsed = base::parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : base::json::value();
}

TEST(WebhookTemplate, PutsValuesInAndEscapesThem) {
  const auto parsed = WebhookTemplate::parse(
      R"({"say": "[{severity}] {title}: {text}", "at": {raisedAtMs}, "over": {clearedAtMs}, "deep": {"run": "{runId}"}, "n": [{count}]})");
  ASSERT_TRUE(parsed) << parsed.error().sentence();
  const auto json = json_of(parsed->render(hostile()));
  EXPECT_EQ(json.as_object().size(), 5u);
  EXPECT_THAT(*base::find_string(json, "say"), HasSubstr("\",\"a\":[{\\\n\t"));
  EXPECT_THAT(*base::find_string(json, "say"), EndsWith("ü"));
  EXPECT_EQ(base::find_integer(json, "at"), 1'700'000'000'000);
  EXPECT_TRUE(base::find(json, "over")->is_null());
  EXPECT_EQ(base::find_array(json, "n")->at(0), 1);
}

TEST(WebhookTemplate, PutsAValueInOnceThoughItLooksLikeAPlaceholder) {
  const auto parsed = WebhookTemplate::parse(R"({"text": "{text}"})");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(*base::find_string(json_of(parsed->render(hostile())), "text"), HasSubstr("{text}"));
}

TEST(WebhookTemplate, RefusesAnUnknownPlaceholderByName) {
  const auto parsed = WebhookTemplate::parse(R"({"text": "{mesage}"})");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("{mesage}"));
  EXPECT_THAT(parsed.error().mend, HasSubstr("title, text, severity"));
}

class RefusedTemplate : public testing::TestWithParam<const char*> {};
TEST_P(RefusedTemplate, BecauseAValueCouldChangeTheDocument) {
  const auto parsed = WebhookTemplate::parse(GetParam());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().field, "template");
}
INSTANTIATE_TEST_SUITE_P(Texts, RefusedTemplate,
                         testing::Values("", "{text}", R"({"a": {text}})", R"({"a": {event}})", R"({"a": "\{text}"})",
                                         R"({"a": "\u00{text}"})", R"({"a": "\{runId}"})", R"({"a": -{clearedAtMs}})",
                                         R"({"a": "\{event}"})", R"({"a": 1} {runId})", R"({"a": "b")"));

TEST(WebhookTemplate, LeavesOtherBracesAlone) {
  const auto parsed = WebhookTemplate::parse(R"({"a": {}, "b": "{ text} {0} {", "c": {"d": 1}})");
  ASSERT_TRUE(parsed) << parsed.error().sentence();
  EXPECT_EQ(*base::find_string(json_of(parsed->render(hostile())), "b"), "{ text} {0} {");
}

TEST(WebhookBody, IsJsonInEveryFormatWhateverTheAlertSays) {
  for (const auto format : {WebhookFormat::json, WebhookFormat::discord, WebhookFormat::slack, WebhookFormat::ntfy}) {
    for (const auto occasion :
         {Occasion::raised, Occasion::cleared, Occasion::repeated, Occasion::digest, Occasion::test}) {
      for (const std::size_t alerts : {1, 500}) {
        const std::string body = webhook_body(format, hostile(occasion, alerts), "topic\"");
        EXPECT_TRUE(json_of(body).is_object());
      }
    }
  }
}

TEST(WebhookBody, SaysAllInItsOwnFormat) {
  const auto json = json_of(webhook_body(WebhookFormat::json, hostile(), ""));
  EXPECT_EQ(base::find_string(json, "event"), "raised");
  EXPECT_EQ(base::find_string(json, "severity"), "critical");
  EXPECT_EQ(base::find_integer(json, "atMs"), 5);
  const auto alert = base::find_array(json, "alerts")->at(0);
  EXPECT_EQ(base::find_integer(alert, "raisedAtMs"), 1'700'000'000'000);
}

TEST(WebhookBody, LetsNobodyBeMentionedAndStaysWithinDiscordsBounds) {
  const auto json = json_of(webhook_body(WebhookFormat::discord, hostile(Occasion::digest, 500), ""));
  EXPECT_EQ(base::find_array(*base::find(json, "allowed_mentions"), "parse")->size(), 0u);
  const auto embed = base::find_array(json, "embeds")->at(0);
  EXPECT_LE(base::find_string(embed, "title")->size(), 256u);
  EXPECT_LE(base::find_string(embed, "description")->size(), 4'096u);
  EXPECT_THAT(*base::find_string(embed, "description"), EndsWith("and 490 more"));
}

TEST(WebhookBody, EscapesWhatSlackWouldRead) {
  const auto text = *base::find_string(json_of(webhook_body(WebhookFormat::slack, hostile(), "")), "text");
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt; &amp;"));
  EXPECT_THAT(text, Not(HasSubstr("<!")));
}

TEST(WebhookBody, TellsNtfyTopicAndPriority) {
  auto json = json_of(webhook_body(WebhookFormat::ntfy, hostile(), "my-topic"));
  EXPECT_EQ(base::find_string(json, "topic"), "my-topic");
  EXPECT_EQ(base::find_integer(json, "priority"), 5);
  json = json_of(webhook_body(WebhookFormat::ntfy, hostile(Occasion::cleared), "my-topic"));
  EXPECT_EQ(base::find_integer(json, "priority"), 3);
}

TEST(WebhookAddress, TakesHttpAndHttpsWithPathAndQuery) {
  auto address = WebhookAddress::parse("https://Discord.com/api/webhooks/1/tok-en?wait=true#there");
  ASSERT_TRUE(address) << address.error().sentence();
  EXPECT_EQ(address->server.scheme, "https");
  EXPECT_EQ(address->server.host, "discord.com");
  EXPECT_EQ(address->server.port, 443);
  EXPECT_EQ(address->target, "/api/webhooks/1/tok-en?wait=true");
  EXPECT_EQ(address->shown(), "https://discord.com/…");
  EXPECT_EQ(address->without_secrets("POST /api/webhooks/1/tok-en?wait=true failed"), "POST /… failed");
  address = WebhookAddress::parse("http://[::1]:8080?a=b");
  ASSERT_TRUE(address) << address.error().sentence();
  EXPECT_EQ(address->server.port, 8080);
  EXPECT_EQ(address->target, "/?a=b");
  EXPECT_EQ(WebhookAddress::parse("http://host")->server.port, 80);
}

class RefusedAddress : public testing::TestWithParam<const char*> {};
TEST_P(RefusedAddress, AndSaysNothingOfIt) {
  const auto address = WebhookAddress::parse(GetParam());
  ASSERT_FALSE(address);
  EXPECT_THAT(address.error().sentence(), Not(HasSubstr("secret")));
}
INSTANTIATE_TEST_SUITE_P(Texts, RefusedAddress,
                         testing::Values("", "secret", "ftp://secret/x", "https://user:secret@host/", "https:///secret",
                                         "https://ho st/secret", "https://host:0/secret", "https://host/secret\nX: y",
                                         "https://host/secr\xc3\xa4t-secret", "https://secret:secret/"));

}  // namespace
}  // namespace comfytrace::alert
