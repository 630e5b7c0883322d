#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"

namespace comfytrace::api {

// The body of POST /runs:submit: a workflow in ComfyUI's API format, and how its run shall be known.
struct Submission {
  base::json::value workflow;
  std::optional<std::string> worker;  // id or name; absent: the only one
  std::optional<std::string> title;
  std::optional<std::string> run_id;  // makes the prompt a scene of this run
  std::optional<std::string> scene_id;
  std::optional<std::string> story_id;
  std::optional<std::string> story_title;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Submission, (), (workflow, worker, title, run_id, scene_id, story_id, story_title, tags))

struct SubmissionAnswer {
  std::string run_id;
  std::string prompt_id;
  std::string worker_id;
  bool accepted = false;               // false: the worker refused it; the run says why
  std::optional<std::string> message;  // the worker's word, if it refused
};
BOOST_DESCRIBE_STRUCT(SubmissionAnswer, (), (run_id, prompt_id, worker_id, accepted, message))

// Errors: invalid and too_large, with field and mend. Pure.
[[nodiscard]] base::Result<Submission> parse_submission(std::string_view body);

}  // namespace comfytrace::api
