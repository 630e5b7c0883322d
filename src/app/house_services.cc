#include "app/house_services.h"

#include <utility>

namespace comfytrace::app {
namespace {

void submit(const ServiceParts& parts, api::Submission asked, api::Services::Submitted done) {
  // Only workers that are watched already: a page must not make this program talk to any address.
  const auto worker = parts.recorder.find_worker(asked.worker.value_or(""));
  if (!worker) {
    return done(base::Error{base::ErrorCode::invalid,
                            asked.worker ? "no worker is called " + *asked.worker : "there are several workers",
                            "$.worker", "give the id or name of one of GET /api/v1/workers"});
  }
  collect::Submission submission;
  submission.worker = *worker;
  submission.graph = std::move(asked.workflow);
  submission.title = asked.title.value_or("");
  submission.grouping.run_id = asked.run_id;
  submission.grouping.scene_id = asked.scene_id;
  submission.grouping.story_id = asked.story_id;
  submission.grouping.story_title = asked.story_title;
  submission.grouping.tags = asked.tags;
  collect::SubmissionCallbacks callbacks;
  callbacks.answered = [done = std::move(done)](base::Result<collect::SubmissionAnswer> answer) {
    if (!answer) return done(answer.error());
    done(api::SubmissionAnswer{answer->run_id, answer->prompt_id, answer->worker_id, answer->answer.accepted,
                               answer->answer.error_message});
  };
  parts.submitter.submit(std::move(submission), std::move(callbacks));
}

void add_changes(api::Services& services, const ServiceParts& parts) {
  services.amend = [parts](std::string run_id, history::RunPatch patch, api::Services::Done done) {
    parts.amended.remember(run_id, patch);
    parts.writer.amend(std::move(run_id), std::move(patch), std::move(done));
  };
  services.remove = [parts](std::string run_id, api::Services::Done done) {
    parts.recorder.forget(run_id);
    parts.insight.run_deleted(run_id);
    parts.writer.remove(std::move(run_id), std::move(done));
  };
  services.save_preset = [parts](history::FilterPreset preset, api::Services::Saved done) {
    parts.writer.save_preset(std::move(preset), std::move(done));
  };
  services.remove_preset = [parts](std::string name, api::Services::Done done) {
    parts.writer.remove_preset(std::move(name), std::move(done));
  };
  services.prune = [parts](history::PruneRule rule, api::Services::Pruned done) {
    parts.writer.prune(std::move(rule), std::move(done));
  };
  services.save_recommendation = [parts](history::Recommendation changed, api::Services::Saved done) {
    parts.writer.save_recommendation(std::move(changed), std::move(done));
  };
}

}  // namespace

api::Services services_of(const ServiceParts& parts) {
  api::Services services;
  services.ask = [parts](api::Services::Question question) { return parts.pool.post(std::move(question)); };
  services.workers = [parts] { return parts.recorder.worker_states(); };
  services.connect_now = [parts](std::string_view worker_id) { return parts.recorder.connect_now(worker_id); };
  services.find_live_run = [parts](std::string_view run_id) { return parts.writer.pending_run(run_id); };
  services.submit = [parts](api::Submission asked, api::Services::Submitted done) {
    submit(parts, std::move(asked), std::move(done));
  };
  services.eta = [parts] { return parts.insight.eta(); };
  services.writer = [parts] {
    const auto error = parts.writer.last_error();
    return api::WriterHealth{static_cast<std::int64_t>(parts.writer.pending()), error.has_value(), error};
  };
  services.cost = [parts] { return parts.cost.current(); };
  services.alerts = parts.alerts.services();
  add_changes(services, parts);
  return services;
}

}  // namespace comfytrace::app
