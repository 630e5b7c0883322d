#include "collect/submitter.h"

#include <algorithm>
#include <utility>

#include "base/counters.h"
#include "collect/posted_prompt.h"

namespace comfytrace::collect {
namespace {

net::ClientRequest post(std::string target, std::string body) {
  net::ClientRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.set("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

std::string one_id(std::string_view key, const std::string& prompt_id, bool in_list) {
  base::json::object body;
  if (in_list) {
    body[key] = base::json::array{base::json::value(prompt_id)};
  } else {
    body[key] = prompt_id;
  }
  return base::to_json(body);
}

}  // namespace

struct Submitter::Impl : std::enable_shared_from_this<Impl> {
  Impl(Recorder& recorder_in, const base::Clock& clock_in) : recorder(recorder_in), clock(clock_in) {}

  void post_prompt(const std::string& worker_id, const Submission& submission, SubmissionCallbacks callbacks);
  void answered(const std::string& worker_id, PostedPrompt posted, const SubmissionCallbacks& callbacks,
                base::Result<net::ClientResponse> response);
  void interrupt_if_running(const std::string& worker_id, const std::string& prompt_id,
                            std::function<void(base::Result<void>)> done);

  Recorder& recorder;
  const base::Clock& clock;
};

void Submitter::Impl::post_prompt(const std::string& worker_id, const Submission& submission,
                                  SubmissionCallbacks callbacks) {
  TelemetryStreamManager* stream = recorder.stream(worker_id);
  CHECK(stream != nullptr);
  PostedPrompt posted = make_posted_prompt(submission, stream->client_id());
  std::string body = std::move(posted.body);
  // Before the answer: a short prompt can be over by then.
  if (callbacks.changed) recorder.watch_prompt(worker_id, posted.prompt_id, callbacks.changed);
  stream->request(post("/prompt", std::move(body)),
                  [weak = weak_from_this(), worker_id, posted = std::move(posted),
                   callbacks = std::move(callbacks)](base::Result<net::ClientResponse> response) {
                    if (const auto self = weak.lock()) {
                      self->answered(worker_id, posted, callbacks, std::move(response));
                    }
                  });
}

void Submitter::Impl::answered(const std::string& worker_id, PostedPrompt posted, const SubmissionCallbacks& callbacks,
                               base::Result<net::ClientResponse> response) {
  if (!response) return callbacks.answered(response.error());
  auto answer = comfyui::decode_prompt_answer(response->status, response->body);
  if (!answer) {
    base::counters().add(base::Counter::bodies_malformed);
    return callbacks.answered(answer.error());
  }
  if (answer->prompt_id.empty()) answer->prompt_id = posted.prompt_id;
  posted.item.prompt_id = answer->prompt_id;
  posted.item.number = answer->number.value_or(0);
  SubmissionAnswer told;
  told.worker_id = worker_id;
  told.prompt_id = answer->prompt_id;
  told.run_id =
      comfyui::read_workflow(posted.item.graph, posted.item.extra_data).grouping.run_id.value_or(told.prompt_id);
  told.answer = *answer;
  recorder.apply({worker_id, clock.now_ms(), assemble::Submitted{std::move(posted.item), std::move(*answer)}});
  callbacks.answered(std::move(told));
}

void Submitter::Impl::interrupt_if_running(const std::string& worker_id, const std::string& prompt_id,
                                           std::function<void(base::Result<void>)> done) {
  TelemetryStreamManager* stream = recorder.stream(worker_id);
  net::ClientRequest queue;
  queue.target = "/queue";
  stream->request(std::move(queue), [weak = weak_from_this(), stream, prompt_id,
                                     done = std::move(done)](base::Result<net::ClientResponse> response) {
    if (weak.expired()) return;
    if (!response) return done(response.error());
    const auto decoded = comfyui::decode_queue(response->body);
    if (!decoded) return done(decoded.error());
    // Asked first, because servers that do not know the id in the request interrupt whatever runs.
    const bool runs = std::any_of(decoded->running.begin(), decoded->running.end(),
                                  [&](const comfyui::QueueItem& item) { return item.prompt_id == prompt_id; });
    if (!runs) return done({});
    stream->request(post("/interrupt", one_id("prompt_id", prompt_id, false)),
                    [done](base::Result<net::ClientResponse> interrupted) {
                      if (!interrupted) return done(interrupted.error());
                      done({});
                    });
  });
}

Submitter::Submitter(Recorder& recorder, const base::Clock& clock) : impl_(std::make_shared<Impl>(recorder, clock)) {}

Submitter::~Submitter() = default;

void Submitter::submit(Submission submission, SubmissionCallbacks callbacks) {
  if (const auto checked = check_api_graph(submission.graph); !checked) return callbacks.answered(checked.error());
  auto worker_id = impl_->recorder.find_worker(submission.worker);
  if (!worker_id) {
    if (submission.worker.empty()) {
      return callbacks.answered(base::Error{base::ErrorCode::invalid, "which worker is meant is not clear", "worker",
                                            "name one by id, name or address"});
    }
    auto added = impl_->recorder.add_worker(submission.worker);
    if (!added) return callbacks.answered(added.error());
    worker_id = *added;
  }
  // Without the socket first, the beginning of the prompt would be told to nobody.
  const std::int64_t timeout_ms = submission.timeout_ms;
  impl_->recorder.stream(*worker_id)
      ->when_connected(timeout_ms,
                       [weak = std::weak_ptr(impl_), worker_id = *worker_id, submission = std::move(submission),
                        callbacks = std::move(callbacks)](base::Result<void> ready) {
                         const auto self = weak.lock();
                         if (!self) return;
                         if (!ready) return callbacks.answered(ready.error());
                         self->post_prompt(worker_id, submission, callbacks);
                       });
}

void Submitter::cancel(const std::string& worker_id, const std::string& prompt_id,
                       std::function<void(base::Result<void>)> done) {
  TelemetryStreamManager* stream = impl_->recorder.stream(worker_id);
  if (!stream) {
    return done(base::Error{base::ErrorCode::not_found, "there is no such worker", worker_id});
  }
  stream->request(post("/queue", one_id("delete", prompt_id, true)),
                  [weak = std::weak_ptr(impl_), worker_id, prompt_id,
                   done = std::move(done)](base::Result<net::ClientResponse> response) {
                    const auto self = weak.lock();
                    if (!self) return;
                    if (!response) return done(response.error());
                    self->interrupt_if_running(worker_id, prompt_id, done);
                  });
}

}  // namespace comfytrace::collect
