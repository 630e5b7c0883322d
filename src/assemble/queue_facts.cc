#include <algorithm>

#include "assemble/assembler_state.h"
#include "assemble/attempt_times.h"
#include "assemble/explain.h"
#include "assemble/grouping.h"
#include "base/counters.h"
#include "base/uuid.h"

namespace comfytrace::assemble {

using model::ExitReason;
using model::Status;
using model::TimeSource;

namespace {

// "12" and "-31", but "7.5".
std::string number_text(double number) {
  std::string text;
  base::write_json_number(text, number);
  return text;
}

// Servers before 0.8.0 pass on what a client put there.
std::optional<std::int64_t> create_time(const comfyui::QueueItem& item, const model::Attempt* attempt,
                                        std::int64_t at_ms) {
  constexpr std::int64_t kMaxWaitMs = 7LL * 24 * 3600 * 1000;
  constexpr std::int64_t kClockSkewMs = 60'000;
  const auto told = item.create_time_ms();
  if (!told) return std::nullopt;
  if (attempt && attempt->started_at_ms) at_ms = *attempt->started_at_ms;
  // In this order: a made-up time may be as far off as the type allows.
  if (*told < at_ms - kMaxWaitMs || *told > at_ms + kClockSkewMs) return std::nullopt;
  return told;
}

std::string refused_nodes(const std::vector<model::ValidationError>& errors) {
  std::string names;
  for (const model::ValidationError& error : errors) {
    const std::string name = error.class_type.empty() ? error.node_id : error.node_id + " (" + error.class_type + ")";
    if (names.find(name) != std::string::npos) continue;
    if (names.size() > 200) return names + ", …";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

bool note_refused_part(model::Attempt& attempt) {
  if (attempt.validation_errors.empty()) return false;
  return add_note(attempt, "Validation refused a part of the prompt, which does not run: " +
                               refused_nodes(attempt.validation_errors) + ".");
}

}  // namespace

// `facts` may be nullptr: then they are read from the item if something needs them.
void RunAssembler::State::take_item(Memo& memo, const comfyui::QueueItem& item, const comfyui::WorkflowFacts* facts,
                                    bool from_server) {
  model::Attempt& attempt = memo.attempt();
  bool kept = false;
  if (attempt.queue_number != item.number) {
    attempt.queue_number = item.number;
    kept = true;
  }
  if (const auto created_ms = create_time(item, &attempt, at_ms))
    kept |= set_queued(attempt, *created_ms, TimeSource::server);
  const bool wanted = !memo.record || !memo.graph || (from_server && !memo.server_item);
  if (wanted) {
    const comfyui::WorkflowFacts read = facts ? *facts : comfyui::read_workflow(item.graph, item.extra_data);
    place(memo, read.grouping);
    memo.graph = std::make_shared<GraphIndex>(read.nodes);
    memo.server_item |= from_server;
    kept |= apply_workflow(memo, read);
    kept |= name_nodes(memo.attempt(), *memo.graph);
  }
  if (kept) changed(memo, true);
}

void RunAssembler::State::on(const comfyui::QueueSnapshot& snapshot) {
  std::set<std::string> present;
  for (const auto* list : {&snapshot.running, &snapshot.pending}) {
    for (const comfyui::QueueItem& item : *list) {
      if (item.prompt_id.empty() || is_forgotten(item.prompt_id)) continue;
      present.insert(item.prompt_id);
      observe(item, list == &snapshot.running, TimeSource::poll);
    }
  }
  const std::set<std::string> open = worker().open_prompts;
  for (const std::string& prompt_id : open) {
    Memo* memo = book.newest(worker_id, prompt_id);
    if (!memo || !model::is_open(memo->attempt().status)) {
      worker().open_prompts.erase(prompt_id);
      continue;
    }
    memo->in_queue = present.contains(prompt_id);
    if (memo->in_queue) {
      memo->asked_after_leaving = false;
    } else {
      ask_history(*memo, memo->asked_after_leaving);
    }
  }
}

void RunAssembler::State::observe(const comfyui::QueueItem& item, bool is_running, TimeSource source) {
  const bool is_told = source == TimeSource::server;
  std::optional<comfyui::WorkflowFacts> facts;
  Memo* memo = book.newest(worker_id, item.prompt_id);
  if (!memo || !memo->record) {
    facts = comfyui::read_workflow(item.graph, item.extra_data);
    memo = known(item, *facts);
  }
  if (memo && !model::is_open(memo->attempt().status)) {
    model::Attempt& attempt = memo->attempt();
    const bool other_number = attempt.queue_number && *attempt.queue_number != item.number;
    const auto queued_ms = is_told ? std::optional(at_ms) : create_time(item, nullptr, at_ms);
    const bool later = queued_ms && attempt.finished_at_ms && *queued_ms > *attempt.finished_at_ms;
    const bool told_deleted = attempt.finished_at_source == TimeSource::server;
    const bool again = other_number || later || attempt.exit_reason == ExitReason::workerLost;
    if (is_told ? later : again) {
      memo = &begin(item.prompt_id);
      explain(memo->attempt(), at_ms, "another attempt", "its prompt_id was queued again after it had ended");
    } else if (attempt.exit_reason == ExitReason::deleted && !told_deleted && !is_told) {
      attempt.status = Status::queued;
      attempt.exit_reason.reset();
      clear_finished(attempt);
      explain(attempt, at_ms, "queued again", "the worker's queue has it after all");
      changed(*memo, true);
    } else {
      // The queue was read before it ended. Told late, it still says what it was.
      if (!is_told || other_number) return;
      if (!create_time(item, &attempt, at_ms) && set_queued(attempt, at_ms, source)) changed(*memo, true);
      return take_item(*memo, item, facts ? &*facts : nullptr, true);
    }
  }
  const bool is_new = !memo;
  if (!memo) memo = &begin(item.prompt_id);
  seen_alive(*memo);
  model::Attempt& attempt = memo->attempt();
  bool kept = is_new;
  if (is_running && attempt.status == Status::queued) {
    attempt.status = Status::executing;
    set_started(attempt, at_ms, TimeSource::poll);
    note_vram(attempt, worker().samples());
    explain(attempt, at_ms, "executing", "the worker's queue lists it as running");
    kept = true;
  } else if (!is_running && attempt.status == Status::queued) {
    // The moment it was made is better than the one it got into the queue, and is taken from the item.
    const bool stamped = is_told && create_time(item, &attempt, at_ms);
    if (stamped || set_queued(attempt, at_ms, source)) {
      kept |= explain(
          attempt, at_ms, "queued",
          is_told ? "the worker told that it took it into its queue" : "the worker's queue lists it as pending");
      kept |= !stamped;
    }
  }
  take_item(*memo, item, facts ? &*facts : nullptr, true);
  if (kept) changed(*memo, true);
}

void RunAssembler::State::on(const Submitted& submitted) {
  comfyui::QueueItem item = submitted.item;
  if (!submitted.answer.prompt_id.empty()) item.prompt_id = submitted.answer.prompt_id;
  if (submitted.answer.number) item.number = *submitted.answer.number;
  if (!submitted.answer.accepted) return reject(std::move(item), submitted.answer, model::Origin::submitted);
  if (item.prompt_id.empty() || is_forgotten(item.prompt_id)) return;
  const comfyui::WorkflowFacts facts = comfyui::read_workflow(item.graph, item.extra_data);
  Memo* memo = known(item, facts);
  if (memo && !model::is_open(memo->attempt().status)) {
    const std::optional<double>& number = memo->attempt().queue_number;
    if (number && *number != item.number) {
      memo = &begin(item.prompt_id);
      explain(memo->attempt(), at_ms, "another attempt", "its prompt_id was submitted again after it had ended");
    }
  }
  if (!memo) memo = &begin(item.prompt_id);
  model::Attempt& attempt = memo->attempt();
  if (model::is_open(attempt.status)) seen_alive(*memo);
  bool kept = attempt.origin != model::Origin::submitted;
  attempt.origin = model::Origin::submitted;
  kept |= set_queued(attempt, at_ms, TimeSource::receipt);
  kept |=
      explain(attempt, at_ms, "queued", "we posted it and the worker took it as number " + number_text(item.number));
  if (attempt.validation_errors != submitted.answer.node_errors) {
    attempt.validation_errors = submitted.answer.node_errors;
    kept = true;
  }
  kept |= note_refused_part(attempt);
  take_item(*memo, item, &facts, false);
  if (kept) changed(*memo, true);
}

void RunAssembler::State::on(const comfyui::PromptQueued& queued) {
  if (queued.item.prompt_id.empty() || is_forgotten(queued.item.prompt_id)) return;
  observe(queued.item, false, TimeSource::server);
}

void RunAssembler::State::on(const comfyui::PromptPartlyRejected& rejected) {
  if (rejected.prompt_id.empty()) return;
  Memo* memo = known_or_begun(rejected.prompt_id);
  if (!memo) return;
  model::Attempt& attempt = memo->attempt();
  // The id of one that is over is about to be queued again.
  if (!model::is_open(attempt.status) || attempt.validation_errors == rejected.node_errors) return;
  attempt.validation_errors = rejected.node_errors;
  note_refused_part(attempt);
  changed(*memo, true);
}

void RunAssembler::State::on(const comfyui::PromptRejected& rejected) {
  reject(rejected.item, rejected.answer, is_past ? model::Origin::backfilled : model::Origin::observed);
}

void RunAssembler::State::reject(comfyui::QueueItem item, const comfyui::PromptAnswer& answer, model::Origin origin) {
  const comfyui::WorkflowFacts facts = comfyui::read_workflow(item.graph, item.extra_data);
  // A refused prompt has no name of its own unless its sender chose one.
  if (item.prompt_id.empty())
    item.prompt_id = base::named_uuid(worker_id + " refused " + std::to_string(at_ms) + " " + facts.fingerprint);
  if (is_forgotten(item.prompt_id)) return;
  Memo* memo = known(item, facts);
  if (memo) {
    const model::Attempt& known = memo->attempt();
    if (model::is_open(known.status)) return;
    if (known.exit_reason == ExitReason::validationError && known.finished_at_ms == at_ms) return;
  }
  memo = &begin(item.prompt_id);
  model::Attempt& attempt = memo->attempt();
  const TimeSource source = origin == model::Origin::submitted ? TimeSource::receipt : TimeSource::server;
  attempt.origin = origin;
  attempt.status = Status::failed;
  attempt.exit_reason = ExitReason::validationError;
  set_queued(attempt, at_ms, source);
  set_finished(attempt, at_ms, source);
  attempt.validation_errors = answer.node_errors;
  if (attempt.validation_errors.empty()) {
    model::ValidationError error;
    error.type = answer.error_type.value_or("");
    error.message = answer.error_message.value_or("The worker refused the prompt");
    attempt.validation_errors.push_back(std::move(error));
  }
  explain(attempt, at_ms, "ended as validationError", "the worker refused the prompt when it was posted");
  place(*memo, facts.grouping);
  apply_workflow(*memo, facts);
  changed(*memo, true);
}

void RunAssembler::State::on(const comfyui::PromptsRemoved& removed) {
  for (const std::string& prompt_id : removed.prompt_ids) {
    if (prompt_id.empty() || is_forgotten(prompt_id)) continue;
    std::string run_id;
    if (!book.newest(worker_id, prompt_id)) find_home(book, worker_id, prompt_id, {}, run_id);
    Memo* memo = book.newest(worker_id, prompt_id);
    if (!memo) continue;
    model::Attempt& attempt = memo->attempt();
    const bool concluded =
        attempt.exit_reason == ExitReason::deleted && attempt.finished_at_source != TimeSource::server;
    if (attempt.status != Status::queued && !concluded) continue;
    // Told again, of an earlier time that it was in the queue.
    if (attempt.queued_at_source == TimeSource::server && at_ms < *attempt.queued_at_ms) continue;
    if (!memo->record) place(*memo, {});
    if (!concluded) seen_alive(*memo);
    Outcome outcome;
    outcome.status = Status::cancelled;
    outcome.reason = ExitReason::deleted;
    outcome.finished_at_ms = at_ms;
    outcome.source = TimeSource::server;
    outcome.because = removed.cleared ? "the worker told that its queue was cleared before it began"
                                      : "the worker told that it was deleted from its queue before it began";
    apply_outcome(memo->attempt(), outcome, at_ms, memo->graph.get());
    changed(*memo, true);
  }
}

void RunAssembler::State::conclude(Memo& memo, Status status, ExitReason reason, std::string_view because) {
  model::Attempt& attempt = memo.attempt();
  Outcome outcome;
  outcome.status = status;
  outcome.reason = reason;
  outcome.because = because;
  outcome.finished_at_ms = at_ms;
  outcome.source = TimeSource::poll;
  if (memo.contact_lost_at_ms && reason == ExitReason::workerLost) {
    // It ended, at the latest, about when we lost sight of the worker, not when we found out.
    outcome.finished_at_ms = *memo.contact_lost_at_ms;
    outcome.source = TimeSource::receipt;
  }
  memo.contact_lost_at_ms.reset();
  apply_outcome(attempt, outcome, at_ms, memo.graph.get());
  if (reason == ExitReason::workerLost) base::counters().add(base::Counter::attempts_lost);
  changed(memo, true);
}

void RunAssembler::State::on(const HistoryMissing& missing) {
  if (is_forgotten(missing.prompt_id)) return;
  std::string run_id;
  if (!book.newest(worker_id, missing.prompt_id)) find_home(book, worker_id, missing.prompt_id, {}, run_id);
  Memo* memo = book.newest(worker_id, missing.prompt_id);
  if (!memo) return;
  // Nothing will tell any more to which run it belongs: it is one of its own.
  if (!memo->record) place(*memo, {});
  model::Attempt& attempt = memo->attempt();
  if (!model::is_open(attempt.status)) {
    if (is_inferred(attempt) || has_explanation(attempt, kFromHistory)) return;
    if (attempt.exit_reason == ExitReason::validationError) return;
    if (add_note(attempt, "The worker's history no longer has this prompt: its outputs are those that events named."))
      changed(*memo, true);
    return;
  }
  if (memo->in_queue && !memo->end_marker) return;
  const bool same_life = worker().same_as(memo->seen_life, attempt.queued_at_ms);
  if (memo->end_marker) {
    conclude(*memo, Status::failed, ExitReason::unknown,
             "the worker said that it ended, no message told how, and its history does not have it");
  } else if (attempt.status == Status::executing) {
    conclude(*memo, Status::failed, ExitReason::workerLost,
             "it was executing, has left the queue and is not in the worker's history");
  } else if (same_life) {
    conclude(*memo, Status::cancelled, ExitReason::deleted,
             "it was pending, has left the queue and is not in the history of the same worker life");
  } else {
    conclude(*memo, Status::failed, ExitReason::workerLost,
             "it was pending, and the worker's memory begins anew: it was restarted since");
  }
}

}  // namespace comfytrace::assemble
