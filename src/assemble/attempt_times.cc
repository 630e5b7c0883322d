#include "assemble/attempt_times.h"

#include <algorithm>

namespace comfytrace::assemble {
namespace {

using model::TimeSource;

bool replaces(const std::optional<std::int64_t>& known_ms, const std::optional<TimeSource>& known_source,
              std::int64_t at_ms, TimeSource source) {
  if (!known_ms || !known_source) return true;
  if (source == TimeSource::server && *known_source == TimeSource::server) return at_ms != *known_ms;
  return source < *known_source;
}

void rebase_nodes(model::Attempt& attempt, std::int64_t old_start_ms, std::int64_t new_start_ms) {
  const std::int64_t shift = old_start_ms - new_start_ms;
  for (model::NodeExecution& node : attempt.nodes) {
    if (!node.start_offset_ms) continue;
    const std::int64_t start = *node.start_offset_ms + shift;
    if (node.duration_ms) {
      const std::int64_t end = start + *node.duration_ms;
      node.duration_ms = std::max<std::int64_t>(0, end - std::max<std::int64_t>(0, start));
    }
    node.start_offset_ms = std::max<std::int64_t>(0, start);
  }
}

// Receipt lags the worker's stamps by some ms: a node's end may seem to come after the end of its attempt.
void fit_nodes(model::Attempt& attempt) {
  if (!attempt.duration_ms) return;
  for (model::NodeExecution& node : attempt.nodes) {
    if (!node.start_offset_ms) continue;
    node.start_offset_ms = std::min(*node.start_offset_ms, *attempt.duration_ms);
    if (node.duration_ms) node.duration_ms = std::min(*node.duration_ms, *attempt.duration_ms - *node.start_offset_ms);
  }
}

void settle(model::Attempt& attempt) {
  attempt.duration_ms.reset();
  attempt.queue_wait_ms.reset();
  if (attempt.queued_at_ms && attempt.started_at_ms) {
    if (attempt.queued_at_source != TimeSource::server)
      attempt.queued_at_ms = std::min(*attempt.queued_at_ms, *attempt.started_at_ms);
    attempt.queue_wait_ms = std::max<std::int64_t>(0, *attempt.started_at_ms - *attempt.queued_at_ms);
  }
  if (attempt.finished_at_ms && attempt.started_at_ms) {
    attempt.finished_at_ms = std::max(*attempt.finished_at_ms, *attempt.started_at_ms);
    attempt.duration_ms = *attempt.finished_at_ms - *attempt.started_at_ms;
  }
  fit_nodes(attempt);
}

}  // namespace

bool set_queued(model::Attempt& attempt, std::int64_t at_ms, TimeSource source) {
  if (!replaces(attempt.queued_at_ms, attempt.queued_at_source, at_ms, source)) return false;
  attempt.queued_at_ms = at_ms;
  attempt.queued_at_source = source;
  settle(attempt);
  return true;
}

bool set_started(model::Attempt& attempt, std::int64_t at_ms, TimeSource source) {
  if (!replaces(attempt.started_at_ms, attempt.started_at_source, at_ms, source)) return false;
  if (attempt.started_at_ms) rebase_nodes(attempt, *attempt.started_at_ms, at_ms);
  attempt.started_at_ms = at_ms;
  attempt.started_at_source = source;
  settle(attempt);
  return true;
}

bool set_finished(model::Attempt& attempt, std::int64_t at_ms, TimeSource source) {
  if (attempt.started_at_ms) at_ms = std::max(at_ms, *attempt.started_at_ms);
  if (!replaces(attempt.finished_at_ms, attempt.finished_at_source, at_ms, source)) return false;
  attempt.finished_at_ms = at_ms;
  attempt.finished_at_source = source;
  settle(attempt);
  return true;
}

void clear_finished(model::Attempt& attempt) {
  attempt.finished_at_ms.reset();
  attempt.finished_at_source.reset();
  settle(attempt);
}

}  // namespace comfytrace::assemble
