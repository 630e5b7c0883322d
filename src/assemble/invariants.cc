#include "assemble/invariants.h"

#include <algorithm>
#include <set>

#include "assemble/explain.h"

namespace comfytrace::assemble {
namespace {

using model::ExitReason;
using model::NodeState;
using model::Status;

class Findings {
 public:
  explicit Findings(std::vector<std::string>& all) : all_(all) {}
  void require(bool holds, const std::string& sentence) {
    if (!holds) all_.push_back(where_ + ": " + sentence);
  }
  void at(std::string where) { where_ = std::move(where); }

 private:
  std::vector<std::string>& all_;
  std::string where_;
};

bool agree(Status status, ExitReason reason) {
  switch (reason) {
    case ExitReason::success:
      return status == Status::success;
    case ExitReason::interrupted:
    case ExitReason::deleted:
      return status == Status::cancelled;
    case ExitReason::maxWait:
    case ExitReason::attemptLimit:
    case ExitReason::postExecution:
      return status == Status::timeout;
    default:
      return status == Status::failed;
  }
}

void check_times(const model::Attempt& attempt, Findings& found) {
  const bool open = model::is_open(attempt.status);
  found.require(open == !attempt.exit_reason.has_value(), "an exit reason if and only if it is over");
  found.require(open == !attempt.finished_at_ms.has_value(), "an end if and only if it is over");
  found.require(!attempt.exit_reason || agree(attempt.status, *attempt.exit_reason), "status and exit reason agree");
  found.require(attempt.status != Status::executing || attempt.started_at_ms.has_value(), "what executes has started");
  found.require(attempt.status != Status::queued || !attempt.started_at_ms.has_value(),
                "what is queued has not started");
  found.require(attempt.queued_at_ms.has_value() == attempt.queued_at_source.has_value(), "queued time has a source");
  found.require(attempt.started_at_ms.has_value() == attempt.started_at_source.has_value(), "start has a source");
  found.require(attempt.finished_at_ms.has_value() == attempt.finished_at_source.has_value(), "end has a source");
  const bool timed = attempt.started_at_ms && attempt.finished_at_ms;
  found.require(attempt.duration_ms.has_value() == timed, "a duration if and only if start and end are known");
  if (timed) {
    found.require(*attempt.finished_at_ms >= *attempt.started_at_ms, "ends after it starts");
    found.require(attempt.duration_ms == *attempt.finished_at_ms - *attempt.started_at_ms, "duration is end - start");
  }
  found.require(!attempt.queue_wait_ms || *attempt.queue_wait_ms >= 0, "waits no negative time");
}

void check_nodes(const model::Attempt& attempt, Findings& found) {
  std::set<std::string> ids;
  std::optional<std::int64_t> last_start;
  bool cached_seen = false;
  for (const model::NodeExecution& node : attempt.nodes) {
    const std::string name = "node " + node.node_id + " ";
    found.require(ids.insert(node.node_id).second, name + "occurs once");
    found.require(!node.display_node_id.empty(), name + "has a display id");
    found.require(node.state != NodeState::running || model::is_open(attempt.status),
                  name + "does not outlive its attempt");
    const bool cached = node.state == NodeState::cached;
    found.require(!cached || (!node.start_offset_ms && !node.duration_ms), name + "is cached and has no times");
    found.require(cached || !cached_seen, name + "executed and comes before the cached ones");
    cached_seen |= cached;
    found.require(!node.duration_ms || node.start_offset_ms, name + "has a duration only with a start");
    found.require(node.state != NodeState::running || !node.duration_ms, name + "runs and has no duration yet");
    if (!node.start_offset_ms) continue;
    found.require(*node.start_offset_ms >= 0, name + "starts in its attempt");
    found.require(!last_start || *last_start <= *node.start_offset_ms, name + "is in order of start");
    last_start = node.start_offset_ms;
    const std::int64_t end = *node.start_offset_ms + node.duration_ms.value_or(0);
    found.require(node.duration_ms.value_or(0) >= 0, name + "takes no negative time");
    found.require(!attempt.duration_ms || end <= *attempt.duration_ms, name + "ends in its attempt");
  }
}

void check_attempt(const model::Attempt& attempt, Findings& found) {
  check_times(attempt, found);
  check_nodes(attempt, found);
  found.require(!attempt.prompt_id.empty(), "has a prompt id");
  found.require(attempt.cached_known || attempt.cached_node_ids.empty(), "a cached set only if it was told");
  const bool raised =
      attempt.exit_reason == ExitReason::executionError || attempt.exit_reason == ExitReason::outOfMemory;
  found.require(attempt.failure.has_value() == raised, "a failure if and only if a node raised");
  for (const model::Artifact& artifact : attempt.artifacts) {
    const bool held = std::ranges::find(attempt.cached_node_ids, artifact.node_id) != attempt.cached_node_ids.end();
    found.require(artifact.cached == held, "artifact of node " + artifact.node_id + " is cached like its node");
  }
  found.require(attempt.explanations.size() <= kMaxExplanations, "explanations are bounded");
  found.require(attempt.fallback_notes.size() <= kMaxNotes, "fallback notes are bounded");
}

}  // namespace

std::vector<std::string> violations(const model::Run& run) {
  std::vector<std::string> all;
  Findings found(all);
  found.at("run " + run.run_id);
  found.require(!run.run_id.empty(), "has an id");
  found.require(!run.scenes.empty(), "has a scene");
  found.require(run.grouped || run.scenes.size() == 1, "has one scene unless prompts were grouped");
  model::Run rolled = run;
  model::roll_up(rolled);
  found.require(rolled == run, "is rolled up from its attempts");
  std::set<std::string> scene_ids;
  for (const model::Scene& scene : run.scenes) {
    found.at("run " + run.run_id + ", " + scene.scene_id);
    found.require(!scene.scene_id.empty() && scene_ids.insert(scene.scene_id).second, "has an id of its own");
    found.require(!scene.attempts.empty(), "has an attempt");
    for (const model::Attempt& attempt : scene.attempts) {
      found.at("run " + run.run_id + ", " + scene.scene_id + ", prompt " + attempt.prompt_id);
      check_attempt(attempt, found);
    }
  }
  return all;
}

}  // namespace comfytrace::assemble
