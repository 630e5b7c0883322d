#include "net/http_client.h"

#include <gtest/gtest.h>

#include <boost/asio/write.hpp>

#include <memory>
#include <vector>

#include "net/http_server.h"
#include "net/test_peer.h"

namespace comfytrace::net {
namespace {

// A server that answers every connection with the same bytes once it has read something.
class CannedServer {
 public:
  CannedServer(asio::io_context& io, std::string answer, bool then_close)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), answer_(std::move(answer)), then_close_(then_close) {
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void close_all() { sockets_.clear(); }
  int accepted = 0;
  int requests = 0;
  std::string last_request;

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& failure, tcp::socket socket) {
      if (failure) return;
      ++accepted;
      sockets_.push_back(std::make_shared<tcp::socket>(std::move(socket)));
      read(sockets_.back());
      accept();
    });
  }
  void read(const std::shared_ptr<tcp::socket>& socket) {
    socket->async_read_some(asio::buffer(buffer_), [this, socket](const error_code& failure, std::size_t got) {
      if (failure) return;
      ++requests;
      last_request.assign(buffer_, got);
      error_code ignored;
      socket->write_some(asio::buffer(answer_), ignored);
      if (then_close_) return socket->close();
      read(socket);
    });
  }

  tcp::acceptor acceptor_;
  std::string answer_;
  bool then_close_;
  std::vector<std::shared_ptr<tcp::socket>> sockets_;
  char buffer_[4096];
};

using Answer = std::optional<base::Result<ClientResponse>>;

class HttpClientTest : public testing::Test {
 protected:
  void serve(std::function<void(HttpRequest, Respond)> http) {
    ServerHandlers handlers;
    handlers.http = std::move(http);
    server = std::make_unique<HttpServer>(io, std::move(handlers));
    ASSERT_TRUE(server->start("127.0.0.1", 0).ok());
    connect_to(server->port());
  }
  void connect_to(std::uint16_t port) { client = std::make_unique<HttpClient>(io, Url{"http", "127.0.0.1", port, ""}); }
  base::Result<ClientResponse> ask(ClientRequest request) {
    Answer answer;
    client->request(std::move(request), [&](base::Result<ClientResponse> result) { answer = std::move(result); });
    EXPECT_FALSE(answer.has_value()) << "never from inside the call";
    EXPECT_TRUE(run_until(io, [&] { return answer.has_value(); }));
    return answer ? std::move(*answer) : base::Error{};
  }
  base::Result<ClientResponse> get(std::string target = "/") {
    ClientRequest request;
    request.target = std::move(target);
    return ask(std::move(request));
  }
  base::ErrorCode failure_of(std::string canned, bool then_close = true) {
    CannedServer other(io, std::move(canned), then_close);
    connect_to(other.port());
    ClientRequest request;
    request.max_body_bytes = 10;
    request.timeout_ms = 200;
    const auto answer = ask(std::move(request));
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? base::ErrorCode::internal : answer.error().code;
  }

  asio::io_context io;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client;
};

TEST_F(HttpClientTest, AsksAndIsAnswered) {
  HttpRequest seen;
  serve([&](HttpRequest request, const Respond& respond) {
    seen = request;
    HttpResponse response;
    response.status = 201;
    response.headers.set("X-Answer", "yes");
    response.body = std::string(3'000'000, 'b');
    respond(std::move(response));
  });
  ClientRequest request;
  request.method = "POST";
  request.target = "/prompt?x=1";
  request.headers.set("X-Question", "really?");
  request.body = std::string(5'000'000, 'a');
  const auto answer = ask(std::move(request));
  ASSERT_TRUE(answer.ok()) << answer.error().sentence();
  EXPECT_EQ(answer.value().status, 201);
  EXPECT_EQ(answer.value().headers.get("x-answer"), "yes");
  EXPECT_EQ(answer.value().body.size(), 3'000'000u);
  EXPECT_EQ(seen.body.size(), 5'000'000u);
  EXPECT_EQ(seen.headers.get("X-Question"), "really?");
  EXPECT_EQ(seen.headers.get("Host"), "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_FALSE(seen.headers.get("Origin").has_value());
}

TEST_F(HttpClientTest, UsesOneConnectionForRequestsInARow) {
  serve([](const HttpRequest&, const Respond& respond) { respond(HttpResponse{}); });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get().ok());
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(HttpClientTest, AsksManyThingsAtOnce) {
  std::vector<Respond> waiting;
  serve([&](const HttpRequest&, Respond respond) { waiting.push_back(std::move(respond)); });
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    client->request({}, [&](const base::Result<ClientResponse>& answer) { answered += answer.ok() ? 1 : 0; });
  }
  ASSERT_TRUE(run_until(io, [&] { return waiting.size() == 50; }));
  for (const auto& respond : waiting) respond(HttpResponse{});
  EXPECT_TRUE(run_until(io, [&] { return answered == 50; }));
}

