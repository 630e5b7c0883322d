#include "collect/submitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "collect/posted_prompt.h"
#include "collect/testing/fake_comfyui.h"
#include "collect/testing/gathering_sink.h"

namespace comfytrace::collect {
namespace {

using model::Status;
using testing::FakeComfyUi;
using testing::fast_timings;
using testing::GatheringSink;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_until;

base::json::value graph() {
  return *base::parse_json(
      R"({"1":{"class_type":"KSampler","inputs":{}},"2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}})");
}

TEST(CheckApiGraph, TakesWhatPromptTakes) {
  EXPECT_TRUE(check_api_graph(graph()));
}

TEST(CheckApiGraph, RefusesThePagesOwnFormatWithTheMend) {
  const auto checked = check_api_graph(*base::parse_json(R"({"nodes":[{"id":1}],"links":[],"version":0.4})"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().sentence(), "this is the page's format (in ComfyUI use Workflow > Export (API))");
}

TEST(CheckApiGraph, RefusesWhatIsNoGraph) {
  for (const char* text : {"[]", "7", "{}", R"({"prompt":{}})", R"({"1":{"inputs":{}}})", R"({"1":5})"}) {
    EXPECT_FALSE(check_api_graph(*base::parse_json(text))) << text;
  }
}

class SubmitterTest : public ::testing::Test {
 protected:
  SubmitterTest() {
    worker_id_ = *recorder_.add_worker(comfyui_.url());
    recorder_.start();
  }
  Submission submission() {
    Submission made;
    made.graph = graph();
    return made;
  }
  void submit(Submission made) {
    answer_.reset();
    submitter_.submit(std::move(made), {[this](base::Result<SubmissionAnswer> answer) { answer_ = std::move(answer); },
                                        [this](const model::LiveScene& scene) { changes_.push_back(scene); }});
  }
  bool answered() {
    return run_until(io_, [&] { return answer_.has_value(); });
  }
  void tell_owner(const std::string& type, const std::string& data) {
    comfyui_.send_to(
        recorder_.stream(worker_id_)->client_id(),
        fmt::format(R"({{"type":"{}","data":{{"prompt_id":"{}",{}}}}})", type, (*answer_)->prompt_id, data));
  }

  net::asio::io_context io_;
  FakeComfyUi comfyui_{io_};
  GatheringSink sink_;
  Recorder recorder_{io_, base::system_clock(), [](std::string_view) { return std::nullopt; }, sink_, fast_timings()};
  Submitter submitter_{recorder_, base::system_clock()};
  std::string worker_id_;
  std::optional<base::Result<SubmissionAnswer>> answer_;
  std::vector<model::LiveScene> changes_;
};

TEST_F(SubmitterTest, PostsUnderOurClientIdOnceTheSocketIsOpen) {
  submit(submission());
  EXPECT_FALSE(answer_) << "the socket is not open yet";
  ASSERT_TRUE(answered());
  ASSERT_TRUE(answer_->ok()) << answer_->error().sentence();
  const SubmissionAnswer& answer = **answer_;
  EXPECT_TRUE(answer.answer.accepted);
  EXPECT_TRUE(base::is_canonical_uuid(answer.prompt_id));
  EXPECT_EQ(answer.run_id, answer.prompt_id);
  ASSERT_EQ(comfyui_.bodies.size(), 1u);
  const auto body = *base::parse_json(comfyui_.bodies[0]);
  EXPECT_EQ(base::find_string(body, "client_id"), comfyui_.sockets.at(0)->client_id);
  EXPECT_EQ(*base::find(body, "prompt"), graph());
}

TEST_F(SubmitterTest, FollowsItsPromptByTheEventsItOwns) {
  submit(submission());
  ASSERT_TRUE(answered() && answer_->ok());
  const std::string id = (*answer_)->prompt_id;
  comfyui_.begin(id);
  tell_owner("execution_start", R"("timestamp":5000)");
  tell_owner("execution_cached", R"("nodes":[],"timestamp":5000)");
  tell_owner("progress_state",
             R"("nodes":{"1":{"value":0,"max":1,"state":"running","node_id":"1","display_node_id":"1"}})");
  tell_owner("executing", R"("node":"1","display_node":"1")");
  ASSERT_TRUE(run_until(io_, [&] { return !changes_.empty() && changes_.back().node; }));
  EXPECT_EQ(changes_.back().node->class_type, "KSampler");
  tell_owner("progress_state",
             R"("nodes":{"1":{"value":1,"max":1,"state":"finished","node_id":"1","display_node_id":"1"}})");
  tell_owner("execution_success", R"("timestamp":5300)");
  comfyui_.finish(id);
  tell_owner("executing", R"("node":null)");
  ASSERT_TRUE(run_until(io_, [&] { return changes_.back().status == Status::success; }));
  const model::Attempt& attempt = sink_.runs[id].scenes.at(0).attempts.at(0);
  EXPECT_EQ(attempt.origin, model::Origin::submitted);
  EXPECT_TRUE(attempt.node_times_known);
  EXPECT_EQ(attempt.duration_ms, 300);
}

TEST_F(SubmitterTest, IdsTravelInExtraDataAndWithThePictures) {
  Submission made = submission();
  made.title = "Cats";
  made.grouping.run_id = "run-1";
  made.grouping.scene_id = "scene-001";
  made.grouping.tags = {"draft"};
  made.extra_data["extra_pnginfo"] = base::json::object{{"workflow", base::json::object{{"id", "w"}}}};
  submit(made);
  ASSERT_TRUE(answered() && answer_->ok());
  EXPECT_EQ((*answer_)->run_id, "run-1");
  const auto body = *base::parse_json(comfyui_.bodies.at(0));
  const auto* extra = base::find(body, "extra_data");
  ASSERT_NE(extra, nullptr);
  const auto* pnginfo = base::find(*extra, "extra_pnginfo");
  ASSERT_NE(pnginfo, nullptr);
  for (const auto* place : {extra, pnginfo}) {
    EXPECT_EQ(base::find_string(*place, "run_id"), "run-1");
    EXPECT_EQ(base::find_string(*place, "scene_id"), "scene-001");
    EXPECT_EQ(base::find_string(*place, "workflow_name"), "Cats");
  }
  EXPECT_NE(base::find(*pnginfo, "workflow"), nullptr) << "what was there stays";
  ASSERT_TRUE(run_until(io_, [&] { return sink_.runs.contains("run-1"); }));
  EXPECT_TRUE(sink_.runs["run-1"].grouped);
  EXPECT_EQ(sink_.runs["run-1"].scenes.at(0).scene_id, "scene-001");
}

TEST_F(SubmitterTest, ARefusalIsAnAnswerAndIsRecorded) {
  comfyui_.override = [](const net::HttpRequest& request) -> std::optional<net::HttpResponse> {
    if (request.method != "POST") return std::nullopt;
    net::HttpResponse response;
    response.status = 400;
    response.body =
        R"({"error":{"type":"prompt_outputs_failed_validation","message":"Prompt outputs failed validation","details":"","extra_info":{}},)"
        R"("node_errors":{"1":{"errors":[{"type":"value_not_in_list","message":"Value not in list","details":"ckpt"}],"dependent_outputs":["2"],"class_type":"KSampler"}}})";
    return response;
  };
  submit(submission());
  ASSERT_TRUE(answered());
  ASSERT_TRUE(answer_->ok());
  EXPECT_FALSE((*answer_)->answer.accepted);
  ASSERT_EQ((*answer_)->answer.node_errors.size(), 1u);
  const std::string id = (*answer_)->prompt_id;
  ASSERT_TRUE(sink_.runs.contains(id));
  EXPECT_EQ(sink_.runs[id].exit_reason, model::ExitReason::validationError);
  EXPECT_FALSE(changes_.empty());
}

TEST_F(SubmitterTest, SaysWhyWhenTheWorkerCannotBeReached) {
  comfyui_.stop();
  Submission made = submission();
  made.timeout_ms = 50;
  submit(made);
  ASSERT_TRUE(answered());
  ASSERT_FALSE(answer_->ok());
  EXPECT_EQ(answer_->error().code, base::ErrorCode::unavailable);
  EXPECT_FALSE(answer_->error().message.empty());
}

TEST_F(SubmitterTest, AWorkerNamedByAnUnknownAddressIsAdded) {
  FakeComfyUi other(io_);
  Submission made = submission();
  made.worker = other.url();
  submit(made);
  ASSERT_TRUE(answered() && answer_->ok());
  EXPECT_EQ(other.bodies.size(), 1u);
  EXPECT_EQ(recorder_.worker_states().size(), 2u);
}

TEST(PostedPrompt, CredentialsReachTheWorkerAndNothingElse) {
  Submission made;
  made.graph = graph();
  made.extra_data["api_key_comfy_org"] = "secret-key";
  const PostedPrompt posted = make_posted_prompt(made, "client");
  EXPECT_THAT(posted.body, HasSubstr("secret-key"));
  EXPECT_THAT(base::to_json(posted.item.extra_data), Not(HasSubstr("secret-key")));
}

TEST_F(SubmitterTest, CancellingTakesAPendingPromptFromTheQueueAndInterruptsNobody) {
  submit(submission());
  ASSERT_TRUE(answered() && answer_->ok());
  const std::string id = (*answer_)->prompt_id;
  std::optional<bool> done;
  submitter_.cancel(worker_id_, id, [&](base::Result<void> result) { done = result.ok(); });
  ASSERT_TRUE(run_until(io_, [&] { return done.has_value(); }));
  EXPECT_TRUE(*done);
  EXPECT_EQ(comfyui_.asked("POST /interrupt"), 0u);
  ASSERT_TRUE(run_until(io_, [&] { return !changes_.empty() && !model::is_open(changes_.back().status); }));
  EXPECT_EQ(changes_.back().exit_reason, model::ExitReason::deleted);
}

TEST_F(SubmitterTest, CancellingInterruptsAPromptThatRuns) {
  submit(submission());
  ASSERT_TRUE(answered() && answer_->ok());
  comfyui_.begin((*answer_)->prompt_id);
  std::optional<bool> done;
  submitter_.cancel(worker_id_, (*answer_)->prompt_id, [&](base::Result<void> result) { done = result.ok(); });
  ASSERT_TRUE(run_until(io_, [&] { return done.has_value(); }));
  EXPECT_TRUE(*done);
  EXPECT_EQ(comfyui_.asked("POST /interrupt"), 1u);
}

}  // namespace
}  // namespace comfytrace::collect
