#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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

  ServerTest();
  ~ServerTest() override {
    server.reset();
    pool.reset();
  }

  void start(ApiOptions options = {}) {
    token_ = options.token;
    document_.reset();
    options.port = 0;
    options.version = "1.2.3";
    server = std::make_unique<ApiServer>(io, base::system_clock(), options, services, assets, hub, metrics);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().sentence();
    client = std::make_unique<net::HttpClient>(io, net::parse_url(address()).value());
  }
  [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

  // Runs the I/O thread until `done`; gives up when nothing at all happens for long.
  void run_until(const std::function<bool()>& done);

  Answer ask(std::string method, std::string target, std::string body = "",
             std::vector<std::pair<std::string, std::string>> headers = {});
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
  static void expect_problem(const Answer& answer, int status, std::string_view field = "");

  // The status line and headers that `request` gets, sent as it is.
  std::string raw(const std::string& request);

  static model::Run run_of(std::string id, model::Status status = model::Status::success,
                           std::int64_t created_at_ms = 1'000);
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

 private:
  // Every JSON answer of every test must be as the OpenAPI document says.
  void expect_as_documented(const std::string& method, const std::string& target, const Answer& answer);
  std::string token_;
  std::optional<base::json::value> document_;
};

}  // namespace comfytrace::api