TEST_F(HttpClientTest, RepeatsOnceOnANewConnectionWhenTheKeptOneIsStale) {
  // Answers the first request of a connection and resets it on the second.
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::vector<std::shared_ptr<tcp::socket>> sockets;
  char buffer[4096];
  int requests = 0;
  std::function<void(std::shared_ptr<tcp::socket>, bool)> read = [&](std::shared_ptr<tcp::socket> socket, bool first) {
    socket->async_read_some(asio::buffer(buffer), [&, socket, first](const error_code& failure, std::size_t) {
      if (failure) return;
      ++requests;
      if (!first) return socket->close();
      asio::write(*socket, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
      read(socket, false);
    });
  };
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](const error_code& failure, tcp::socket socket) {
      if (failure) return;
      sockets.push_back(std::make_shared<tcp::socket>(std::move(socket)));
      read(sockets.back(), true);
      accept();
    });
  };
  accept();
  connect_to(acceptor.local_endpoint().port());
  ASSERT_TRUE(get().ok());
  EXPECT_TRUE(get().ok());
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(sockets.size(), 2u);

  ClientRequest post;
  post.method = "POST";
  const auto answer = ask(std::move(post));
  ASSERT_FALSE(answer.ok()) << "a POST may have been done: it is not repeated";
  EXPECT_EQ(answer.error().code, base::ErrorCode::unavailable);
}

TEST_F(HttpClientTest, NeverUsesAKeptConnectionThatTheServerHasClosed) {
  CannedServer other(io, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true);
  connect_to(other.port());
  for (int i = 0; i < 3; ++i) {
    ClientRequest post;
    post.method = "POST";
    const auto answer = ask(std::move(post));
    ASSERT_TRUE(answer.ok()) << answer.error().sentence();
  }
  EXPECT_EQ(other.accepted, 3);
}

TEST_F(HttpClientTest, NamesTheFailure) {
  EXPECT_EQ(failure_of("SSH-2.0-OpenSSH\r\n\r\n"), base::ErrorCode::invalid);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"), base::ErrorCode::too_large);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\n\r\nhello world"), base::ErrorCode::too_large);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), base::ErrorCode::unavailable);
  EXPECT_EQ(failure_of(""), base::ErrorCode::unavailable);
  EXPECT_EQ(failure_of("", false), base::ErrorCode::unavailable) << "timed out";
  std::uint16_t free_port = 0;
  {
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    free_port = acceptor.local_endpoint().port();
  }
  connect_to(free_port);
  const auto refused = get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::unavailable);
  EXPECT_NE(refused.error().message.find("refused"), std::string::npos) << refused.error().message;
}

TEST_F(HttpClientTest, RefusesToSendWhatWouldBreakOutOfItsLine) {
  serve([](const HttpRequest&, const Respond& respond) { respond(HttpResponse{}); });
  EXPECT_EQ(get("/a b").error().code, base::ErrorCode::invalid);
  EXPECT_EQ(get("/\r\nX: y").error().code, base::ErrorCode::invalid);
  EXPECT_EQ(get("").error().code, base::ErrorCode::invalid);
  ClientRequest request;
  request.headers.set("X", "a\nb");
  EXPECT_EQ(ask(std::move(request)).error().code, base::ErrorCode::invalid);
}

TEST_F(HttpClientTest, PutsThePathOfTheServerBeforeTheTarget) {
  std::string path;
  serve([&](const HttpRequest& request, const Respond& respond) {
    path = request.path;
    respond(HttpResponse{});
  });
  client = std::make_unique<HttpClient>(io, Url{"http", "localhost", server->port(), "/comfy"});
  ASSERT_TRUE(get("/queue").ok());
  EXPECT_EQ(path, "/comfy/queue");
}

