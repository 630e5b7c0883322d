#include "api/artifact_proxy.h"

#include "api/server_fixture.h"

namespace comfytrace::api {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t kPartBytes = 64u << 10;

// A file that is made while it is read.
class LongFile : public net::BodyStream {
 public:
  LongFile(std::size_t bytes, std::size_t& produced) : left_(bytes), produced_(produced) {}
  void next(Part part) override {
    const std::size_t size = std::min(left_, kPartBytes);
    left_ -= size;
    produced_ += size;
    part(size > 0 ? std::optional(std::string(size, 'x')) : std::nullopt);
  }

 private:
  std::size_t left_;
  std::size_t& produced_;
};

class ArtifactProxyTest : public ServerTest {
 protected:
  // A worker whose /view answers with `reply`.
  void start_worker() {
    worker = std::make_unique<net::HttpServer>(
        io, net::ServerHandlers{[this](net::HttpRequest request, const net::Respond& respond) {
                                  asked.push_back(request);
                                  respond(reply(request));
                                },
                                nullptr, nullptr});
    ASSERT_TRUE(worker->start("127.0.0.1", 0));
    workers[0].worker.url = "http://127.0.0.1:" + std::to_string(worker->port());
  }
  void save_with_file(const std::string& filename, const std::string& subfolder = "") {
    auto run = run_of("a");
    auto& artifact = run.scenes[0].attempts[0].artifacts[0];
    artifact.filename = filename;
    artifact.subfolder = subfolder;
    save(run);
  }

  std::unique_ptr<net::HttpServer> worker;
  std::vector<net::HttpRequest> asked;
  std::function<net::HttpResponse(const net::HttpRequest&)> reply = [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.headers.set("Content-Type", "text/html");
    response.headers.set("Last-Modified", "Sat, 22 Nov 2025 10:00:00 GMT");
    response.body = "picture";
    return response;
  };
};

TEST_F(ArtifactProxyTest, FetchesTheFileFromItsWorker) {
  start_worker();
  save_with_file("fox &1.png", "2026/a");
  start();
  const auto answer = get("/api/v1/runs/a/artifacts/0");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "picture");
  EXPECT_EQ(header(answer, "Content-Type"), "image/png");
  EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(answer, "Content-Security-Policy"), "sandbox; default-src 'none'");
  EXPECT_EQ(header(answer, "Content-Disposition"), "inline; filename*=UTF-8''fox%20%261.png");
  EXPECT_EQ(header(answer, "Last-Modified"), "Sat, 22 Nov 2025 10:00:00 GMT");
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].target, "/view?filename=fox%20%261.png&subfolder=2026%2Fa&type=output");
}

TEST_F(ArtifactProxyTest, PassesRangesAndConditionsOn) {
  start_worker();
  save_with_file("fox.mp4");
  start();
  reply = [](const net::HttpRequest& request) {
    net::HttpResponse response;
    if (request.headers.get("If-None-Match")) {
      response.status = 304;
      return response;
    }
    response.status = 206;
    response.headers.set("Content-Range", "bytes 1-2/7");
    response.body = "ic";
    return response;
  };
  const auto answer = get("/api/v1/runs/a/artifacts/0", {{"Range", "bytes=1-2"}});
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer.body, "ic");
  EXPECT_EQ(header(answer, "Content-Range"), "bytes 1-2/7");
  EXPECT_EQ(asked[0].headers.get("Range"), "bytes=1-2");
  EXPECT_EQ(get("/api/v1/runs/a/artifacts/0", {{"If-None-Match", "\"1\""}}).status, 304);
}

TEST_F(ArtifactProxyTest, AsksForTheHeadAloneWhenOnlyThatIsWanted) {
  start_worker();
  save_with_file("fox.png");
  start();
  const auto answer = ask("HEAD", "/api/v1/runs/a/artifacts/0");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header(answer, "Content-Length"), "7");
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(asked[0].method, "HEAD");
}

TEST_F(ArtifactProxyTest, NeverShowsMarkup) {
  start_worker();
  save_with_file("evil.svg");
  start();
  const auto answer = get("/api/v1/runs/a/artifacts/0");
  EXPECT_EQ(header(answer, "Content-Type"), "application/octet-stream");
  EXPECT_THAT(header(answer, "Content-Disposition"), HasSubstr("attachment"));
}

