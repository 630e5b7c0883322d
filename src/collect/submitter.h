#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "collect/recorder.h"
#include "comfyui/body.h"
#include "comfyui/workflow.h"
#include "model/live.h"

namespace comfytrace::collect {

struct Submission {
  std::string worker;          // id, name or address; empty: the recorder's only worker. An unknown address is added.
  base::json::value graph;     // API format: node id -> {class_type, inputs}
  std::string title;           // becomes the workflow name if the grouping has none; may be empty
  comfyui::Grouping grouping;  // run, scene and story ids, tags
  base::json::object extra_data;     // more of it, as the worker shall get it
  std::int64_t timeout_ms = 15'000;  // for the connection to come up
};

struct SubmissionAnswer {
  std::string worker_id;
  std::string run_id;
  std::string prompt_id;
  comfyui::PromptAnswer answer;  // accepted, or why not
};

struct SubmissionCallbacks {
  // Once. An error means the worker was not reached or the graph is not one; a refusal by the worker is an answer.
  std::function<void(base::Result<SubmissionAnswer>)> answered;
  // May be empty. After an accepting answer: every change as people see it, the last one when it has ended.
  std::function<void(const model::LiveScene&)> changed;
};

// Whether `graph` can be posted to /prompt. Errors: invalid, with the mend; in particular for a workflow in the page's
// own format. Pure.
[[nodiscard]] base::Result<void> check_api_graph(const base::json::value& graph);

// Queues prompts under the recorder's own client id, so that all their events come to us. I/O thread only.
class Submitter {
 public:
  Submitter(Recorder& recorder, const base::Clock& clock);
  ~Submitter();
  Submitter(const Submitter&) = delete;
  Submitter& operator=(const Submitter&) = delete;

  void submit(Submission submission, SubmissionCallbacks callbacks);
  // Takes the prompt from the queue, or interrupts it if it runs. Ok also if the worker no longer had it.
  void cancel(const std::string& worker_id, const std::string& prompt_id, std::function<void(base::Result<void>)> done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::collect
