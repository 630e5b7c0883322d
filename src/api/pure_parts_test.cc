#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "api/artifact_rules.h"
#include "api/call.h"
#include "api/gzip.h"
#include "api/metrics.h"
#include "api/router.h"
#include "api/run_json.h"
#include "api/run_patch.h"
#include "base/json.h"

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunPatchBody, ReadsWhatAPersonChanges) {
  const auto patch = parse_run_patch(R"({"title":"Fox","tags":["a","b","a"],"notes":"","archived":true})");
  ASSERT_TRUE(patch) << patch.error().sentence();
  EXPECT_EQ(patch->title, "Fox");
  EXPECT_THAT(*patch->tags, ElementsAre("a", "b"));
  EXPECT_EQ(patch->notes, "");
  EXPECT_EQ(patch->archived, true);
  EXPECT_FALSE(parse_run_patch(R"({"archived":false})")->title);
}

TEST(RunPatchBody, RefusesByNameWhatItDoesNotTake) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "$"},
      {"[]", "$"},
      {"{}", "$"},
      {"{\"notes\":\"\xff\"}", "$"},
      {R"({"status":"success"})", "$.status"},
      {R"({"title":""})", "$.title"},
      {R"({"title":"a\nb"})", "$.title"},
      {R"({"title":null})", "$.title"},
      {R"({"title":5})", "$.title"},
      {R"({"title":")" + std::string(501, 'x') + R"("})", "$.title"},
      {R"({"notes":")" + std::string(65'537, 'x') + R"("})", "$.notes"},
      {R"({"tags":"a"})", "$.tags"},
      {R"({"tags":["a",""]})", "$.tags[1]"},
      {R"({"tags":["a,b"]})", "$.tags[0]"},
      {R"({"tags":[1]})", "$.tags[0]"},
      {R"({"archived":"true"})", "$.archived"},
  };
  for (const auto& [body, field] : cases) {
    const auto patch = parse_run_patch(body);
    ASSERT_FALSE(patch) << body.substr(0, 60);
    EXPECT_EQ(patch.error().field, field) << body.substr(0, 60);
  }
}

TEST(ArtifactRules, NeverShowMarkupThatCanHoldScript) {
  EXPECT_EQ(media_type_of("a.PNG").content_type, "image/png");
  EXPECT_TRUE(media_type_of("a.mp4").may_show);
  for (const auto* name : {"a.svg", "a.html", "a.htm", "a.xml", "a.xhtml", "a.js", "a.png.svg", "png", "a.", ""}) {
    EXPECT_FALSE(media_type_of(name).may_show) << name;
    EXPECT_EQ(media_type_of(name).content_type, "application/octet-stream") << name;
  }
}

model::Artifact file(std::string filename, std::string subfolder = "", std::string type = "output") {
  model::Artifact artifact;
  artifact.filename = std::move(filename);
  artifact.subfolder = std::move(subfolder);
  artifact.type = std::move(type);
  return artifact;
}

TEST(ArtifactRules, AskTheWorkerForTheFileByItsWholeName) {
  EXPECT_EQ(*view_target(file("fox &1.png", "video/2026", "temp")),
            "/view?filename=fox%20%261.png&subfolder=video%2F2026&type=temp");
}

TEST(ArtifactRules, RefuseNamesThatCouldLeadOut) {
  using namespace std::string_literals;
  for (const auto& artifact :
       {file(""), file(".."), file("../a.png"), file("/etc/passwd"), file("a\\b.png"), file("a\0b.png"s), file("C:a"),
        file("a.png", ".."), file("a.png", "a/../b"), file("a.png", "/tmp"), file("a.png", "a\\..\\b"),
        file("a.png", "C:/x"), file("a.png", "a\nb"), file("a.png", "", "models"), file("a.png", "", "")}) {
    EXPECT_FALSE(view_target(artifact)) << artifact.filename << " in " << artifact.subfolder;
  }
  EXPECT_TRUE(view_target(file("a..b.png", "..a/b..")));
}

TEST(ArtifactRules, QuoteTheNameInTheDisposition) {
  EXPECT_EQ(disposition("a\"; x=\r\n.png", true), "inline; filename*=UTF-8''a%22%3B%20x%3D%0D%0A.png");
  EXPECT_EQ(disposition("a.svg", false), "attachment; filename*=UTF-8''a.svg");
}

TEST(Router, FindsRoutesByMethodAndDecodesTheirParameters) {
  Router router;
  router.add("GET", "/runs/{id}", [](const CallPtr&) {});
  router.add("DELETE", "/runs/{id}", [](const CallPtr&) {});
  router.add("POST", "/workers/{id}:connect", [](const CallPtr&) {});
  EXPECT_THAT(router.find("GET", "/runs/a%2Fb%20c?x=/y").params, ElementsAre("a/b c"));
  EXPECT_NE(router.find("HEAD", "/runs/a").handler, nullptr);
  EXPECT_THAT(router.find("POST", "/workers/w:1:connect").params, ElementsAre("w:1"));
  EXPECT_EQ(router.find("PUT", "/runs/a").allow, "GET, HEAD, DELETE");
  EXPECT_EQ(router.find("PUT", "/runs/a").handler, nullptr);
  for (const auto* target : {"/runs", "/runs/", "/runs/a/", "/runs/a/b", "/workers/:connect", "/workers/a", "/", "",
                             "/runs/%zz", "runs/a"}) {
    EXPECT_TRUE(router.find("GET", target).allow.empty()) << target;
  }
}

std::string gunzip(const std::string& bytes) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

net::HttpResponse reply_to(std::vector<std::pair<std::string, std::string>> headers, const std::string& body) {
  net::HttpResponse answer;
  Call call;
  for (auto& [name, value] : headers) call.request.headers.set(name, value);
  call.respond = [&](net::HttpResponse response) { answer = std::move(response); };
  call.reply_json(body);
  return answer;
}

