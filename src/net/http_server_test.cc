#include "net/http_server.h"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "net/test_peer.h"

namespace comfytrace::net {
namespace {

class Parts : public BodyStream {
 public:
  explicit Parts(std::vector<base::Result<std::optional<std::string>>> parts) : parts_(std::move(parts)) {}
  void next(Part part) override { part(at_ < parts_.size() ? parts_[at_++] : std::optional<std::string>()); }

 private:
  std::vector<base::Result<std::optional<std::string>>> parts_;
  std::size_t at_ = 0;
};

// Gives parts as long as it is asked, and counts how often that was.
class EndlessParts : public BodyStream {
 public:
  explicit EndlessParts(std::shared_ptr<int> asked) : asked_(std::move(asked)) {}
  ~EndlessParts() override { *asked_ = -*asked_; }
  void next(Part part) override {
    ++*asked_;
    part(std::optional<std::string>(std::string(64 << 10, 'x')));
  }

 private:
  std::shared_ptr<int> asked_;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(std::function<void(HttpRequest, Respond)> http, ServerLimits limits = {}) {
    ServerHandlers handlers;
    handlers.http = std::move(http);
    server = std::make_unique<HttpServer>(io, std::move(handlers), limits);
    const auto started = server->start("127.0.0.1", 0);
    ASSERT_TRUE(started.ok()) << started.error().sentence();
  }
  void start_echo(ServerLimits limits = {}) {
    start(
        [](const HttpRequest& request, const Respond& respond) {
          HttpResponse response;
          response.body = request.method + " " + request.path + " " + request.body;
          respond(std::move(response));
        },
        limits);
  }
  TestPeer& peer() { return peers.emplace_back(io, server->port()); }
  std::string answer_to(std::string_view bytes) { return peer().write(bytes).rest(); }

