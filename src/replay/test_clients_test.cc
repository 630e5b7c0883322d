#include "replay/test_clients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "replay/exchange.h"

namespace comfytrace::replay {
namespace {

net::Url url_of(std::uint16_t port) {
  net::Url url;
  url.scheme = "http";
  url.host = "127.0.0.1";
  url.port = port;
  return url;
}

std::vector<Recording> read_all(const std::vector<std::string>& names) {
  std::vector<Recording> recordings;
  for (const std::string& name : names) recordings.push_back(test_recording(name));
  return recordings;
}

}  // namespace

Recording test_recording(const std::string& name) {
  auto recording =
      read_recording(std::filesystem::path(COMFYTRACE_SOURCE_DIR) / "tests/recordings" / (name + ".jsonl"));
  CHECK(recording.ok());
  return std::move(*recording);
}

TestSocket::TestSocket(asio::io_context& io, std::uint16_t port, const std::string& target)
    : client(io, url_of(port), target, {},
             {[this] { opened = true; },
              [this](std::string_view text) {
                frames.emplace_back(text);
                const auto parsed = base::parse_json(text);
                types.push_back(parsed ? base::find_string(*parsed, "type").value_or("?") : "?");
              },
              [this](std::string_view bytes) {
                frames.push_back("binary " + std::string(bytes));
                types.push_back("binary " + (bytes.size() < 4 ? "?" : std::to_string(static_cast<int>(bytes[3]))));
              },
              [this](base::Error error) { closed = error.sentence(); }}) {
  client.start();
}

std::size_t TestSocket::count(std::string_view type) const {
  return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
}

Theatre::Theatre(const std::vector<std::string>& names, ReplayOptions options)
    : server(io, read_all(names), std::move(options)) {
  server.on_finished = [this] { finished = true; };
  const auto started = server.start("127.0.0.1", 0);
  CHECK(started.ok());
  http = std::make_unique<net::HttpClient>(io, url_of(server.port()));
}

Theatre::~Theatre() {
  server.stop();
}

std::unique_ptr<TestSocket> Theatre::connect(const std::string& target) {
  auto socket = std::make_unique<TestSocket>(io, server.port(), target);
  EXPECT_TRUE(until([&] { return socket->opened || socket->closed; }));
  return socket;
}

bool Theatre::until(const std::function<bool()>& come_true) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!come_true()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(100));
  }
  return true;
}

Theatre::Answer Theatre::ask(const std::string& method, const std::string& target, const std::string& body) {
  std::optional<Answer> answer;
  net::ClientRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  http->request(std::move(request), [&](base::Result<net::ClientResponse> response) {
    answer.emplace();
    if (!response) return;
    answer->status = response->status;
    answer->body = response->body;
    if (auto parsed = base::parse_json(response->body)) answer->json = std::move(*parsed);
  });
  EXPECT_TRUE(until([&] { return answer.has_value(); }));
  return std::move(*answer);
}

}  // namespace comfytrace::replay
