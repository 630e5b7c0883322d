#include "api/server.h"

#include <fstream>
#include <regex>
#include <sstream>

#include "api/server_fixture.h"
#include "base/counters.h"

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(ServerTest, TellsItsHealth) {
  save(run_of("a"));
  start();
  const auto body = json_of(get("/api/v1/health"));
  EXPECT_EQ(base::find_string(body, "status"), "ok");
  EXPECT_EQ(base::find_string(body, "version"), "1.2.3");
  EXPECT_EQ(base::find_string(body, "bootId"), hub.boot_id());
  EXPECT_EQ(base::find_integer(*base::find(body, "history"), "runs"), 1);
  EXPECT_EQ(base::find_integer(*base::find(body, "workers"), "connected"), 1);
  EXPECT_EQ(base::find_integer(*base::find(body, "cost"), "residentBytes"), 4096);
  EXPECT_EQ(base::find_array(body, "counters")->size(), base::counters().rows().size());
}

TEST_F(ServerTest, TellsHowItWasStartedButNoSecret) {
  services.setup = {"0.0.0.0", 8199, true, "/etc/comfytrace.toml", {365, std::nullopt}};
  start({.token = "0123456789abcdef"});
  const auto answer = get("/api/v1/health", {{"Authorization", "Bearer 0123456789abcdef"}});
  const auto setup = *base::find(json_of(answer), "setup");
  EXPECT_EQ(base::find_string(setup, "listenHost"), "0.0.0.0");
  EXPECT_TRUE(base::find(setup, "tokenNeeded")->as_bool());
  EXPECT_EQ(base::find_string(setup, "configFile"), "/etc/comfytrace.toml");
  EXPECT_EQ(base::find_integer(*base::find(setup, "retention"), "days"), 365);
  EXPECT_TRUE(base::find(*base::find(setup, "retention"), "maxBytes")->is_null());
  EXPECT_EQ(answer.body.find("0123456789abcdef"), std::string::npos);
}

TEST_F(ServerTest, TellsThatItIsDegradedInsteadOfFailing) {
  start();
  writer.failing = true;
  EXPECT_EQ(base::find_string(json_of(get("/api/v1/health")), "status"), "degraded");
  writer.failing = false;
  busy = true;
  const auto body = json_of(get("/api/v1/health"));
  EXPECT_EQ(base::find_string(body, "status"), "degraded");
  EXPECT_TRUE(base::find(body, "history")->is_null());
  EXPECT_EQ(get("/metrics").status, 200);
  expect_problem(get("/api/v1/runs"), 503);
}

TEST_F(ServerTest, ListsWorkersAndConnectsThemAtOnce) {
  start();
  const auto body = json_of(get("/api/v1/workers"));
  ASSERT_THAT(*base::find_array(body, "workers"), SizeIs(1));
  EXPECT_EQ(ask("POST", "/api/v1/workers/worker-1:connect").status, 204);
  expect_problem(ask("POST", "/api/v1/workers/nobody:connect"), 404, "workerId");
  EXPECT_THAT(connected_now, ElementsAre("worker-1", "nobody"));
}

