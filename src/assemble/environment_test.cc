#include "assemble/test_recorder.h"
#include "model/worker.h"

namespace comfytrace::assemble {
namespace {

model::AttemptEnvironment version(const std::string& comfyui) {
  model::AttemptEnvironment environment;
  environment.comfyui_version = comfyui;
  environment.device_name = "NVIDIA GeForce RTX 3090";
  return environment;
}

TEST(Environment, IsThatOfTheWorkerWhileTheAttemptRan) {
  Recorder r;
  r.connect(100);
  r.tell(110, version("0.3.64"));
  r.queue(120, {item("p", 0)});
  r.event(130, comfyui::ExecutionStart{"p", 130});
  r.event(200, comfyui::ExecutionSuccess{"p", 200});
  EXPECT_EQ(r.attempt("p").environment, version("0.3.64"));
}

TEST(Environment, ThatIsToldLateStillReachesWhatRanMeanwhile) {
  Recorder r;
  r.connect(100);
  r.queue(120, {item("p", 0)});
  r.event(130, comfyui::ExecutionStart{"p", 130});
  r.event(200, comfyui::ExecutionSuccess{"p", 200});
  EXPECT_FALSE(r.attempt("p").environment);
  r.tell(210, version("0.3.64"));
  EXPECT_EQ(r.attempt("p").environment, version("0.3.64"));
}

TEST(Environment, OfTheNextLifeIsNotThatOfWhatTheLastOneRan) {
  Recorder r;
  r.connect(100);
  r.queue(120, {item("lost", 0)});
  r.event(130, comfyui::ExecutionStart{"lost", 130});
  r.disconnect(200);
  r.connect(300);
  r.tell(310, version("0.8.0"));
  r.queue(320, {});
  r.tell(330, HistoryMissing{"lost"});
  ASSERT_EQ(r.attempt("lost").exit_reason, ExitReason::workerLost);
  EXPECT_FALSE(r.attempt("lost").environment);
}

TEST(Environment, IsForgottenWhenTheConnectionEnds) {
  Recorder r;
  r.connect(100);
  r.tell(110, version("0.3.64"));
  r.disconnect(200);
  r.connect(300);
  r.queue(310, {item("p", 0)});
  r.event(320, comfyui::ExecutionStart{"p", 320});
  EXPECT_FALSE(r.attempt("p").environment) << "the worker may have been updated meanwhile";
  r.tell(330, version("0.8.0"));
  EXPECT_EQ(r.attempt("p").environment, version("0.8.0"));
}

TEST(Environment, OfWhatNeverRanIsNotTold) {
  Recorder r;
  r.connect(100);
  r.tell(110, version("0.3.64"));
  r.queue(120, {}, {item("p", 0)});
  EXPECT_FALSE(r.attempt("p").environment);
}

}  // namespace
}  // namespace comfytrace::assemble
