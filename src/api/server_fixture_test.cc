#include "api/server_fixture.h"

#include "alert/rules.h"
#include "api/schema_check.h"

#include <boost/asio/write.hpp>
#include <chrono>

namespace comfytrace::api {

ServerTest::ServerTest() {
  pool = history::HistoryPool::start([this] { return base::Result(history::view_of(history)); }).value();
  services.ask = [this](Services::Question question) { return !busy && pool->post(std::move(question)); };
  // On a thread that is not the I/O thread, as the writer is.
  services.amend = [this](std::string id, history::RunPatch patch, Services::Done done) {
    (void)pool->post([this, id, patch, done](const auto&) { done(history.amend(id, patch)); });
  };
  services.remove = [this](std::string id, Services::Done done) {
    (void)pool->post([this, id, done](const auto&) { done(history.remove(id)); });
  };
  services.save_preset = [this](history::FilterPreset preset, Services::Saved done) {
    (void)pool->post([this, preset, done](const auto&) { done(history.save_preset(preset)); });
  };
  services.remove_preset = [this](std::string name, Services::Done done) {
    (void)pool->post([this, name, done](const auto&) { done(history.remove_preset(name)); });
  };
  services.save_recommendation = [this](history::Recommendation changed, Services::Saved done) {
    (void)pool->post([this, changed, done](const auto&) { done(history.save_recommendation(changed)); });
  };
  services.eta = [] { return insight::EtaReport{}; };
  services.alerts.open = [] { return std::vector<history::Alert>(); };
  services.alerts.acknowledge = [](std::string_view) { return std::optional<history::Alert>(); };
  services.alerts.rules = [] { return alert::rules_json(alert::RuleSettings()); };
  services.alerts.sinks = [] { return std::vector<alert::SinkState>(); };
  services.alerts.test = [](const auto& done) { done({}); };
  services.prune = [this](history::PruneRule rule, Services::Pruned done) {
    (void)pool->post([this, rule, done](const auto&) { done(history.prune(rule, {})); });
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

void ServerTest::run_until(const std::function<bool()>& done) {
  while (!done()) {
    io.restart();
    ASSERT_GT(io.run_one_for(std::chrono::seconds(20)), 0u) << "nothing happens";
  }
}

ServerTest::Answer ServerTest::ask(std::string method, std::string target, std::string body,
                                   std::vector<std::pair<std::string, std::string>> headers) {
  net::ClientRequest request;
  const std::string asked_method = method;
  const std::string asked_target = target;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  for (auto& [name, value] : headers) request.headers.set(name, value);
  std::optional<base::Result<Answer>> answer;
  client->request(std::move(request), [&](base::Result<Answer> got) { answer = std::move(got); });
  run_until([&] { return answer.has_value(); });
  EXPECT_TRUE(answer && *answer) << (answer ? answer->error().sentence() : "");
  if (!answer || !*answer) return {};
  expect_as_documented(asked_method, asked_target, **answer);
  return **answer;
}

void ServerTest::expect_as_documented(const std::string& method, const std::string& target, const Answer& answer) {
  if (answer.status != 200 || method == "HEAD" || header(answer, "Content-Type").find("json") == std::string::npos)
    return;
  if (!header(answer, "Content-Encoding").empty() || target.find("openapi.json") != std::string::npos) return;
  if (!document_) {
    net::ClientRequest request;
    request.target = "/api/v1/openapi.json";
    if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
    std::optional<base::Result<Answer>> got;
    client->request(std::move(request), [&](base::Result<Answer> one) { got = std::move(one); });
    run_until([&] { return got.has_value(); });
    ASSERT_TRUE(got && *got && (*got)->status == 200);
    document_ = json_of(**got);
  }
  const std::string operation = operation_of(*document_, method, target);
  ASSERT_NE(operation, "") << method << " " << target << " is not in the document";
  EXPECT_EQ(against_schema(*document_, operation, json_of(answer)), "") << answer.body;
}

void ServerTest::expect_problem(const Answer& answer, int status, std::string_view field) {
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

std::string ServerTest::raw(const std::string& request) {
  net::tcp::socket socket(io);
  socket.connect({net::asio::ip::make_address("127.0.0.1"), server->port()});
  std::string answer(64 << 10, '\0');
  std::size_t received = 0;
  net::asio::write(socket, net::asio::buffer(request));
  socket.async_read_some(net::asio::buffer(answer), [&](net::error_code, std::size_t bytes) { received = bytes; });
  run_until([&] { return received > 0; });
  return answer.substr(0, received);
}

model::Run ServerTest::run_of(std::string id, model::Status status, std::int64_t created_at_ms) {
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

}  // namespace comfytrace::api
