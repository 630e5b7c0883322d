#include "comfyui/job.h"

#include <utility>
#include <variant>

#include "comfyui/foreign_json.h"
#include "comfyui/frame.h"

namespace comfytrace::comfyui {
namespace {

using base::find;
using base::Result;
namespace json = base::json;

constexpr std::size_t kMaxBodyBytes = 64u << 20;
constexpr TextBounds kBounds;

Result<Job> read_job(const json::value& value, const std::string& path) {
  if (!value.is_object()) return wrong_type(path, "an object", &value);
  auto id = id_of(find(value, "id"), kBounds.max_text_bytes);
  if (!id) return wrong_type(path + ".id", "a string", find(value, "id"));
  Job job;
  job.prompt_id = std::move(*id);
  if (const auto word = text_of(find(value, "status"), kBounds.max_text_bytes)) {
    job.status = base::enum_from_name<JobStatus>(*word).value_or(JobStatus::unknown);
  }
  job.queue_number = number_of(find(value, "priority"));
  job.created_at_ms = rounded_of(find(value, "create_time"));
  job.started_at_ms = rounded_of(find(value, "execution_start_time"));
  job.finished_at_ms = rounded_of(find(value, "execution_end_time"));
  job.output_count = rounded_of(find(value, "outputs_count")).value_or(0);
  job.workflow_id = text_of(find(value, "workflow_id"), kBounds.max_text_bytes);
  if (const json::value* error = find(value, "execution_error"); error && error->is_object()) {
    // The whole frame, as the socket gave it; one that cannot be read does not spoil the job.
    if (auto event = decode_event("execution_error", *error)) {
      if (auto* failure = std::get_if<ExecutionError>(&*event)) job.error = std::move(*failure);
    }
  }
  return job;
}

}  // namespace

Result<JobPage> decode_jobs(std::string_view body, std::size_t* skipped) {
  auto parsed = parse_foreign_json(body, kMaxBodyBytes);
  if (!parsed) return parsed.error();
  const json::array* jobs = base::find_array(*parsed, "jobs");
  if (!jobs) return wrong_type("$.jobs", "an array", find(*parsed, "jobs"));
  JobPage page;
  for (const json::value& each : *jobs) {
    if (page.jobs.size() == kBounds.max_items) break;
    auto job = read_job(each, "$.jobs[" + std::to_string(page.jobs.size()) + "]");
    if (job) {
      page.jobs.push_back(std::move(*job));
    } else if (skipped != nullptr) {
      ++*skipped;
    }
  }
  if (const json::value* pagination = find(*parsed, "pagination")) {
    page.total = rounded_of(find(*pagination, "total"));
    page.has_more = base::find_bool(*pagination, "has_more").value_or(false);
  }
  return page;
}

Result<Job> decode_job(std::string_view body) {
  auto parsed = parse_foreign_json(body, kMaxBodyBytes);
  if (!parsed) return parsed.error();
  return read_job(*parsed, "$");
}

Result<FeatureFlags> decode_features(std::string_view body) {
  auto parsed = parse_foreign_json(body, 1u << 20);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return wrong_type("$", "an object", &*parsed);
  tidy(*parsed, kBounds);
  drop_credentials(*parsed);
  return FeatureFlags{std::move(*parsed)};
}

}  // namespace comfytrace::comfyui
