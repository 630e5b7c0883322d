#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "comfyui/event.h"

// GET /api/jobs and /api/jobs/{id}, which servers since 0.8.0 have, and GET /features. Pure; any thread.
namespace comfytrace::comfyui {

enum class JobStatus { pending, in_progress, completed, failed, cancelled, unknown };
BOOST_DESCRIBE_ENUM(JobStatus, pending, in_progress, completed, failed, cancelled, unknown)

struct Job {
  std::string prompt_id;
  JobStatus status =
      JobStatus::unknown;  // an interrupted one is `failed` without an error, `cancelled` in newer servers
  std::optional<double> queue_number;
  std::optional<std::int64_t> created_at_ms;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::int64_t output_count = 0;
  std::optional<std::string> workflow_id;
  std::optional<ExecutionError> error;
};

struct JobPage {
  std::vector<Job> jobs;
  std::optional<std::int64_t> total;
  bool has_more = false;
};

// Errors: invalid, with the path; too_large. A job that is not one is left out and counted through `skipped`.
// The list answers HTTP 500 while one entry has `extra_pnginfo: null`: ask /queue and /history then.
[[nodiscard]] base::Result<JobPage> decode_jobs(std::string_view body, std::size_t* skipped = nullptr);
[[nodiscard]] base::Result<Job> decode_job(std::string_view body);

// What the server can do, by name.
[[nodiscard]] base::Result<FeatureFlags> decode_features(std::string_view body);

}  // namespace comfytrace::comfyui
