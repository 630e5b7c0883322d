#include "api/submission.h"

#include <algorithm>

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kTextBytes = 500;

base::Result<void> check_text(const std::optional<std::string>& text, std::string_view key) {
  if (!text) return {};
  const bool control = std::ranges::any_of(*text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (!control && text->size() <= kTextBytes) return {};
  return Error{ErrorCode::invalid, "not one line of at most 500 bytes", "$." + std::string(key)};
}

}  // namespace

base::Result<Submission> parse_submission(std::string_view body) {
  auto parsed = base::parse_json(body);
  if (!parsed) return Error{parsed.error().code, "the body is not JSON: " + parsed.error().message, "$"};
  Submission submission;
  if (auto decoded = base::decode(*parsed, submission); !decoded) return decoded.error();
  for (const auto& [key, value] : parsed->get_object()) {
    const auto known = {"workflow", "worker", "title", "runId", "sceneId", "storyId", "storyTitle", "tags"};
    if (std::ranges::find(known, key) != known.end()) continue;
    return Error{ErrorCode::invalid, "unknown key \"" + std::string(key.substr(0, 100)) + "\"", "$",
                 "one of: workflow, worker, title, runId, sceneId, storyId, storyTitle, tags"};
  }
  if (!submission.workflow.is_object() || submission.workflow.get_object().empty()) {
    return Error{ErrorCode::invalid, "there is no workflow", "$.workflow",
                 "the graph in API format: node id -> {class_type, inputs}"};
  }
  for (const auto& [text, key] :
       {std::pair{&submission.worker, "worker"}, std::pair{&submission.title, "title"},
        std::pair{&submission.run_id, "runId"}, std::pair{&submission.scene_id, "sceneId"},
        std::pair{&submission.story_id, "storyId"}, std::pair{&submission.story_title, "storyTitle"}}) {
    if (auto fit = check_text(*text, key); !fit) return fit.error();
  }
  if (submission.tags.size() > 50) return Error{ErrorCode::too_large, "more than 50 tags", "$.tags"};
  for (const std::string& tag : submission.tags) {
    if (auto fit = check_text(tag, "tags"); !fit) return fit.error();
  }
  return submission;
}

}  // namespace comfytrace::api
