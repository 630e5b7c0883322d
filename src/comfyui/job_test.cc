#include "comfyui/job.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace comfytrace::comfyui {
namespace {

TEST(Job, EveryRecordedAnswerIsRead) {
  std::size_t lists = 0;
  std::size_t singles = 0;
  std::size_t features = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(COMFYTRACE_SOURCE_DIR "/tests/recordings")) {
    if (file.path().extension() != ".jsonl") continue;
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      const auto entry = base::parse_json(line);
      ASSERT_TRUE(entry.ok());
      if (base::find_string(*entry, "dir") != "http<" || base::find_integer(*entry, "status") != 200) continue;
      const std::string path = base::find_string(*entry, "path").value_or("");
      const base::json::value* body = base::find(*entry, "json");
      if (body == nullptr) continue;
      if (path == "/features") {
        const auto flags = decode_features(base::to_json(*body));
        ASSERT_TRUE(flags.ok());
        EXPECT_EQ(base::find_bool(flags->flags, "supports_preview_metadata"), true);
        ++features;
      } else if (path == "/api/jobs") {
        const auto page = decode_jobs(base::to_json(*body));
        ASSERT_TRUE(page.ok()) << page.error().sentence();
        EXPECT_EQ(static_cast<std::int64_t>(page->jobs.size()), page->total);
        ++lists;
      } else if (path.starts_with("/api/jobs/")) {
        const auto job = decode_job(base::to_json(*body));
        ASSERT_TRUE(job.ok()) << job.error().sentence();
        EXPECT_EQ("/api/jobs/" + job->prompt_id, path);
        EXPECT_NE(job->status, JobStatus::unknown);
        EXPECT_EQ(job->finished_at_ms.has_value(), job->status != JobStatus::in_progress) << path;
        ++singles;
      }
    }
  }
  EXPECT_GE(lists, 1u);
  EXPECT_GE(singles, 8u);
  EXPECT_GE(features, 3u);
}

TEST(Job, ReadsStatesAndErrors) {
  const auto page = decode_jobs(R"({"jobs":[
    {"id":"a","status":"in_progress","priority":7.5,"create_time":5,"outputs_count":0},
    {"id":"b","status":"failed","execution_error":{"prompt_id":"b","node_id":"3","node_type":"X","exception_type":"ValueError",
     "exception_message":"no\n","traceback":[],"executed":[],"current_inputs":{"api_key_comfy_org":["s"]}}},
    {"id":"c","status":"resting"}, {"status":"completed"}, 7],"pagination":{"total":3,"has_more":true}})");
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->jobs.size(), 3u);
  EXPECT_EQ(page->jobs[0].status, JobStatus::in_progress);
  EXPECT_EQ(page->jobs[0].queue_number, 7.5);
  ASSERT_TRUE(page->jobs[1].error);
  EXPECT_EQ(page->jobs[1].error->exception_message, "no");
  EXPECT_EQ(page->jobs[2].status, JobStatus::unknown);
  EXPECT_TRUE(page->has_more);
}

TEST(Job, NamesWhatIsWrong) {
  EXPECT_EQ(decode_jobs(R"({"jobs":{}})").error().field, "$.jobs");
  EXPECT_EQ(decode_job(R"({"id":[]})").error().field, "$.id");
  EXPECT_FALSE(decode_jobs("[").ok());
  EXPECT_FALSE(decode_features("[]").ok());
  std::size_t skipped = 0;
  ASSERT_TRUE(decode_jobs(R"({"jobs":[1,{"id":"a"}]})", &skipped).ok());
  EXPECT_EQ(skipped, 1u);
}

}  // namespace
}  // namespace comfytrace::comfyui
