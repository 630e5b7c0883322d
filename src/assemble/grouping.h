#pragma once

#include <string>

#include "assemble/attempt_book.h"
#include "comfyui/workflow.h"

// To which run and scene a prompt belongs, and what run and scene have from its graph.
namespace comfytrace::assemble {

// The run of this prompt: in memory, looked up, or nullptr if there is none yet. Sets `run_id` to the id it has or
// will have.
RunRecord* find_home(AttemptBook& book, const std::string& worker_id, const std::string& prompt_id,
                     const comfyui::Grouping& grouping, std::string& run_id);

// Places the attempt: in its run, which is made if need be, and in its scene. `at_ms` for the explanation.
void place_attempt(AttemptBook& book, Memo& memo, const comfyui::Grouping& grouping, std::int64_t at_ms);

// Gives run and scene what the graph and its extra_data tell. Returns whether anything changed.
bool apply_workflow(Memo& memo, const comfyui::WorkflowFacts& facts);

}  // namespace comfytrace::assemble