  asio::io_context io;
  std::unique_ptr<HttpServer> server;
  std::list<TestPeer> peers;
};

TEST_F(HttpServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  start_echo();
  auto& client = peer();
  client.write(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /3 HT");
  ASSERT_TRUE(client.sees("POST /2 abc"));
  client.write("TP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(client.sees("GET /3 "));
  const auto& all = client.received();
  EXPECT_LT(all.find("GET /1 "), all.find("POST /2 abc"));
  EXPECT_NE(all.find("Connection: keep-alive"), std::string::npos);
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(HttpServerTest, ClosesWhenAsked) {
  start_echo();
  const auto closed = answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(closed.starts_with("HTTP/1.1 200 OK\r\n")) << closed;
  EXPECT_NE(closed.find("Connection: close"), std::string::npos);
  EXPECT_NE(answer_to("GET / HTTP/1.0\r\n\r\n").find("GET / "), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithoutTheBody) {
  start_echo();
  const auto answer = answer_to("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, LetsAWaitingClientSendItsBody) {
  start_echo();
  auto& client = peer();
  client.write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(client.sees("HTTP/1.1 100 Continue\r\n\r\n"));
  client.write("hi");
  EXPECT_TRUE(client.sees("POST / hi"));
}

TEST_F(HttpServerTest, RefusesWhatItCannotReadAndCloses) {
  ServerLimits limits;
  limits.max_header_bytes = 1024;
  limits.max_body_bytes = 1000;
  start_echo(limits);
  EXPECT_TRUE(answer_to("\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(answer_to("GET /../etc HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x')).starts_with("HTTP/1.1 431 "));
  const std::string big_body(1 << 20, 'x');
  const auto too_large = answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + big_body);
  EXPECT_TRUE(too_large.starts_with("HTTP/1.1 413 ")) << too_large;
  EXPECT_TRUE(run_until(io, [&] { return peers.clear(), server->connections() == 0; }));
}

TEST_F(HttpServerTest, AnswersFromAnyThreadAndOnlyOnce) {
  std::jthread worker;
  start([&](const HttpRequest&, Respond respond) {
    worker = std::jthread([respond = std::move(respond)] {
      HttpResponse response;
      response.shared_body = std::make_shared<const std::string>("first");
      respond(response);
      response.shared_body = std::make_shared<const std::string>("second");
      respond(response);
    });
  });
  const auto answer = answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("first")) << answer;
}

TEST_F(HttpServerTest, TellsTheClientWhenAHandlerForgetsIt) {
  start([](const HttpRequest&, const Respond&) {});
  EXPECT_TRUE(answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, IgnoresAnAnswerToAPeerThatHasGone) {
  Respond late;
  start([&](const HttpRequest&, Respond respond) { late = std::move(respond); });
  peer().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(run_until(io, [&] { return static_cast<bool>(late); }));
  server->stop();
  EXPECT_EQ(server->connections(), 0u);
  late(HttpResponse{});
  late = nullptr;
  server.reset();
  io.restart();
  io.poll();
  EXPECT_EQ(peers.front().rest(), "");
}

TEST_F(HttpServerTest, StreamsInChunksOrWithTheLengthItPromised) {
  start([](const HttpRequest& request, const Respond& respond) {
    HttpResponse response;
    std::vector<base::Result<std::optional<std::string>>> parts;
    for (const char* text : {"abc", "", "0123456789abcdef"}) parts.emplace_back(std::optional<std::string>(text));
    if (request.path == "/broken") parts.emplace_back(base::Error{base::ErrorCode::unavailable, "gone"});
    response.stream = std::make_shared<Parts>(std::move(parts));
    if (request.path == "/sized") response.stream_bytes = 19;
    if (request.path == "/short") response.stream_bytes = 20;
    respond(std::move(response));
  });
  const auto get = [&](const std::string& path) {
    return answer_to("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  };
  const auto chunked = get("/");
  EXPECT_NE(chunked.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(chunked.ends_with("\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n")) << chunked;
  const auto sized = get("/sized");
  EXPECT_NE(sized.find("Content-Length: 19\r\n"), std::string::npos);
  EXPECT_TRUE(sized.ends_with("\r\n\r\nabc0123456789abcdef")) << sized;
  EXPECT_TRUE(get("/broken").ends_with("cdef\r\n")) << "no last chunk";
  EXPECT_TRUE(get("/short").ends_with("cdef"));
  const auto old = answer_to("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.ends_with("\r\n\r\nabc0123456789abcdef")) << old;
}

TEST_F(HttpServerTest, DoesNotAskAStreamForMoreThanTheClientReads) {
  auto asked = std::make_shared<int>(0);
  start([&](const HttpRequest&, const Respond& respond) {
    HttpResponse response;
    response.stream = std::make_shared<EndlessParts>(asked);
    respond(std::move(response));
  });
  auto& client = peer();
  client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  int before = -1;
  // Settled: a while without another part.
  ASSERT_TRUE(run_until(io, [&] {
    before = *asked;
    io.restart();
    io.run_for(std::chrono::milliseconds(50));
    return *asked > 0 && *asked == before;
  }));
  client.close();
  EXPECT_TRUE(run_until(io, [&] { return server->connections() == 0; }));
  EXPECT_LT(*asked, 0) << "the stream is destroyed with its connection";
}

TEST_F(HttpServerTest, EndsConnectionsThatDawdle) {
  ServerLimits limits;
  limits.header_timeout_ms = 80;
  limits.idle_timeout_ms = 80;
  start_echo(limits);
  auto& silent = peer();
  auto& slow = peer();
  slow.write("GET / HT");
  EXPECT_TRUE(silent.rest().empty());
  EXPECT_TRUE(slow.rest().starts_with("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, TurnsAwayWhatIsOverTheConnectionCap) {
  ServerLimits limits;
  limits.max_connections = 2;
  start_echo(limits);
  peer();
  peer();
  ASSERT_TRUE(run_until(io, [&] { return server->connections() == 2; }));
  EXPECT_TRUE(peer().rest().starts_with("HTTP/1.1 503 "));
  peers.pop_front();
  ASSERT_TRUE(run_until(io, [&] { return server->connections() == 1; }));
  EXPECT_TRUE(peer().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").sees("200 OK"));
}

TEST_F(HttpServerTest, ServesManyConnectionsAtOnce) {
  start_echo();
  for (int i = 0; i < 300; ++i) {
    peer().write("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  int i = 0;
  for (auto& client : peers) EXPECT_TRUE(client.sees("GET /" + std::to_string(i++) + " "));
  EXPECT_EQ(server->connections(), 300u);
}

TEST_F(HttpServerTest, LetsNoHeaderValueBeginAnotherHeader) {
  start([](const HttpRequest&, const Respond& respond) {
    HttpResponse response;
    response.headers.set("Content-Disposition", "a\r\nSet-Cookie: evil=1");
    response.headers.set("Content-Length", "99");
    respond(std::move(response));
  });
  const auto answer = answer_to("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.find("\nSet-Cookie"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("99"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  start_echo();
  HttpServer second(io, {});
  const auto taken = second.start("127.0.0.1", server->port());
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(second.start("not an address", 0).error().code, base::ErrorCode::invalid);
  EXPECT_EQ(second.start("192.0.2.1", 0).error().code, base::ErrorCode::invalid);
}

}  // namespace
}  // namespace comfytrace::net
