#include <algorithm>

#include "assemble/assembler_state.h"
#include "assemble/attempt_times.h"
#include "assemble/explain.h"
#include "assemble/grouping.h"

namespace comfytrace::assemble {

using model::TimeSource;

void RunAssembler::State::on(const HistoryRead& read) {
  for (const comfyui::HistoryEntry& entry : read.entries) {
    if (!entry.prompt.prompt_id.empty() && !is_forgotten(entry.prompt.prompt_id)) take_entry(entry);
  }
}

// The attempt that this entry is about; nullptr if it is one that is not known yet, or one not worth knowing
// (`is_stale`). A prompt id that was used again has one entry, of the execution that ended last.
Memo* RunAssembler::State::match_entry(const comfyui::HistoryEntry& entry, const HistoryFacts& facts,
                                       bool& is_stale) const {
  const AttemptBook::Memos& memos = book.all(worker_id, entry.prompt.prompt_id);
  for (auto memo = memos.rbegin(); memo != memos.rend(); ++memo) {
    const model::Attempt& attempt = (*memo)->attempt();
    if (facts.started_at_ms && attempt.started_at_source == TimeSource::server &&
        attempt.started_at_ms == facts.started_at_ms)
      return memo->get();
  }
  Memo* newest = nullptr;
  for (auto memo = memos.rbegin(); memo != memos.rend(); ++memo) {
    const model::Attempt& attempt = (*memo)->attempt();
    if (attempt.exit_reason == model::ExitReason::validationError) continue;
    if (!newest) newest = memo->get();
    // A start that the worker stamped otherwise is another execution.
    if (facts.started_at_ms && attempt.started_at_source == TimeSource::server) continue;
    if (attempt.queue_number && *attempt.queue_number != entry.prompt.number) continue;
    const bool over_before = !model::is_open(attempt.status) && !is_inferred(attempt) && facts.started_at_ms &&
                             attempt.finished_at_ms && *facts.started_at_ms > *attempt.finished_at_ms;
    if (!over_before) return memo->get();
  }
  if (!newest) return nullptr;
  const model::Attempt& attempt = newest->attempt();
  if (!facts.started_at_ms ||
      (attempt.started_at_source == TimeSource::server && *facts.started_at_ms < *attempt.started_at_ms))
    is_stale = true;
  return nullptr;
}

void RunAssembler::State::take_entry(const comfyui::HistoryEntry& entry) {
  const std::string& prompt_id = entry.prompt.prompt_id;
  const HistoryFacts facts = read_history(entry, at_ms);
  std::optional<comfyui::WorkflowFacts> workflow;
  Memo* newest = book.newest(worker_id, prompt_id);
  bool is_stale = false;
  Memo* memo = newest && newest->record ? match_entry(entry, facts, is_stale) : nullptr;
  if (!memo) {
    // It may be an attempt of a run that is not in memory, even if another one of this prompt id is.
    workflow = comfyui::read_workflow(entry.prompt.graph, entry.prompt.extra_data);
    std::string run_id;
    find_home(book, worker_id, prompt_id, workflow->grouping, run_id);
    newest = known(entry.prompt, *workflow);
    is_stale = false;
    memo = match_entry(entry, facts, is_stale);
  }
  if (is_stale) return;
  if (memo) {
    if (memo->seen_life != worker().now()) {
      worker().remembers(memo->seen_life, known_since(memo->attempt()));
      memo->seen_life = worker().now();
    }
    if (has_explanation(memo->attempt(), kFromHistory) && memo->server_item) return;
  } else {
    const bool newest_is_later =
        newest && model::is_open(newest->attempt().status) && newest->attempt().started_at_source != TimeSource::server;
    if (newest && !newest_is_later && model::is_open(newest->attempt().status))
      conclude(*newest, model::Status::failed, model::ExitReason::workerLost,
               "its prompt_id was executed again and nothing told how this execution ended");
    memo = &begin(prompt_id, newest_is_later ? AttemptBook::Age::oldest : AttemptBook::Age::newest);
    memo->attempt().origin = model::Origin::backfilled;
    explain(memo->attempt(), at_ms, newest ? "another attempt" : "back-filled",
            newest ? "the worker's history tells another execution of its prompt_id"
                   : "it was first seen in the worker's history");
  }
  model::Attempt& attempt = memo->attempt();
  const model::Attempt before = attempt;
  if (facts.started_at_ms) set_started(attempt, *facts.started_at_ms, TimeSource::server);
  // Before it is placed, so that the graph's names reach the nodes that this adds.
  apply_outcome(attempt, facts.outcome, at_ms, memo->graph.get());
  take_item(*memo, entry.prompt, workflow ? &*workflow : nullptr, true);
  model::Attempt& placed = memo->attempt();
  if (facts.cached_node_ids) set_cached(placed, *facts.cached_node_ids, memo->graph.get());
  placed.artifacts = read_outputs(entry, placed.cached_node_ids);
  if (memo->graph) name_nodes(placed, *memo->graph);
  note_vram(placed, worker().samples());
  memo->contact_lost_at_ms.reset();
  explain(placed, at_ms, kFromHistory, facts.outcome.because);
  // A history that is read again, after a restart of ours, changes nothing.
  if (placed != before) changed(*memo, true);
}

}  // namespace comfytrace::assemble
