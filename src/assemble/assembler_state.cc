#include "assemble/assembler_state.h"

#include <algorithm>
#include <utility>

#include "assemble/attempt_times.h"
#include "assemble/explain.h"
#include "assemble/grouping.h"

namespace comfytrace::assemble {

using model::TimeSource;

namespace {

constexpr std::string_view kNodesMayBeMissing =
    "The connection to the worker was interrupted while this ran: times of nodes in between may be missing.";

}  // namespace

bool RunAssembler::State::is_forgotten(const std::string& prompt_id) const {
  return std::ranges::any_of(forgotten,
                             [&](const auto& key) { return key.first == worker_id && key.second == prompt_id; });
}

Memo& RunAssembler::State::begin(const std::string& prompt_id, AttemptBook::Age age) {
  Memo& memo = book.begin(worker_id, prompt_id, age);
  memo.seen_life = worker().now();
  if (is_past) memo.attempt().origin = model::Origin::backfilled;
  return memo;
}

Memo* RunAssembler::State::known_or_begun(const std::string& prompt_id) {
  if (is_forgotten(prompt_id)) return nullptr;
  if (Memo* memo = book.newest(worker_id, prompt_id)) return memo;
  std::string run_id;
  find_home(book, worker_id, prompt_id, {}, run_id);
  if (Memo* memo = book.newest(worker_id, prompt_id)) return memo;
  return &begin(prompt_id);
}

Memo* RunAssembler::State::known(const comfyui::QueueItem& item, const comfyui::WorkflowFacts& facts) {
  Memo* memo = book.newest(worker_id, item.prompt_id);
  if (memo && memo->record) return memo;
  // What events began may turn out to belong to a run that is kept.
  std::string run_id;
  RunRecord* record = find_home(book, worker_id, item.prompt_id, facts.grouping, run_id);
  if (!record) return memo;
  for (const auto& other : book.all(worker_id, item.prompt_id)) {
    if (other.get() == memo || other->record != record) continue;
    const model::Attempt& kept = other->attempt();
    if (!memo) {
      memo = other.get();
      continue;
    }
    const model::Attempt& begun = memo->attempt();
    const bool later = begun.started_at_ms && begun.started_at_source == TimeSource::server && kept.finished_at_ms &&
                       *begun.started_at_ms > *kept.finished_at_ms;
    if (!memo->record && !later) {
      Memo* stays = other.get();
      book.drop(*memo);
      return stays;
    }
  }
  return memo;
}

Memo* RunAssembler::State::executing_one() {
  Memo* found = nullptr;
  for (const std::string& prompt_id : worker().open_prompts) {
    Memo* memo = book.newest(worker_id, prompt_id);
    if (!memo || memo->attempt().status != model::Status::executing) continue;
    if (found) return nullptr;
    found = memo;
  }
  return found;
}

void RunAssembler::State::seen_alive(Memo& memo) {
  if (memo.seen_life != worker().now()) {
    worker().remembers(memo.seen_life, known_since(memo.attempt()));
    memo.seen_life = worker().now();
  }
  if (!memo.contact_lost_at_ms) return;
  memo.contact_lost_at_ms.reset();
  if (remove_explanation(memo.attempt(), kContactLost)) changed(memo, true);
}

void RunAssembler::State::ensure_executing(Memo& memo, std::string_view because) {
  model::Attempt& attempt = memo.attempt();
  if (attempt.status != model::Status::queued) return;
  attempt.status = model::Status::executing;
  set_started(attempt, at_ms, TimeSource::receipt);
  note_vram(attempt, worker().samples());
  explain(attempt, at_ms, "executing", because);
  changed(memo, true);
}

void RunAssembler::State::ask_history(Memo& memo, bool& asked) {
  if (asked || has_explanation(memo.attempt(), kFromHistory)) return;
  asked = true;
  changes.want_history(memo.worker_id, memo.prompt_id);
}

void RunAssembler::State::place(Memo& memo, const comfyui::Grouping& grouping) {
  if (memo.record) return;
  place_attempt(book, memo, grouping, at_ms);
  changed(memo, true);
}

bool RunAssembler::State::note_environment(Memo& memo) {
  model::Attempt& attempt = memo.attempt();
  if (attempt.environment || !attempt.started_at_ms || !worker().environment) return false;
  // What an earlier life of the worker ran on, the present one cannot tell.
  if (!worker().same_as(memo.seen_life, known_since(attempt))) return false;
  attempt.environment = worker().environment;
  return true;
}

void RunAssembler::State::changed(Memo& memo, bool kept) {
  model::Attempt& attempt = memo.attempt();
  if (model::is_open(attempt.status)) {
    worker().open_prompts.insert(memo.prompt_id);
  } else if (book.newest(memo.worker_id, memo.prompt_id) == &memo) {
    worker().open_prompts.erase(memo.prompt_id);
  }
  if (note_environment(memo)) kept = true;
  if (!memo.record) return;
  RunRecord& record = *memo.record;
  book.touch(record);
  const model::Scene& scene = record.run.scenes[memo.scene];
  const auto before = std::pair(scene.status, scene.exit_reason);
  if (kept) {
    for (const auto& known_ms : {attempt.queued_at_ms, attempt.started_at_ms}) {
      if (known_ms) record.run.created_at_ms = std::min(record.run.created_at_ms, *known_ms);
    }
    model::roll_up(record.run);
    changes.run_changed(record);
  }
  if (kept && before != std::pair(scene.status, scene.exit_reason)) {
    changes.status_changed(live(record, memo.scene, at_ms), memo.scene);
  } else {
    changes.scene_changed(record.run.run_id, memo.scene, at_ms);
  }
}

model::LiveScene RunAssembler::State::live(const RunRecord& record, std::size_t scene, std::int64_t updated_ms) const {
  const model::Attempt& attempt = record.run.scenes[scene].attempts.back();
  const Memo* memo = nullptr;
  for (const Memo* candidate : record.memos) {
    if (candidate->scene == scene && candidate->index + 1 == record.run.scenes[scene].attempts.size()) memo = candidate;
  }
  const auto worker = workers.find(attempt.worker_id);
  return live_scene(record.run, scene, memo, worker == workers.end() ? nullptr : &worker->second, updated_ms);
}

void RunAssembler::State::on(const Connected&) {
  worker().connected();
  for (const std::string& prompt_id : worker().open_prompts) {
    Memo* memo = book.newest(worker_id, prompt_id);
    if (!memo) continue;
    memo->in_queue = false;
    memo->asked_after_end = memo->asked_after_marker = memo->asked_after_leaving = false;
  }
}

void RunAssembler::State::on(const Disconnected&) {
  worker().disconnected();
  const std::set<std::string> open = worker().open_prompts;
  for (const std::string& prompt_id : open) {
    Memo* memo = book.newest(worker_id, prompt_id);
    if (!memo) continue;
    model::Attempt& attempt = memo->attempt();
    const bool executing = attempt.status == model::Status::executing;
    const bool noted = executing && attempt.node_times_known && add_note(attempt, kNodesMayBeMissing);
    if (memo->contact_lost_at_ms) {
      memo->noted_loss |= noted;
      if (noted) changed(*memo, true);
      continue;
    }
    memo->noted_loss = noted;
    memo->contact_lost_at_ms = at_ms;
    explain(attempt, at_ms, kContactLost,
            executing ? "the connection to its worker ended while it executed"
                      : "the connection to its worker ended while it was pending");
    changed(*memo, true);
  }
}

void RunAssembler::State::on(const Resumed&) {
  for (const auto& [run_id, record] : book.runs()) {
    for (Memo* memo : record->memos) {
      if (memo->worker_id != worker_id || !std::exchange(memo->noted_loss, false)) continue;
      std::erase(memo->attempt().fallback_notes, kNodesMayBeMissing);
      changed(*memo, true);
    }
  }
}

void RunAssembler::State::on(const model::AttemptEnvironment& environment) {
  if (worker().environment == environment) return;
  worker().environment = environment;
  for (const auto& [run_id, record] : book.runs()) {
    for (Memo* memo : record->memos) {
      if (memo->worker_id == worker_id && note_environment(*memo)) changed(*memo, true);
    }
  }
}

void RunAssembler::State::on(const std::vector<model::DeviceSample>& samples) {
  worker().sampled(samples);
  for (const auto& [run_id, record] : book.runs()) {
    for (Memo* memo : record->memos) {
      if (memo->worker_id != worker_id) continue;
      model::Attempt& attempt = memo->attempt();
      const bool executing = attempt.status == model::Status::executing;
      const bool waits =
          attempt.finished_at_ms && !attempt.vram_free_after_bytes && at_ms - *attempt.finished_at_ms <= kVramReachMs;
      if (!executing && !waits) continue;
      if (note_vram(attempt, worker().samples())) {
        changed(*memo, true);
      } else if (executing) {
        changed(*memo, false);
      }
    }
  }
}

}  // namespace comfytrace::assemble
