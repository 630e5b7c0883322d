#include "net/client_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <list>

#include "net/http_client.h"
#include "net/test_peer.h"
#include "net/test_tls.h"

namespace comfytrace::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const char kAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class TlsClientTest : public testing::Test {
 protected:
  TlsClientTest() : file_(std::filesystem::path(testing::TempDir()) / ("ca-" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(file_) << authority.certificate();
  }
  ~TlsClientTest() override { std::filesystem::remove(file_); }

  base::Result<ClientResponse> ask(const std::string& host, std::uint16_t port,
                                   const std::shared_ptr<TlsContext>& tls) {
    HttpClient client(io, Url{"https", host, port, ""}, tls);
    std::optional<base::Result<ClientResponse>> answer;
    ClientRequest request;
    request.method = "POST";
    request.target = "/hook?x=1";
    request.body = std::string(100'000, 'b');
    client.request(std::move(request), [&](base::Result<ClientResponse> result) { answer = std::move(result); });
    EXPECT_TRUE(run_until(io, [&] { return answer.has_value(); }));
    return answer ? std::move(*answer) : base::Error{};
  }
  std::shared_ptr<TlsContext> trusting() { return TlsContext::make(file_.string()).value(); }

  asio::io_context io;
  ThrowAwayAuthority authority;

 private:
  std::filesystem::path file_;
};

TEST_F(TlsClientTest, SpeaksWithAServerThatItsAuthorityVouchesFor) {
  // One each, alive to the end: they answer before the whole body has come.
  std::list<TlsTestServer> servers;
  for (const char* host : {"localhost", "127.0.0.1"}) {
    TlsTestServer& server = servers.emplace_back(io, authority.issue("DNS:localhost,IP:127.0.0.1"), kAnswer);
    const auto answer = ask(host, server.port(), trusting());
    ASSERT_TRUE(answer) << answer.error().sentence();
    EXPECT_EQ(answer->body, "hello");
    EXPECT_THAT(server.received, StartsWith("POST /hook?x=1 HTTP/1.1\r\nHost: " + std::string(host) + ":"));
  }
}

TEST_F(TlsClientTest, RefusesAServerOfAnotherName) {
  TlsTestServer server(io, authority.issue("DNS:elsewhere.example,IP:127.0.0.2"), kAnswer);
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto answer = ask(host, server.port(), trusting());
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("is not to be trusted"));
    EXPECT_THAT(answer.error().message, HasSubstr("mismatch"));
  }
  EXPECT_EQ(server.received, "") << "nothing is told to a server that is not the one";
}

TEST_F(TlsClientTest, RefusesWhatNoKnownAuthoritySigned) {
  TlsTestServer server(io, authority.issue("DNS:localhost"), kAnswer);
  const auto answer = ask("localhost", server.port(), TlsContext::make().value());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, base::ErrorCode::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("is not to be trusted"));
  EXPECT_EQ(server.received, "");
}

TEST_F(TlsClientTest, RefusesACertificateThatHasExpired) {
  TlsTestServer server(io, authority.issue("DNS:localhost", -60), kAnswer);
  const auto answer = ask("localhost", server.port(), trusting());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("expired"));
  EXPECT_EQ(server.received, "");
}

TEST_F(TlsClientTest, SaysThatAServerSpeaksNoTls) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::vector<tcp::socket> sockets;
  const std::string plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
  acceptor.async_accept([&](const error_code&, tcp::socket socket) {
    sockets.push_back(std::move(socket));
    asio::write(sockets.back(), asio::buffer(plain));
  });
  const auto answer = ask("127.0.0.1", acceptor.local_endpoint().port(), trusting());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("TLS with 127.0.0.1"));
}

TEST_F(TlsClientTest, GivesUpAHandshakeThatHangs) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});  // the kernel accepts, nobody answers
  HttpClient client(io, Url{"https", "127.0.0.1", acceptor.local_endpoint().port(), ""}, trusting());
  std::optional<base::Result<ClientResponse>> answer;
  ClientRequest request;
  request.timeout_ms = 50;
  client.request(std::move(request), [&](base::Result<ClientResponse> result) { answer = std::move(result); });
  ASSERT_TRUE(run_until(io, [&] { return answer.has_value(); }));
  ASSERT_FALSE(*answer);
  EXPECT_THAT(answer->error().message, HasSubstr("no answer within 50 ms"));
}

TEST_F(TlsClientTest, MayBeDestroyedInTheMiddleOfAHandshake) {
  TlsTestServer server(io, authority.issue("DNS:localhost,IP:127.0.0.1"), kAnswer);
  bool called = false;
  {
    HttpClient client(io, Url{"https", "127.0.0.1", server.port(), ""}, trusting());
    client.request({}, [&](const base::Result<ClientResponse>&) { called = true; });
    ASSERT_TRUE(run_until(io, [&] { return server.accepted > 0; }));
  }
  io.restart();
  io.poll();
  EXPECT_FALSE(called);
}

TEST(TlsContextTest, NamesAFileThatCannotBeRead) {
  const auto made = TlsContext::make("/does/not/exist.pem");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::ErrorCode::invalid);
  EXPECT_THAT(made.error().message, HasSubstr("/does/not/exist.pem"));
}

}  // namespace
}  // namespace comfytrace::net