TEST_F(ServerTest, ListsRunsNewestFirstPageByPage) {
  for (int i = 0; i < 5; ++i) save(run_of("run-" + std::to_string(i), model::Status::success, 1'000 + i));
  start();
  const auto first = json_of(get("/api/v1/runs?limit=3"));
  EXPECT_EQ(base::find_integer(first, "total"), 5);
  ASSERT_THAT(*base::find_array(first, "runs"), SizeIs(3));
  EXPECT_EQ(base::find_string(base::find_array(first, "runs")->at(0), "runId"), "run-4");
  const auto cursor = base::find_string(first, "nextCursor").value();
  const auto second = json_of(get("/api/v1/runs?limit=3&cursor=" + net::percent_encode(cursor)));
  ASSERT_THAT(*base::find_array(second, "runs"), SizeIs(2));
  EXPECT_EQ(base::find_string(base::find_array(second, "runs")->at(1), "runId"), "run-0");
  EXPECT_TRUE(base::find(second, "nextCursor")->is_null());
}

TEST_F(ServerTest, FiltersRunsByStatusAndWorkerName) {
  save(run_of("good"));
  save(run_of("bad", model::Status::failed));
  start();
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> found;
    const auto body = json_of(get("/api/v1/runs?" + query));
    for (const auto& run : *base::find_array(body, "runs")) found.push_back(*base::find_string(run, "runId"));
    return found;
  };
  EXPECT_THAT(ids("status=failed"), ElementsAre("bad"));
  EXPECT_THAT(ids("worker=gpu%20box&status=success"), ElementsAre("good"));
  EXPECT_THAT(ids("worker=other"), ElementsAre());
}

TEST_F(ServerTest, NamesWhatIsWrongWithAQuery) {
  start();
  expect_problem(get("/api/v1/runs?status=sucess"), 400, "status");
  expect_problem(get("/api/v1/runs?colour=red"), 400, "colour");
  expect_problem(get("/api/v1/runs?limit=0"), 400, "limit");
  expect_problem(get("/api/v1/runs?cursor=nonsense"), 400);
}

TEST_F(ServerTest, GivesARunAndItsTimeline) {
  auto run = run_of("id with/slash");
  save(run);
  history::SampleSeries series{run.run_id, run.run_id, {model::DeviceSample{}}};
  ASSERT_TRUE(history.save_samples({&series, 1}));
  start();
  const auto body = json_of(get("/api/v1/runs/id%20with%2Fslash"));
  EXPECT_EQ(base::find_string(body, "runId"), "id with/slash");
  EXPECT_THAT(*base::find_array(body, "artifacts"), SizeIs(1));
  const auto timeline = json_of(get("/api/v1/runs/id%20with%2Fslash/timeline"));
  const auto& attempt = base::find_array(timeline, "attempts")->at(0);
  EXPECT_EQ(base::find_string(base::find_array(attempt, "nodes")->at(0), "classType"), "KSampler");
  EXPECT_THAT(*base::find_array(attempt, "samples"), SizeIs(1));
  expect_problem(get("/api/v1/runs/none"), 404, "runId");
  expect_problem(get("/api/v1/runs/none/timeline"), 404, "runId");
}

TEST_F(ServerTest, ShowsARunThatTheRecorderStillHoldsWithWhatPeopleWroteOnIt) {
  start();
  live_run = run_of("a", model::Status::executing);
  EXPECT_EQ(base::find_string(json_of(get("/api/v1/runs/a")), "status"), "executing");
  save(run_of("a", model::Status::queued));
  ASSERT_TRUE(history.amend("a", {.title = "Mine", .tags = {}, .notes = "see", .archived = {}}));
  const auto body = json_of(get("/api/v1/runs/a"));
  EXPECT_EQ(base::find_string(body, "status"), "executing");
  EXPECT_EQ(base::find_string(body, "title"), "Mine");
  EXPECT_EQ(base::find_string(body, "notes"), "see");
}

TEST_F(ServerTest, AmendsARun) {
  save(run_of("a"));
  start();
  const auto answer = ask("PATCH", "/api/v1/runs/a", R"({"title":"Mine","tags":["keep"]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(base::find_string(json_of(answer), "title"), "Mine");
  EXPECT_EQ(history.get("a").value()->tags, std::vector<std::string>{"keep"});
  run_until([&] { return hub.seq() == 1; });
  expect_problem(ask("PATCH", "/api/v1/runs/none", R"({"title":"Mine"})"), 404, "runId");
  expect_problem(ask("PATCH", "/api/v1/runs/a", R"({"titel":"Mine"})"), 400, "$.titel");
  expect_problem(ask("PATCH", "/api/v1/runs/a", "not json"), 400, "$");
}

TEST_F(ServerTest, DeletesARunUnlessItIsOpen) {
  save(run_of("done"));
  save(run_of("open", model::Status::executing));
  start();
  expect_problem(ask("DELETE", "/api/v1/runs/open"), 409, "runId");
  expect_problem(ask("DELETE", "/api/v1/runs/none"), 404, "runId");
  EXPECT_EQ(ask("DELETE", "/api/v1/runs/done").status, 204);
  EXPECT_FALSE(*history.get("done"));
  EXPECT_TRUE(*history.get("open"));
  EXPECT_EQ(hub.seq(), 1u);
}

TEST_F(ServerTest, AnswersAnUnchangedListWith304AndALongOneCompressed) {
  for (int i = 0; i < 20; ++i) save(run_of("run-" + std::to_string(i)));
  start();
  const auto plain = get("/api/v1/runs");
  const auto packed = get("/api/v1/runs", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size() * 4, plain.body.size());
  EXPECT_EQ(get("/api/v1/runs", {{"If-None-Match", header(plain, "ETag")}}).status, 304);
  save(run_of("one more"));
  EXPECT_EQ(get("/api/v1/runs", {{"If-None-Match", header(plain, "ETag")}}).status, 200);
}

TEST_F(ServerTest, KnowsHeadOptionsAndTheMethodsThatAnAddressTakes) {
  save(run_of("a"));
  start();
  const auto head = ask("HEAD", "/api/v1/runs/a");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  const auto options = ask("OPTIONS", "/api/v1/runs/a");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(header(options, "Allow"), "GET, HEAD, PATCH, DELETE");
  const auto refused = ask("POST", "/api/v1/runs/a");
  expect_problem(refused, 405);
  EXPECT_EQ(header(refused, "Allow"), "GET, HEAD, PATCH, DELETE");
  expect_problem(ask("DELETE", "/"), 405);
  expect_problem(get("/api/v1/nothing"), 404);
  expect_problem(get("/api"), 404);
  expect_problem(get("/telemetry"), 426);
}

TEST_F(ServerTest, WritesMetricsAtBothAddresses) {
  start();
  for (const auto* path : {"/metrics", "/api/v1/metrics"}) {
    const auto answer = get(path);
    EXPECT_THAT(header(answer, "Content-Type"), StartsWith("text/plain; version=0.0.4"));
    EXPECT_THAT(answer.body, HasSubstr("comfyui_queue_running{worker=\"gpu box\"} 0\n"));
    EXPECT_THAT(answer.body, HasSubstr("comfytrace_history_runs 0\n"));
  }
}

Asset asset(std::string bytes, bool immutable) {
  Asset made;
  made.bytes = std::make_shared<const std::string>(std::move(bytes));
  made.gzip = std::make_shared<const std::string>("gzipped " + *made.bytes);
  made.content_type = "text/html; charset=utf-8";
  made.etag = "\"" + *made.bytes + "\"";
  made.immutable = immutable;
  return made;
}

TEST_F(ServerTest, GivesThePageForEveryViewAndItsFilesForGood) {
  assets["/index.html"] = asset("page", false);
  assets["/assets/app-1.js"] = asset("script", true);
  start();
  for (const auto* path : {"/", "/index.html", "/runs", "/runs/some.id", "/live?x=1"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.body, "page") << path;
    EXPECT_EQ(header(answer, "Cache-Control"), "no-cache");
    EXPECT_THAT(header(answer, "Content-Security-Policy"), HasSubstr("script-src 'self';"));
    EXPECT_THAT(header(answer, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(header(answer, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(answer, "Referrer-Policy"), "no-referrer");
  }
  const auto script = get("/assets/app-1.js", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(script.body, "gzipped script");
  EXPECT_EQ(header(script, "Content-Encoding"), "gzip");
  EXPECT_THAT(header(script, "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(get("/", {{"If-None-Match", "\"page\""}}).status, 304);
  expect_problem(get("/assets/app-2.js"), 404);
  expect_problem(get("/favicon.ico"), 404);
}

TEST_F(ServerTest, EveryDocumentedRouteIsThere) {
  start();
  std::ifstream file(std::string(COMFYTRACE_SOURCE_DIR) + "/docs/api.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const std::regex row(R"(\n\| `([A-Z]+) (/[^ `?]*)[^`]*` \|)");
  int routes = 0;
  for (std::sregex_iterator it(document.begin(), document.end(), row), end; it != end; ++it, ++routes) {
    const std::string path = std::regex_replace((*it)[2].str(), std::regex(R"(\{[^}]*\})"), "0");
    const auto answer = ask((*it)[1], "/api/v1" + path);
    EXPECT_NE(answer.status, 405) << path;
    EXPECT_EQ(answer.body.find("no such route"), std::string::npos) << path;
  }
  EXPECT_GE(routes, 10);
}

TEST_F(ServerTest, RefusesForeignHostsAndOrigins) {
  start();
  const auto refused = base::counters().get(base::Counter::api_requests_refused);
  EXPECT_THAT(raw("GET /api/v1/health HTTP/1.1\r\nHost: evil.example\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  expect_problem(ask("DELETE", "/api/v1/runs/a", "", {{"Origin", "http://evil.example"}}), 403, "Origin");
  EXPECT_EQ(ask("DELETE", "/api/v1/runs/a", "", {{"Origin", address()}}).status, 404);
  EXPECT_EQ(base::counters().get(base::Counter::api_requests_refused), refused + 2);
}

TEST_F(ServerTest, RefusesAWebSocketOfAForeignPage) {
  start();
  const auto upgrade = [&](const std::string& target, const std::string& origin) {
    return raw("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server->port()) +
               "\r\nOrigin: " + origin +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  };
  EXPECT_THAT(upgrade("/telemetry", "http://evil.example"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(upgrade("/telemetry", address()), StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(upgrade("/elsewhere", address()), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(upgrade("/telemetry?since=x", address()), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, AsksForItsTokenAndTakesItAsACookie) {
  assets["/index.html"] = asset("page", false);
  start({.token = "s3cret"});
  expect_problem(get("/api/v1/health"), 401);
  expect_problem(get("/"), 401);
  EXPECT_EQ(get("/api/v1/health", {{"Authorization", "Bearer s3cret"}}).status, 200);
  expect_problem(get("/?token=wrong"), 401);
  const auto redirect = get("/runs?token=s3cret");
  EXPECT_EQ(redirect.status, 303);
  EXPECT_EQ(header(redirect, "Location"), "/runs");
  const auto cookie = header(redirect, "Set-Cookie");
  EXPECT_EQ(get("/runs", {{"Cookie", cookie.substr(0, cookie.find(';'))}}).body, "page");
}

TEST_F(ServerTest, DoesNotListenWiderThanLoopbackWithoutAToken) {
  ApiServer wide(io, base::system_clock(), {.host = "0.0.0.0", .port = 0}, services, {}, hub, metrics);
  const auto started = wide.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, base::ErrorCode::denied);
  EXPECT_THAT(started.error().mend, HasSubstr("token"));
}

TEST_F(ServerTest, SendsHelloSnapshotAndUpdates) {
  start();
  std::vector<std::string> types;
  net::WebSocketClient page(io, net::parse_url(address()).value(), "/telemetry", {},
                            {.opened = [] {},
                             .text =
                                 [&](std::string_view text) {
                                   const auto message = base::parse_json(text).value();
                                   types.push_back(base::find_string(message, "type").value_or(""));
                                 },
                             .binary = [](std::string_view) {},
                             .closed = [](const base::Error&) {}});
  page.start();
  run_until([&] { return types.size() == 2; });
  EXPECT_EQ(hub.clients(), 1u);
  hub.worker_changed(workers[0]);
  run_until([&] { return types.size() == 3; });
  EXPECT_THAT(types, ElementsAre("hello", "snapshot", "update"));
  page.close();
  run_until([&] { return hub.clients() == 0; });
}

}  // namespace
}  // namespace comfytrace::api
