#pragma once

#include <string>

#include "base/json.h"
#include "collect/submitter.h"
#include "comfyui/body.h"

namespace comfytrace::collect {

// A prompt as it is posted, and as it is recorded: the latter without credentials.
struct PostedPrompt {
  std::string prompt_id;
  std::string body;
  comfyui::QueueItem item;
};

// Ids go into extra_data and into its extra_pnginfo, so that they travel with the pictures. Pure but for the new
// prompt id, which is always a canonical UUID: newer servers take nothing else.
[[nodiscard]] PostedPrompt make_posted_prompt(const Submission& submission, const std::string& client_id);

}  // namespace comfytrace::collect
