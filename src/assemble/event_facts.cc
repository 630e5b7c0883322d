#include <type_traits>

#include "assemble/assembler_state.h"
#include "assemble/attempt_times.h"
#include "assemble/explain.h"
#include "base/counters.h"

namespace comfytrace::assemble {

using model::TimeSource;

namespace {

// Whether a start stamped so belongs to another, later execution of a prompt id whose attempt is over.
bool is_later_execution(const model::Attempt& attempt, const std::optional<std::int64_t>& start_ms) {
  if (!start_ms || start_ms == attempt.started_at_ms) return false;
  const std::optional<std::int64_t> end_ms = attempt.finished_at_ms ? attempt.finished_at_ms : attempt.started_at_ms;
  return end_ms && *start_ms > *end_ms;
}

// The worker may tell the ends of nodes after all that its history told.
void forget_unseen_ends(model::Attempt& attempt) {
  for (const model::NodeExecution& node : attempt.nodes) {
    if (node.state == model::NodeState::finished && node.start_offset_ms && !node.duration_ms) return;
  }
  std::erase_if(attempt.fallback_notes, [](const std::string& note) { return note.ends_with(kEndNotSeen); });
}

}  // namespace

void RunAssembler::State::on(const comfyui::Event& event) {
  if (const std::string* prompt_id = comfyui::prompt_id_of(event); prompt_id && prompt_id->empty()) return;
  std::visit(
      [&](const auto& e) {
        using E = std::remove_cvref_t<decltype(e)>;
        if constexpr (std::is_same_v<E, comfyui::ExecutionStart>) on_start(e);
        if constexpr (std::is_same_v<E, comfyui::ExecutionCached>) on_cached(e);
        if constexpr (std::is_same_v<E, comfyui::ProgressState>) on_progress_state(e);
        if constexpr (std::is_same_v<E, comfyui::Executing>) on_executing(e);
        if constexpr (std::is_same_v<E, comfyui::Progress>) on_progress(e);
        if constexpr (std::is_same_v<E, comfyui::Executed>) on_executed(e);
        if constexpr (std::is_same_v<E, comfyui::ExecutionError>) {
          if (e.is_blocked()) on_blocked(e);
        }
      },
      event);
  if (const auto outcome = outcome_of(event, at_ms)) on_end(*comfyui::prompt_id_of(event), *outcome);
}

void RunAssembler::State::on_start(const comfyui::ExecutionStart& event) {
  Memo* memo = known_or_begun(event.prompt_id);
  if (!memo) return;
  if (!model::is_open(memo->attempt().status)) {
    if (!is_later_execution(memo->attempt(), event.timestamp_ms)) {
      if (event.timestamp_ms != memo->attempt().started_at_ms) base::counters().add(base::Counter::facts_out_of_order);
      return;
    }
    memo = &begin(event.prompt_id);
    explain(memo->attempt(), at_ms, "another attempt",
            "its prompt_id was executed again after the attempt before had ended");
  }
  model::Attempt* attempt = &memo->attempt();
  const bool stamped = attempt->started_at_source == TimeSource::server && event.timestamp_ms;
  if (attempt->status == model::Status::executing && stamped && *event.timestamp_ms < *attempt->started_at_ms) return;
  if (attempt->status == model::Status::executing && stamped && *event.timestamp_ms > *attempt->started_at_ms) {
    conclude(*memo, model::Status::failed, model::ExitReason::workerLost,
             "its prompt_id was executed again and nothing told how this execution ended");
    memo = &begin(event.prompt_id);
    attempt = &memo->attempt();
  }
  seen_alive(*memo);
  bool kept = false;
  if (attempt->status == model::Status::queued) {
    attempt->status = model::Status::executing;
    explain(*attempt, at_ms, "executing", "execution_start");
    kept = true;
  }
  kept |= event.timestamp_ms ? set_started(*attempt, *event.timestamp_ms, TimeSource::server)
                             : set_started(*attempt, at_ms, TimeSource::receipt);
  kept |= note_vram(*attempt, worker().samples());
  changed(*memo, kept);
}

void RunAssembler::State::on_cached(const comfyui::ExecutionCached& event) {
  Memo* memo = known_or_begun(event.prompt_id);
  if (!memo) return;
  model::Attempt& attempt = memo->attempt();
  if (!model::is_open(attempt.status)) {
    // A stamp after the end is of another execution, whose start we missed.
    if (attempt.cached_known || is_later_execution(attempt, event.timestamp_ms)) return;
  } else {
    seen_alive(*memo);
    ensure_executing(*memo, "execution_cached");
  }
  changed(*memo, set_cached(attempt, event.node_ids, memo->graph.get()));
}

void RunAssembler::State::on_nodes(Memo& memo, const NodeChange& change) {
  if (change.late) {
    base::counters().add(base::Counter::facts_out_of_order);
    add_note(memo.attempt(), "Events of nodes arrived after the end of the attempt: their times are not known.");
  }
  if (change.kept && !model::is_open(memo.attempt().status)) forget_unseen_ends(memo.attempt());
  if (change.kept || change.live) changed(memo, change.kept);
}

void RunAssembler::State::on_progress_state(const comfyui::ProgressState& event) {
  Memo* memo = known_or_begun(event.prompt_id);
  if (!memo) return;
  if (model::is_open(memo->attempt().status)) {
    seen_alive(*memo);
    ensure_executing(*memo, "progress of its nodes");
  }
  on_nodes(*memo, note_progress_state(memo->attempt(), event, at_ms, memo->graph.get()));
}

void RunAssembler::State::on_executing(const comfyui::Executing& event) {
  if (!event.prompt_id) {
    // Sent on connecting, about what runs now and for an unknown time.
    Memo* memo = event.node_id ? executing_one() : nullptr;
    if (!memo) return;
    seen_alive(*memo);
    on_nodes(*memo, note_executing(memo->attempt(), *event.node_id, event.display_node_id.value_or(""), std::nullopt,
                                   memo->graph.get()));
    return;
  }
  Memo* memo = known_or_begun(*event.prompt_id);
  if (!memo) return;
  if (!event.node_id) {
    memo->end_marker = true;
    ask_history(*memo, memo->asked_after_marker);
    return;
  }
  if (model::is_open(memo->attempt().status)) {
    seen_alive(*memo);
    ensure_executing(*memo, "executing of one of its nodes");
  }
  on_nodes(*memo, note_executing(memo->attempt(), *event.node_id, event.display_node_id.value_or(""), at_ms,
                                 memo->graph.get()));
}

void RunAssembler::State::on_progress(const comfyui::Progress& event) {
  Memo* memo = event.prompt_id ? known_or_begun(*event.prompt_id) : executing_one();
  if (!memo || !model::is_open(memo->attempt().status)) return;
  if (event.prompt_id) {
    seen_alive(*memo);
    ensure_executing(*memo, "progress of its nodes");
  }
  if (event.node_id) on_nodes(*memo, note_progress(memo->attempt(), *event.node_id, event.value, event.max));
}

void RunAssembler::State::on_executed(const comfyui::Executed& event) {
  Memo* memo = known_or_begun(event.prompt_id);
  if (!memo) return;
  model::Attempt& attempt = memo->attempt();
  // The history's outputs are complete.
  if (has_explanation(attempt, kFromHistory)) return;
  if (model::is_open(attempt.status)) {
    seen_alive(*memo);
    ensure_executing(*memo, "executed of one of its nodes");
  }
  const std::string& node_id = event.display_node_id.empty() ? event.node_id : event.display_node_id;
  if (add_artifacts(attempt, comfyui::read_artifacts(node_id, event.output))) changed(*memo, true);
}

void RunAssembler::State::on_blocked(const comfyui::ExecutionError& event) {
  Memo* memo = known_or_begun(event.prompt_id);
  if (!memo) return;
  if (model::is_open(memo->attempt().status)) {
    seen_alive(*memo);
    ensure_executing(*memo, "a notice on one of its nodes");
  }
  if (!note_blocked(memo->attempt(), event.node_id, memo->graph.get())) return;
  explain(memo->attempt(), at_ms, "node " + event.node_id + " blocked", event.exception_message);
  changed(*memo, true);
}

void RunAssembler::State::on_end(const std::string& prompt_id, const Outcome& outcome) {
  Memo* memo = known_or_begun(prompt_id);
  if (!memo) return;
  model::Attempt& attempt = memo->attempt();
  const bool is_open = model::is_open(attempt.status);
  const bool stamped = outcome.source == TimeSource::server;
  // The end of an earlier execution of the same prompt id.
  if (is_open && stamped && attempt.started_at_source == TimeSource::server &&
      outcome.finished_at_ms < *attempt.started_at_ms)
    return;
  if (is_open || is_inferred(attempt)) {
    if (is_open) seen_alive(*memo);
    apply_outcome(attempt, outcome, at_ms, memo->graph.get());
    note_vram(attempt, worker().samples());
    changed(*memo, true);
  }
  ask_history(*memo, memo->asked_after_end);
}

}  // namespace comfytrace::assemble
