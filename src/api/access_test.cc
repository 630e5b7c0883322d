#include "api/access.h"

#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

AccessRules loopback() {
  return AccessRules{"127.0.0.1", 8199, {"studio.lan", "trace.example:443"}, ""};
}
AccessRules open_to_all() {
  return AccessRules{"0.0.0.0", 8199, {}, "s3cret"};
}

net::HttpRequest request(std::string method, std::string host) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = request.path = "/api/v1/runs";
  request.headers.set("Host", std::move(host));
  return request;
}

int status_for(const AccessRules& rules, const net::HttpRequest& asked, bool websocket = false) {
  const auto refusal = check_access(rules, asked, websocket);
  return refusal ? refusal->status : 200;
}

TEST(Access, KnowsLoopbackAddresses) {
  for (const auto* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"}) EXPECT_TRUE(is_loopback(host));
  for (const auto* host : {"0.0.0.0", "::", "192.168.1.2", "localhost.example", ""}) EXPECT_FALSE(is_loopback(host));
}

TEST(Access, TakesOwnHostsWithTheRightPortOnly) {
  for (const auto* host : {"127.0.0.1:8199", "localhost:8199", "LocalHost:8199", "[::1]:8199", "studio.lan:8199",
                           "studio.lan", "trace.example:443"}) {
    EXPECT_TRUE(is_own_host(loopback(), host)) << host;
  }
  for (const auto* host :
       {"", "evil.example", "evil.example:8199", "localhost", "localhost:8188", "127.0.0.1.evil.example:8199",
        "studio.lan:80", "trace.example", "192.168.1.2:8199", "[::1", "[::1]x:8199", ":8199", "localhost:8199:8199"}) {
    EXPECT_FALSE(is_own_host(loopback(), host)) << host;
  }
}

TEST(Access, TakesAnyAddressButNoForeignNameWhenItListensEverywhere) {
  EXPECT_TRUE(is_own_host(open_to_all(), "192.168.1.2:8199"));
  EXPECT_TRUE(is_own_host(open_to_all(), "[fe80::1]:8199"));
  EXPECT_FALSE(is_own_host(open_to_all(), "rebound.example:8199"));
}

TEST(Access, RefusesAForeignHostWhateverTheMethod) {
  for (const auto* method : {"GET", "POST", "DELETE"}) {
    EXPECT_EQ(status_for(loopback(), request(method, "evil.example:8199")), 403);
  }
  EXPECT_EQ(status_for(loopback(), request("GET", "localhost:8199")), 200);
}

TEST(Access, RefusesAForeignOriginWhereItCouldDoHarm) {
  for (const auto* origin : {"http://evil.example", "null", "http://localhost:3000", "http://localhost",
                             "file://localhost:8199", "http://", "localhost:8199", ""}) {
    auto asked = request("DELETE", "localhost:8199");
    asked.headers.set("Origin", origin);
    EXPECT_EQ(status_for(loopback(), asked), 403) << origin;
    asked.method = "GET";
    EXPECT_EQ(status_for(loopback(), asked), 200) << origin;
    EXPECT_EQ(status_for(loopback(), asked, true), 403) << origin;
  }
}

TEST(Access, TakesItsOwnOriginAndConfiguredOnes) {
  for (const auto* origin : {"http://localhost:8199", "https://LOCALHOST:8199", "http://studio.lan"}) {
    auto asked = request("PATCH", "localhost:8199");
    asked.headers.set("Origin", origin);
    EXPECT_EQ(status_for(loopback(), asked), 200) << origin;
    EXPECT_EQ(status_for(loopback(), asked, true), 200) << origin;
  }
}

TEST(Access, TakesProgramsThatSendNoOriginButNotCrossSitePages) {
  auto asked = request("POST", "localhost:8199");
  EXPECT_EQ(status_for(loopback(), asked), 200);
  asked.headers.set("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(status_for(loopback(), asked), 403);
}

TEST(Access, AsksForTheTokenWhenThereIsOne) {
  auto asked = request("GET", "localhost:8199");
  EXPECT_EQ(status_for(open_to_all(), asked), 401);
  for (const auto* wrong : {"Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret"}) {
    asked.headers.set("Authorization", wrong);
    EXPECT_EQ(status_for(open_to_all(), asked), 401) << wrong;
  }
  for (const auto* right : {"Bearer s3cret", "bearer s3cret"}) {
    asked.headers.set("Authorization", right);
    EXPECT_EQ(status_for(open_to_all(), asked), 200) << right;
  }
}

net::HttpRequest page_load(std::string target, std::vector<std::pair<std::string, std::string>> query) {
  auto asked = request("GET", "localhost:8199");
  asked.path = target.substr(0, target.find('?'));
  asked.target = std::move(target);
  asked.query = std::move(query);
  return asked;
}

TEST(Access, TurnsTheTokenOfAPageLoadIntoACookie) {
  const auto answer =
      exchange_token(open_to_all(), page_load("/runs?text=a%20b&token=s3cret&status=failed",
                                              {{"text", "a b"}, {"token", "s3cret"}, {"status", "failed"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 303);
  EXPECT_EQ(answer->headers.get("Location"), "/runs?text=a%20b&status=failed");
  const std::string cookie(*answer->headers.get("Set-Cookie"));
  EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(cookie.find("s3cret"), std::string::npos);

  auto asked = request("GET", "localhost:8199");
  asked.headers.set("Cookie", "theme=dark; " + cookie.substr(0, cookie.find(';')));
  EXPECT_EQ(status_for(open_to_all(), asked), 200);
  auto other = open_to_all();
  other.token = "changed";
  EXPECT_EQ(status_for(other, asked), 401);
}

TEST(Access, GivesNoCookieForAWrongTokenOrAForeignHost) {
  EXPECT_FALSE(exchange_token(open_to_all(), page_load("/?token=x", {{"token", "x"}})));
  EXPECT_FALSE(exchange_token(loopback(), page_load("/?token=", {{"token", ""}})));
  auto foreign = page_load("/?token=s3cret", {{"token", "s3cret"}});
  foreign.headers.set("Host", "evil.example:8199");
  EXPECT_FALSE(exchange_token(open_to_all(), foreign));
}

TEST(Access, NeverRedirectsToAnotherServer) {
  for (const auto* target : {"//evil.example/?token=s3cret", "/\\evil.example/?token=s3cret", "///evil.example/"}) {
    const auto answer = exchange_token(open_to_all(), page_load(target, {{"token", "s3cret"}}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->headers.get("Location"), "/evil.example/") << target;
  }
}

}  // namespace
}  // namespace comfytrace::api
