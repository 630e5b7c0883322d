#include "assemble/outcome.h"

#include <algorithm>
#include <charconv>

#include "assemble/attempt_times.h"
#include "assemble/explain.h"
#include "assemble/node_timeline.h"

namespace comfytrace::assemble {
namespace {

using model::ExitReason;
using model::Status;
using model::TimeSource;

void stamp(Outcome& outcome, const std::optional<std::int64_t>& timestamp_ms, std::int64_t at_ms) {
  outcome.finished_at_ms = timestamp_ms.value_or(at_ms);
  outcome.source = timestamp_ms ? TimeSource::server : TimeSource::receipt;
}

Outcome read(const comfyui::ExecutionSuccess& event, std::int64_t at_ms) {
  Outcome outcome;
  outcome.status = Status::success;
  outcome.reason = ExitReason::success;
  outcome.because = "execution_success";
  stamp(outcome, event.timestamp_ms, at_ms);
  return outcome;
}

Outcome read(const comfyui::ExecutionInterrupted& event, std::int64_t at_ms) {
  Outcome outcome;
  outcome.status = Status::cancelled;
  outcome.reason = ExitReason::interrupted;
  outcome.node_id = event.node_id;
  outcome.because = "execution_interrupted";
  stamp(outcome, event.timestamp_ms, at_ms);
  return outcome;
}

Outcome read(const comfyui::ExecutionError& event, std::int64_t at_ms) {
  Outcome outcome;
  outcome.status = Status::failed;
  outcome.reason = event.is_out_of_memory() ? ExitReason::outOfMemory : ExitReason::executionError;
  outcome.node_id = event.node_id;
  outcome.because = "execution_error";
  outcome.failure =
      model::Failure{event.node_id, event.node_type, event.exception_type, event.exception_message, event.traceback};
  stamp(outcome, event.timestamp_ms, at_ms);
  return outcome;
}

// "9" before "10", and numbers before names.
bool node_id_less(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& id) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
    return value;
  };
  const auto left = number(a);
  const auto right = number(b);
  if (left && right) return *left != *right ? *left < *right : a < b;
  if (left || right) return left.has_value();
  return a < b;
}

std::string display_id(const comfyui::HistoryEntry& entry, std::string_view node_id) {
  if (entry.meta.is_object()) {
    if (const auto* meta = entry.meta.get_object().if_contains(node_id)) {
      if (auto display = base::find_string(*meta, "display_node"); display && !display->empty()) return *display;
    }
  }
  return std::string(node_id);
}

}  // namespace

std::optional<Outcome> outcome_of(const comfyui::Event& event, std::int64_t at_ms) {
  if (const auto* success = std::get_if<comfyui::ExecutionSuccess>(&event)) return read(*success, at_ms);
  if (const auto* interrupted = std::get_if<comfyui::ExecutionInterrupted>(&event)) return read(*interrupted, at_ms);
  if (const auto* error = std::get_if<comfyui::ExecutionError>(&event)) {
    if (!error->is_blocked()) return read(*error, at_ms);
  }
  return std::nullopt;
}

HistoryFacts read_history(const comfyui::HistoryEntry& entry, std::int64_t at_ms) {
  HistoryFacts facts;
  std::optional<Outcome> told;
  for (const comfyui::Event& message : entry.messages) {
    if (const auto* start = std::get_if<comfyui::ExecutionStart>(&message)) {
      if (start->timestamp_ms) facts.started_at_ms = start->timestamp_ms;
    } else if (const auto* cached = std::get_if<comfyui::ExecutionCached>(&message)) {
      facts.cached_node_ids = cached->node_ids;
    } else if (auto outcome = outcome_of(message, at_ms)) {
      told = std::move(outcome);
    }
  }
  if (told) {
    told->because = "the last message in the worker's history is " + told->because;
    // Our clock at the reading of the history says nothing on when it ended.
    if (told->source != TimeSource::server) told->source = TimeSource::poll;
    facts.outcome = std::move(*told);
    return facts;
  }
  facts.outcome.finished_at_ms = std::max(at_ms, facts.started_at_ms.value_or(at_ms));
  facts.outcome.source = TimeSource::poll;
  if (entry.status_text == "success" || (entry.status_text.empty() && entry.completed)) {
    facts.outcome.status = Status::success;
    facts.outcome.reason = ExitReason::success;
    facts.outcome.because = "the worker's history calls it a success, without saying when it ended";
  } else {
    facts.outcome.because = "the worker's history has it, without saying how it ended";
  }
  return facts;
}

std::vector<model::Artifact> read_outputs(const comfyui::HistoryEntry& entry,
                                          const std::vector<std::string>& cached_node_ids) {
  std::vector<model::Artifact> artifacts;
  if (!entry.outputs.is_object()) return artifacts;
  for (const auto& [node_id, output] : entry.outputs.get_object()) {
    const std::string display = display_id(entry, node_id);
    for (model::Artifact& artifact : comfyui::read_artifacts(display, output)) {
      artifact.cached = std::ranges::find(cached_node_ids, artifact.node_id) != cached_node_ids.end();
      artifacts.push_back(std::move(artifact));
    }
  }
  std::ranges::stable_sort(artifacts, node_id_less, &model::Artifact::node_id);
  return artifacts;
}

bool add_artifacts(model::Attempt& attempt, std::vector<model::Artifact> artifacts) {
  bool added = false;
  for (model::Artifact& artifact : artifacts) {
    artifact.cached = std::ranges::find(attempt.cached_node_ids, artifact.node_id) != attempt.cached_node_ids.end();
    if (std::ranges::find(attempt.artifacts, artifact) != attempt.artifacts.end()) continue;
    attempt.artifacts.push_back(std::move(artifact));
    added = true;
  }
  if (added) std::ranges::stable_sort(attempt.artifacts, node_id_less, &model::Artifact::node_id);
  return added;
}

bool is_inferred(const model::Attempt& attempt) {
  return attempt.exit_reason == ExitReason::deleted || attempt.exit_reason == ExitReason::workerLost ||
         attempt.exit_reason == ExitReason::unknown;
}

void apply_outcome(model::Attempt& attempt, const Outcome& outcome, std::int64_t at_ms, const GraphIndex* graph) {
  const bool was_over = !model::is_open(attempt.status);
  const bool differs = attempt.status != outcome.status || attempt.exit_reason != outcome.reason;
  if (was_over && differs) clear_finished(attempt);
  attempt.status = outcome.status;
  attempt.exit_reason = outcome.reason;
  attempt.failure = outcome.failure;
  set_finished(attempt, outcome.finished_at_ms, outcome.source);
  remove_explanation(attempt, kContactLost);
  const std::size_t running = static_cast<std::size_t>(
      std::ranges::count(attempt.nodes, model::NodeState::running, &model::NodeExecution::state));
  const bool failed = outcome.reason == ExitReason::executionError || outcome.reason == ExitReason::outOfMemory;
  if (!was_over || differs || running > 0)
    close_nodes(attempt, outcome.node_id, failed ? model::NodeState::failed : model::NodeState::interrupted, graph);
  if (outcome.status == Status::success && running > 0)
    add_note(attempt,
             "The end of " + std::to_string(running) + (running == 1 ? " node" : " nodes") + std::string(kEndNotSeen));
  if (!was_over || differs)
    explain(attempt, at_ms,
            std::string(was_over ? "corrected to " : "ended as ") + std::string(base::enum_name(outcome.reason)),
            outcome.because);
}

}  // namespace comfytrace::assemble
