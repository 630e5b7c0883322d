#include "model/run.h"

#include <algorithm>

#include "base/saturate.h"

namespace comfytrace::model {
namespace {

// The whole's status from its scenes': open while one is, mixed when they disagree.
Status status_of(const std::vector<Scene>& scenes) {
  const auto count = [&](Status status) { return std::ranges::count(scenes, status, &Scene::status); };
  const auto all = static_cast<std::ptrdiff_t>(scenes.size());
  if (count(Status::executing) > 0) return Status::executing;
  if (count(Status::queued) > 0) return count(Status::queued) == all ? Status::queued : Status::executing;
  for (const Status status : {Status::success, Status::cancelled, Status::timeout, Status::skipped, Status::failed}) {
    if (count(status) == all) return status;
  }
  return count(Status::success) > 0 ? Status::partial : Status::failed;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::optional<std::string> error_of(const Run& run) {
  for (const Scene& scene : run.scenes) {
    if (scene.status == Status::success || is_open(scene.status) || scene.attempts.empty()) continue;
    const Attempt& attempt = scene.attempts.back();
    if (attempt.failure) {
      const std::string where =
          attempt.failure->node_type.empty() ? "node " + attempt.failure->node_id : attempt.failure->node_type;
      return where + ": " + first_line(attempt.failure->message);
    }
    if (!attempt.validation_errors.empty()) {
      const ValidationError& error = attempt.validation_errors.front();
      return (error.class_type.empty() ? "" : error.class_type + ": ") + error.message +
             (error.details.empty() ? "" : " (" + error.details + ")");
    }
    switch (scene.exit_reason.value_or(ExitReason::unknown)) {
      case ExitReason::interrupted:
        return "Interrupted";
      case ExitReason::deleted:
        return "Taken from the queue before it ran";
      case ExitReason::workerLost:
        return "The worker ended before this was finished";
      case ExitReason::maxWait:
        return "Waited longer than the queue policy allows";
      case ExitReason::attemptLimit:
        return "Polled as often as the queue policy allows";
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

void roll_up(Run& run) {
  run.started_at_ms.reset();
  run.finished_at_ms.reset();
  run.duration_ms.reset();
  run.queue_wait_ms.reset();
  run.exit_reason.reset();
  std::optional<std::int64_t> last_end;
  for (Scene& scene : run.scenes) {
    if (scene.attempts.empty()) continue;
    const Attempt& last = scene.attempts.back();
    scene.status = last.status;
    scene.exit_reason = last.exit_reason;
    if (last.duration_ms) run.duration_ms = base::saturating_add(run.duration_ms.value_or(0), *last.duration_ms);
    for (const Attempt& attempt : scene.attempts) {
      if (attempt.started_at_ms)
        run.started_at_ms = std::min(run.started_at_ms.value_or(*attempt.started_at_ms), *attempt.started_at_ms);
      if (attempt.finished_at_ms)
        last_end = std::max(last_end.value_or(*attempt.finished_at_ms), *attempt.finished_at_ms);
    }
  }
  if (!run.scenes.empty() && !run.scenes.front().attempts.empty()) {
    run.queue_wait_ms = run.scenes.front().attempts.front().queue_wait_ms;
  }
  run.status = run.scenes.empty() ? Status::queued : status_of(run.scenes);
  if (is_open(run.status)) return;
  run.finished_at_ms = last_end;
  run.exit_reason = ExitReason::success;
  for (const Scene& scene : run.scenes) {
    if (scene.status == Status::success) continue;
    run.exit_reason = scene.exit_reason.value_or(ExitReason::unknown);
    break;
  }
}

std::vector<ArtifactPlace> artifacts_of(const Run& run) {
  std::vector<ArtifactPlace> places;
  for (const Scene& scene : run.scenes) {
    for (const Attempt& attempt : scene.attempts) {
      for (const Artifact& artifact : attempt.artifacts) places.push_back({&scene, &attempt, &artifact});
    }
  }
  return places;
}

std::vector<std::string> device_names_of(const Run& run) {
  std::vector<std::string> names;
  for (const Scene& scene : run.scenes) {
    for (const Attempt& attempt : scene.attempts) {
      if (!attempt.environment || attempt.environment->device_name.empty()) continue;
      const std::string& name = attempt.environment->device_name;
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

RunSummary summarise(const Run& run) {
  RunSummary line;
  line.run_id = run.run_id;
  line.title = run.title;
  line.status = run.status;
  line.exit_reason = run.exit_reason;
  line.created_at_ms = run.created_at_ms;
  line.started_at_ms = run.started_at_ms;
  line.finished_at_ms = run.finished_at_ms;
  line.duration_ms = run.duration_ms;
  line.queue_wait_ms = run.queue_wait_ms;
  line.scene_count = static_cast<std::int64_t>(run.scenes.size());
  line.story_title = run.story_title;
  line.workflow_name = run.workflow_name;
  line.device_names = device_names_of(run);
  line.error = error_of(run);
  line.tags = run.tags;
  line.archived = run.archived;
  for (const Scene& scene : run.scenes) {
    if (scene.status == Status::success) ++line.scenes_succeeded;
    line.attempt_count += static_cast<std::int64_t>(scene.attempts.size());
    for (const Attempt& attempt : scene.attempts) {
      if (std::ranges::find(line.worker_ids, attempt.worker_id) == line.worker_ids.end())
        line.worker_ids.push_back(attempt.worker_id);
      if (attempt.vram_peak_bytes)
        line.vram_peak_bytes = std::max(line.vram_peak_bytes.value_or(0), *attempt.vram_peak_bytes);
      for (const Artifact& artifact : attempt.artifacts) {
        if (!line.thumbnail && artifact.kind == MediaKind::image) line.thumbnail = line.artifact_count;
        ++line.artifact_count;
      }
    }
  }
  if (!run.scenes.empty()) {
    line.workflow_fingerprint = run.scenes.front().workflow_fingerprint;
    if (!run.scenes.front().parameters.checkpoints.empty())
      line.model = run.scenes.front().parameters.checkpoints.front();
  }
  return line;
}

}  // namespace comfytrace::model