TEST(Call, CompressesLargeBodiesForThoseWhoTakeIt) {
  const std::string body = "[" + std::string(5'000, ' ') + "]";
  const auto answer = reply_to({{"Accept-Encoding", "br, gzip;q=0.5"}}, body);
  EXPECT_EQ(answer.headers.get("Content-Encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 200u);
  EXPECT_EQ(gunzip(answer.body), body);
  EXPECT_EQ(reply_to({}, body).body, body);
  EXPECT_EQ(reply_to({{"Accept-Encoding", "gzip;q=0, br"}}, body).body, body);
  EXPECT_EQ(reply_to({{"Accept-Encoding", "gzip"}}, "[]").body, "[]");
}

TEST(Call, AnswersAnUnchangedBodyWith304) {
  const std::string etag(*reply_to({}, "[1]").headers.get("ETag"));
  EXPECT_EQ(reply_to({{"If-None-Match", "\"x\", " + etag}}, "[1]").status, 304);
  EXPECT_EQ(reply_to({{"If-None-Match", etag.substr(2)}}, "[1]").status, 304);
  EXPECT_EQ(reply_to({{"If-None-Match", etag}}, "[1]").body, "");
  EXPECT_EQ(reply_to({{"If-None-Match", etag}}, "[2]").status, 200);
}

TEST(RunJson, LeavesTheNodesOutAndListsTheArtifacts) {
  model::Run run;
  run.run_id = "a/b";
  auto& scene = run.scenes.emplace_back();
  scene.scene_id = "scene-001";
  auto& attempt = scene.attempts.emplace_back();
  attempt.prompt_id = "p";
  attempt.nodes.resize(3);
  attempt.artifacts.resize(2);
  attempt.artifacts[1].filename = "x.png";
  const auto json = base::parse_json(run_json(run)).value();
  const auto& shown = base::find_array(*base::find_array(json, "scenes")->begin(), "attempts")->at(0);
  EXPECT_EQ(base::find(shown, "nodes"), nullptr);
  EXPECT_EQ(base::find_string(shown, "promptId"), "p");
  const auto* artifacts = base::find_array(json, "artifacts");
  ASSERT_EQ(artifacts->size(), 2u);
  EXPECT_TRUE(base::find((*artifacts)[0], "url")->is_null());
  EXPECT_EQ(base::find_string((*artifacts)[1], "url"), "/api/v1/runs/a%2Fb/artifacts/1");
  EXPECT_EQ(base::find_string((*artifacts)[1], "sceneId"), "scene-001");
}

model::Attempt attempt_of(std::int64_t duration_ms, std::string node, model::Status status = model::Status::success) {
  model::Attempt attempt;
  attempt.status = status;
  attempt.duration_ms = duration_ms;
  model::NodeExecution execution;
  execution.class_type = std::move(node);
  execution.state = model::NodeState::finished;
  execution.duration_ms = duration_ms;
  attempt.nodes.push_back(execution);
  return attempt;
}

TEST(Metrics, CountsWhatFinished) {
  Metrics metrics;
  metrics.attempt_finished(attempt_of(51'000, "KSampler"));
  metrics.attempt_finished(attempt_of(200, "KSampler"));
  metrics.attempt_finished(attempt_of(7'200'000, "Odd\"\\\nName", model::Status::failed));
  const auto text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"completed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_jobs_total{status=\"cancelled\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"60\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"3600\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_job_duration_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("comfyui_node_execution_seconds_count{node_type=\"KSampler\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(R"(node_type="Odd\"\\\nName")"));
}

TEST(Metrics, DoesNotCountCachedNodesAndBoundsTheNodeTypes) {
  Metrics metrics;
  auto cached = attempt_of(5, "CachedNode");
  cached.nodes[0].state = model::NodeState::cached;
  metrics.attempt_finished(cached);
  for (int i = 0; i < 1'000; ++i) metrics.attempt_finished(attempt_of(5, "Type" + std::to_string(i)));
  const auto text = metrics.text({});
  EXPECT_THAT(text, Not(HasSubstr("CachedNode")));
  EXPECT_THAT(text, HasSubstr("node_type=\"Type199\""));
  EXPECT_THAT(text, Not(HasSubstr("node_type=\"Type200\"")));
  EXPECT_THAT(text, HasSubstr("comfyui_node_execution_seconds_count{node_type=\"other\"} 800\n"));
}

TEST(Metrics, LeavesOutWhatIsNotKnown) {
  Metrics::Gauges gauges;
  model::WorkerState state;
  state.worker.name = "gpu box";
  state.queue_pending = 4;
  state.connection.state = model::ConnectionState::streaming;
  model::Device device;
  device.type = "cuda";
  device.vram_free_bytes = 123;
  state.worker.devices.push_back(device);
  gauges.workers.push_back(state);
  const auto text = Metrics().text(gauges);
  EXPECT_THAT(text, HasSubstr("comfyui_vram_bytes{worker=\"gpu box\",device=\"cuda:0\",type=\"free\"} 123\n"));
  EXPECT_THAT(text, Not(HasSubstr("type=\"total\"")));
  EXPECT_THAT(text, HasSubstr("comfyui_queue_pending{worker=\"gpu box\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("comfytrace_worker_connected{worker=\"gpu box\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("comfytrace_history_runs")));
  EXPECT_THAT(text, Not(HasSubstr("comfytrace_cpu_ratio")));
  EXPECT_THAT(text, HasSubstr("# TYPE comfytrace_history_saves_total counter\n"));
}

}  // namespace
}  // namespace comfytrace::api
