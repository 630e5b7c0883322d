#include "alert/webhook_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "net/http_server.h"
#include "net/test_peer.h"
#include "net/test_tls.h"

namespace comfytrace::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Notice notice() {
  Notice one = test_notice(5);
  one.alerts[0].rule = "workerDown";
  one.alerts[0].message = "gpu box is \"gone\"";
  return one;
}

class WebhookSinkTest : public testing::Test {
 protected:
  void serve(int status, std::string retry_after = "") {
    net::ServerHandlers handlers;
    handlers.http = [this, status, retry_after](net::HttpRequest request, const net::Respond& respond) {
      requests.push_back(std::move(request));
      net::HttpResponse response;
      response.status = status;
      if (!retry_after.empty()) response.headers.set("Retry-After", retry_after);
      // A server may say the address again.
      response.body = requests.back().target;
      respond(std::move(response));
    };
    server = std::make_unique<net::HttpServer>(io, std::move(handlers));
    ASSERT_TRUE(server->start("127.0.0.1", 0).ok());
    port = server->port();
  }
  WebhookSetting setting(const std::string& scheme = "http") const {
    WebhookSetting setting;
    setting.address =
        WebhookAddress::parse(scheme + "://127.0.0.1:" + std::to_string(port) + "/hooks/secret?key=secret").value();
    setting.headers = {{"Authorization", "Bearer secret"}};
    return setting;
  }
  Delivery send(WebhookSetting with, std::shared_ptr<net::TlsContext> tls = nullptr) {
    WebhookSink sink(io, std::move(with), std::move(tls));
    std::optional<Delivery> delivery;
    sink.send(notice(), [&](Delivery got) { delivery = std::move(got); });
    EXPECT_FALSE(delivery) << "never from inside the call";
    EXPECT_TRUE(net::run_until(io, [&] { return delivery.has_value(); }));
    if (delivery && delivery->error) {
      EXPECT_THAT(delivery->error->sentence(), Not(HasSubstr("secret")));
    }
    return delivery.value_or(Delivery{});
  }

  net::asio::io_context io;
  std::unique_ptr<net::HttpServer> server;
  std::uint16_t port = 0;
  std::vector<net::HttpRequest> requests;
};

TEST_F(WebhookSinkTest, PostsJson) {
  serve(204);
  EXPECT_FALSE(send(setting()).error);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/hooks/secret?key=secret");
  EXPECT_EQ(requests[0].headers.get("Content-Type"), "application/json");
  EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer secret");
  const auto body = base::parse_json(requests[0].body);
  ASSERT_TRUE(body);
  EXPECT_EQ(base::find_string(base::find_array(*body, "alerts")->at(0), "message"), "gpu box is \"gone\"");
}

TEST_F(WebhookSinkTest, PostsWhatTheTemplateSays) {
  serve(200);
  auto with = setting();
  with.body = WebhookTemplate::parse(R"({"say": "{rule}: {text}"})").value();
  EXPECT_FALSE(send(std::move(with)).error);
  EXPECT_EQ(requests.at(0).body, R"({"say": "workerDown: gpu box is \"gone\""})");
}

TEST_F(WebhookSinkTest, PostsToTheRootOfNtfyWithTheTopicInside) {
  serve(200);
  auto with = setting();
  with.format = WebhookFormat::ntfy;
  with.address.target = "/base/my%2Dtopic";
  EXPECT_FALSE(send(with).error);
  EXPECT_EQ(requests.at(0).target, "/base/");
  EXPECT_EQ(base::find_string(*base::parse_json(requests[0].body), "topic"), "my-topic");
}

TEST_F(WebhookSinkTest, TriesAgainWhatMaySucceedLaterAndNothingElse) {
  for (const auto& [status, worth] : {std::pair(500, true),
                                      {503, true},
                                      {408, true},
                                      {400, false},
                                      {401, false},
                                      {404, false},
                                      {302, false},
                                      {413, false}}) {
    serve(status);
    const Delivery delivery = send(setting());
    ASSERT_TRUE(delivery.error) << status;
    EXPECT_THAT(delivery.error->message, HasSubstr(std::to_string(status)));
    EXPECT_EQ(delivery.worth_retrying, worth) << status;
    EXPECT_EQ(requests.size(), 1u) << "a redirect is not followed";
    requests.clear();
  }
}

TEST_F(WebhookSinkTest, WaitsAsLongAsItIsAskedTo) {
  serve(429, "7");
  EXPECT_EQ(send(setting()).not_before_ms, 7'000);
  serve(429, "999999999");
  EXPECT_EQ(send(setting()).not_before_ms, 600'000) << "but not for ever";
  serve(429, "Wed, 21 Oct 2026 07:28:00 GMT");
  EXPECT_EQ(send(setting()).not_before_ms, std::nullopt);
}

TEST_F(WebhookSinkTest, SaysWhyWithoutTheAddressWhenNobodyListens) {
  serve(200);
  server.reset();
  const Delivery delivery = send(setting());
  ASSERT_TRUE(delivery.error);
  EXPECT_TRUE(delivery.worth_retrying);
  EXPECT_THAT(delivery.error->message, HasSubstr("refused"));
}

TEST_F(WebhookSinkTest, SaysWhyWithoutTheAddressWhenTheServerHangsOrTalksNonsense) {
  net::tcp::acceptor acceptor(io, {net::asio::ip::address_v4::loopback(), 0});
  port = acceptor.local_endpoint().port();
  auto with = setting();
  with.timeout_ms = 50;
  Delivery delivery = send(with);
  ASSERT_TRUE(delivery.error);
  EXPECT_TRUE(delivery.worth_retrying);
  EXPECT_THAT(delivery.error->message, HasSubstr("50 ms"));

  // The connection that hung comes first.
  std::vector<net::tcp::socket> sockets;
  const std::string nonsense = "/hooks/secret?key=secret is not HTTP\r\n\r\n";
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](const net::error_code& failure, net::tcp::socket socket) {
      if (failure) return;
      sockets.push_back(std::move(socket));
      net::error_code ignored;
      sockets.back().write_some(net::asio::buffer(nonsense), ignored);
      accept();
    });
  };
  accept();
  with.timeout_ms = 10'000;
  delivery = send(with);
  ASSERT_TRUE(delivery.error);
  acceptor.close();
}

TEST_F(WebhookSinkTest, SpeaksHttpsWithAServerThatItTrustsOnly) {
  const net::ThrowAwayAuthority authority;
  const auto file = std::filesystem::path(testing::TempDir()) / ("hook-ca-" + std::to_string(::getpid()) + ".pem");
  std::ofstream(file) << authority.certificate();
  const auto trusted = net::TlsContext::make(file.string());
  std::filesystem::remove(file);
  ASSERT_TRUE(trusted);
  net::TlsTestServer tls(io, authority.issue("IP:127.0.0.1"), "HTTP/1.1 204 No Content\r\n\r\n");
  port = tls.port();
  EXPECT_FALSE(send(setting("https"), *trusted).error);
  EXPECT_THAT(tls.received, HasSubstr("gpu box is"));
  tls.received.clear();
  EXPECT_TRUE(send(setting("https"), net::TlsContext::make().value()).error);
  EXPECT_EQ(tls.received, "");
}

TEST_F(WebhookSinkTest, SaysNothingMoreAfterCancel) {
  serve(200);
  WebhookSink sink(io, setting(), nullptr);
  bool called = false;
  sink.send(notice(), [&](const Delivery&) { called = true; });
  sink.cancel();
  EXPECT_TRUE(net::run_until(io, [&] { return io.poll() == 0; }));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace comfytrace::alert