TEST_F(ArtifactProxyTest, AsksForNothingThatLeadsOut) {
  start_worker();
  start();
  for (const auto& [filename, subfolder] : std::vector<std::pair<std::string, std::string>>{
           {"../../etc/passwd", ""}, {"/etc/passwd", ""}, {"a\\..\\b", ""}, {"a.png", "../.."}, {"a.png", "/etc"}}) {
    save_with_file(filename, subfolder);
    expect_problem(get("/api/v1/runs/a/artifacts/0"), 403);
  }
  EXPECT_THAT(asked, SizeIs(0));
}

TEST_F(ArtifactProxyTest, AnswersOnlyForFilesThatTheRunNames) {
  start_worker();
  save_with_file("fox.png");
  start();
  for (const auto* index : {"1", "-1", "x", "0x0", "99999999999999999999", "0%20"}) {
    expect_problem(get("/api/v1/runs/a/artifacts/" + std::string(index)), 404, "index");
  }
  expect_problem(get("/api/v1/runs/b/artifacts/0"), 404, "runId");
  EXPECT_THAT(asked, SizeIs(0));
}

TEST_F(ArtifactProxyTest, TellsApartAMissingFileAMissingWorkerAndABadOne) {
  save_with_file("fox.png");
  start_worker();
  start();
  int status = 404;
  reply = [&](const net::HttpRequest&) {
    net::HttpResponse response;
    response.status = status;
    return response;
  };
  expect_problem(get("/api/v1/runs/a/artifacts/0"), 404);
  status = 500;
  expect_problem(get("/api/v1/runs/a/artifacts/0"), 502);
  status = 302;
  expect_problem(get("/api/v1/runs/a/artifacts/0"), 502);
  worker.reset();
  expect_problem(get("/api/v1/runs/a/artifacts/0"), 502);
  workers.clear();
  expect_problem(get("/api/v1/runs/a/artifacts/0"), 404);
}

TEST_F(ArtifactProxyTest, FindsAWorkerThatOnlyTheHistoryStillKnows) {
  start_worker();
  save_with_file("fox.png");
  ASSERT_TRUE(history.save_worker(workers[0].worker));
  workers.clear();
  start();
  EXPECT_EQ(get("/api/v1/runs/a/artifacts/0").body, "picture");
}

TEST_F(ArtifactProxyTest, ServesTheFilesOfARunThatOnlyTheRecorderHolds) {
  start_worker();
  live_run = run_of("live", model::Status::executing);
  start();
  EXPECT_EQ(get("/api/v1/runs/live/artifacts/0").body, "picture");
}

TEST_F(ArtifactProxyTest, GivesTextThatTheRunHoldsItself) {
  auto run = run_of("a");
  auto& artifact = run.scenes[0].attempts[0].artifacts[0];
  artifact.filename.clear();
  artifact.kind = model::MediaKind::text;
  artifact.text = "<b>a caption</b>";
  save(run);
  start();
  const auto answer = get("/api/v1/runs/a/artifacts/0");
  EXPECT_EQ(answer.body, "<b>a caption</b>");
  EXPECT_EQ(header(answer, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header(answer, "Content-Security-Policy"), "sandbox; default-src 'none'");
}

TEST_F(ArtifactProxyTest, StreamsALongFileNoFasterThanItIsRead) {
  constexpr std::size_t kBytes = 128u << 20;
  std::size_t produced = 0;
  start_worker();
  save_with_file("film.mp4");
  start();
  reply = [&](const net::HttpRequest&) {
    net::HttpResponse response;
    response.stream = std::make_shared<LongFile>(kBytes, produced);
    response.stream_bytes = kBytes;
    return response;
  };
  std::optional<net::StreamedResponse> head;
  net::ClientRequest request;
  request.target = "/api/v1/runs/a/artifacts/0";
  client->request_stream(request, [&](base::Result<net::StreamedResponse> got) { head = std::move(got).value(); });
  run_until([&] { return head.has_value(); });
  EXPECT_EQ(head->body_bytes, kBytes);
  // Nobody reads: what lies between is what buffers hold.
  io.restart();
  io.run_for(std::chrono::milliseconds(300));
  EXPECT_LT(produced, kBytes / 2);

  std::size_t received = 0;
  bool ended = false;
  std::function<void()> read = [&] {
    head->body->next([&](base::Result<std::optional<std::string>> part) {
      ASSERT_TRUE(part) << part.error().sentence();
      if (!*part) {
        ended = true;
        return;
      }
      received += (*part)->size();
      net::asio::post(io, read);
    });
  };
  read();
  run_until([&] { return ended; });
  EXPECT_EQ(received, kBytes);
}

}  // namespace
}  // namespace comfytrace::api