TEST_F(HttpClientTest, CallsNobodyAfterCancel) {
  bool asked = false;
  Respond never;
  serve([&](const HttpRequest&, Respond respond) {
    asked = true;
    never = std::move(respond);
  });
  int called = 0;
  client->request({}, [&](const base::Result<ClientResponse>&) { ++called; });
  client->request_stream({}, [&](const base::Result<StreamedResponse>&) { ++called; });
  ASSERT_TRUE(run_until(io, [&] { return asked; }));
  client->cancel_all();
  EXPECT_TRUE(run_until(io, [&] { return server->connections() <= 2; }));
  never(HttpResponse{});
  client->request({}, [&](const base::Result<ClientResponse>&) { ++called; });
  client.reset();
  io.restart();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(called, 0);
}

class StreamTest : public HttpClientTest {
 protected:
  StreamedResponse open(std::string target = "/") {
    std::optional<base::Result<StreamedResponse>> head;
    ClientRequest request;
    request.target = std::move(target);
    client->request_stream(std::move(request),
                           [&](base::Result<StreamedResponse> result) { head = std::move(result); });
    EXPECT_TRUE(run_until(io, [&] { return head.has_value(); }));
    EXPECT_TRUE(head && head->ok());
    return head && head->ok() ? std::move(**head) : StreamedResponse{};
  }
  base::Result<std::optional<std::string>> next(BodyStream& body) {
    std::optional<base::Result<std::optional<std::string>>> got;
    body.next([&](base::Result<std::optional<std::string>> part) { got = std::move(part); });
    EXPECT_TRUE(run_until(io, [&] { return got.has_value(); }));
    return got ? std::move(*got) : base::Error{};
  }
};

TEST_F(StreamTest, HandsOverTheBodyInParts) {
  serve([](const HttpRequest&, const Respond& respond) {
    HttpResponse response;
    response.body = std::string(10'000'000, 'z');
    respond(std::move(response));
  });
  const auto response = open();
  EXPECT_EQ(response.body_bytes, 10'000'000u);
  std::size_t total = 0;
  int parts = 0;
  while (true) {
    const auto part = next(*response.body);
    ASSERT_TRUE(part.ok()) << part.error().sentence();
    if (!part.value()) break;
    total += part.value()->size();
    ++parts;
  }
  EXPECT_EQ(total, 10'000'000u);
  EXPECT_GT(parts, 10);
  EXPECT_TRUE(get().ok());
  EXPECT_EQ(server->connections(), 1u) << "the connection is used again";
}

TEST_F(StreamTest, EndsTheTransferWhenDropped) {
  serve([](const HttpRequest&, const Respond& respond) {
    HttpResponse response;
    response.body = std::string(50'000'000, 'z');
    respond(std::move(response));
  });
  {
    const auto response = open();
    ASSERT_TRUE(next(*response.body).ok());
  }
  EXPECT_TRUE(run_until(io, [&] { return server->connections() == 0; }));
}

TEST_F(StreamTest, TellsOfABodyThatBreaksOff) {
  CannedServer other(io, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this", true);
  connect_to(other.port());
  const auto response = open();
  const auto first = next(*response.body);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first.value(), "only this");
  const auto second = next(*response.body);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, base::ErrorCode::unavailable);
  EXPECT_FALSE(next(*response.body).ok());
}

TEST_F(StreamTest, RelaysFromOneServerThroughAnother) {
  serve([](const HttpRequest&, const Respond& respond) {
    HttpResponse response;
    response.body = std::string(4'000'000, 'r');
    respond(std::move(response));
  });
  auto relay_client = std::move(client);
  auto origin = std::move(server);
  serve([&](const HttpRequest& request, const Respond& respond) {
    ClientRequest onward;
    onward.target = request.target;
    relay_client->request_stream(std::move(onward), [respond](base::Result<StreamedResponse> head) {
      HttpResponse response;
      response.stream = head.value().body;
      response.stream_bytes = head.value().body_bytes;
      respond(std::move(response));
    });
  });
  const auto answer = get();
  ASSERT_TRUE(answer.ok()) << answer.error().sentence();
  EXPECT_EQ(answer.value().body, std::string(4'000'000, 'r'));
}

}  // namespace
}  // namespace comfytrace::net
