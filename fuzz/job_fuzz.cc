// GET /api/jobs, /api/jobs/{id} and /features: bounded, valid UTF-8, no credentials, whatever a server answers.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "comfyui/job.h"
#include "decoded_checks.h"

namespace {

using namespace comfytrace;

void check_job(const comfyui::Job& job) {
  constexpr std::size_t kMaxTextBytes = 64u << 10;
  fuzz::check_text(job.prompt_id, kMaxTextBytes);
  fuzz::check_text(job.workflow_id, kMaxTextBytes);
  if (job.error) fuzz::check_text(job.error->exception_message, kMaxTextBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto page = comfyui::decode_jobs(body)) {
    for (const auto& job : page->jobs) check_job(job);
  }
  if (const auto job = comfyui::decode_job(body)) check_job(*job);
  if (const auto features = comfyui::decode_features(body)) fuzz::check_json(features->flags, comfyui::TextBounds{});
  return 0;
}
