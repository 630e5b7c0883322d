#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/server.h"
#include "base/json.h"
#include "history/history_pool.h"
#include "history/memory/memory_history.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/websocket_client.h"

namespace comfytrace::api {

// A server on a free port, the history behind reader threads, and a client on the same I/O thread.
class ServerTest : public ::testing::Test {
 protected:
  using Answer = net::ClientResponse;

  ServerTest() {
    pool = history::HistoryPool::start([this] { return base::Result(history::view_of(history)); }).value();
    services.ask = [this](Services::Question question) { return !busy && pool->post(std::move(question)); };
    // On a thread that is not the I/O thread, as the writer is.
    services.amend = [this](std::string id, history::RunPatch patch, Services::Done done) {
      (void)pool->post([this, id, patch, done](const auto&) { done(history.amend(id, patch)); });
    };
    services.remove = [this](std::string id, Services::Done done) {
      (void)pool->post([this, id, done](const auto&) { done(history.remove(id)); });
    };
    services.workers = [this] { return workers; };
    services.connect_now = [this](std::string_view id) {
      connected_now.emplace_back(id);
      return id == "worker-1";
    };
    services.find_live_run = [this](std::string_view id) {
      return live_run && live_run->run_id == id ? live_run : std::nullopt;
    };
    services.writer = [this] { return writer; };
    services.cost = [] { return Cost{0.01, 4096}; };
    model::WorkerState state;
    state.worker.worker_id = "worker-1";
    state.worker.name = "gpu box";
    state.connection.state = model::ConnectionState::connected;
    workers.push_back(state);
  }
  ~ServerTest() override {
    server.reset();
    pool.reset();
  }

  void start(ApiOptions options = {}) {
    options.port = 0;
    options.version = "1.2.3";
    server = std::make_unique<ApiServer>(io, base::system_clock(), options, services, assets, hub, metrics);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().sentence();
    client = std::make_unique<net::HttpClient>(io, net::parse_url(address()).value());
  }
  [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

  // Runs the I/O thread until `done`; gives up when nothing at all happens for long.
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      io.restart();
      ASSERT_GT(io.run_one_for(std::chrono::seconds(20)), 0u) << "nothing happens";
    }
  }

  Answer ask(std::string method, std::string target, std::string body = "",
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    for (auto& [name, value] : headers) request.headers.set(name, value);
    std::optional<base::Result<Answer>> answer;
    client->request(std::move(request), [&](base::Result<Answer> got) { answer = std::move(got); });
    run_until([&] { return answer.has_value(); });
    EXPECT_TRUE(answer && *answer) << (answer ? answer->error().sentence() : "");
    return answer && *answer ? **answer : Answer{};
  }
  Answer get(std::string target, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return ask("GET", std::move(target), "", std::move(headers));
  }
  static base::json::value json_of(const Answer& answer) {
    auto parsed = base::parse_json(answer.body);
    EXPECT_TRUE(parsed) << answer.body;
    return parsed ? *parsed : base::json::value();
  }
  static std::string header(const Answer& answer, std::string_view name) {
    return std::string(answer.headers.get(name).value_or(""));
  }
  static void expect_problem(const Answer& answer, int status, std::string_view field = "") {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json");
    const auto body = json_of(answer);
    EXPECT_EQ(base::find_string(body, "type"), "about:blank");
    EXPECT_EQ(base::find_integer(body, "status"), status);
    EXPECT_FALSE(base::find_string(body, "title").value_or("").empty());
    EXPECT_FALSE(base::find_string(body, "detail").value_or("").empty());
    if (!field.empty()) {
      EXPECT_EQ(base::find_string(body, "field"), field);
    }
  }

  // The status line and headers that `request` gets, sent as it is.
  std::string raw(const std::string& request) {
    net::tcp::socket socket(io);
    socket.connect({net::asio::ip::make_address("127.0.0.1"), server->port()});
    std::string answer(64 << 10, '\0');
    std::size_t received = 0;
    net::asio::write(socket, net::asio::buffer(request));
    socket.async_read_some(net::asio::buffer(answer), [&](net::error_code, std::size_t bytes) { received = bytes; });
    run_until([&] { return received > 0; });
    return answer.substr(0, received);
  }

  static model::Run run_of(std::string id, model::Status status = model::Status::success,
                           std::int64_t created_at_ms = 1'000) {
    model::Run run;
    run.run_id = std::move(id);
    run.title = "A fox";
    run.status = status;
    run.created_at_ms = created_at_ms;
    auto& scene = run.scenes.emplace_back();
    scene.scene_id = "scene-001";
    scene.status = status;
    auto& attempt = scene.attempts.emplace_back();
    attempt.prompt_id = run.run_id;
    attempt.worker_id = "worker-1";
    attempt.status = status;
    model::NodeExecution node;
    node.node_id = "5";
    node.class_type = "KSampler";
    attempt.nodes.push_back(node);
    model::Artifact artifact;
    artifact.filename = "fox.png";
    artifact.type = "output";
    artifact.kind = model::MediaKind::image;
    attempt.artifacts.push_back(artifact);
    return run;
  }
  void save(const model::Run& run) { ASSERT_TRUE(history.save({&run, 1})); }

  net::asio::io_context io;
  history::MemoryHistory history;
  std::unique_ptr<history::HistoryPool> pool;
  std::vector<model::WorkerState> workers;
  std::vector<std::string> connected_now;
  std::optional<model::Run> live_run;
  WriterHealth writer;
  std::atomic<bool> busy = false;
  Services services;
  Assets assets;
  Metrics metrics;
  live::Hub hub{io, base::system_clock(), {.version = "1.2.3"}};
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<net::HttpClient> client;
};

}  // namespace comfytrace::api
