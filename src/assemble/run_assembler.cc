#include "assemble/run_assembler.h"

#include <algorithm>

#include "assemble/assembler_state.h"
#include "assemble/explain.h"
#include "assemble/grouping.h"

namespace comfytrace::assemble {
namespace {

constexpr std::size_t kMaxForgotten = 4096;

}  // namespace

RunAssembler::RunAssembler(Lookup lookup) : state_(std::make_unique<State>(std::move(lookup))) {}
RunAssembler::~RunAssembler() = default;

void RunAssembler::adopt(model::Run run) {
  if (RunRecord* known = state_->book.find_in_memory(run.run_id)) {
    // In memory we know better what happened; what people write on a run comes from the history.
    known->run.title = std::move(run.title);
    known->run.tags = std::move(run.tags);
    known->run.notes = std::move(run.notes);
    known->run.archived = run.archived;
    return;
  }
  RunRecord& record = state_->book.adopt(std::move(run));
  for (Memo* memo : record.memos) {
    if (model::is_open(memo->attempt().status)) state_->workers[memo->worker_id].open_prompts.insert(memo->prompt_id);
  }
}

void RunAssembler::apply(const Fact& fact) {
  state_->worker_id = fact.worker_id;
  state_->at_ms = fact.at_ms;
  state_->is_past = fact.is_past;
  std::visit([this](const auto& what) { state_->on(what); }, fact.what);
}

Changes RunAssembler::take_changes() {
  Changes taken;
  ChangeLog& log = state_->changes;
  for (const std::string& run_id : log.runs) {
    RunRecord* record = state_->book.find_in_memory(run_id);
    if (!record) continue;
    record->is_changed = false;
    taken.runs.push_back(record->run);
  }
  for (ChangeLog::PendingScene& pending : log.scenes) {
    if (pending.built) {
      taken.scenes.push_back(std::move(*pending.built));
      continue;
    }
    const RunRecord* record = state_->book.find_in_memory(pending.run_id);
    if (!record || pending.scene >= record->run.scenes.size()) continue;
    taken.scenes.push_back(state_->live(*record, pending.scene, pending.at_ms));
  }
  taken.wanted_history = std::move(log.wanted);
  log = ChangeLog();
  state_->book.evict();
  return taken;
}

std::vector<model::LiveScene> RunAssembler::open_scenes() const {
  std::vector<model::LiveScene> scenes;
  for (const auto& [run_id, record] : state_->book.runs()) {
    if (!model::is_open(record->run.status)) continue;
    for (std::size_t i = 0; i < record->run.scenes.size(); ++i) {
      if (!model::is_open(record->run.scenes[i].status)) continue;
      const model::Attempt& attempt = record->run.scenes[i].attempts.back();
      scenes.push_back(state_->live(
          *record, i, attempt.started_at_ms.value_or(attempt.queued_at_ms.value_or(record->run.created_at_ms))));
    }
  }
  std::ranges::stable_sort(scenes, {}, [](const model::LiveScene& scene) {
    return std::pair(scene.queued_at_ms.value_or(scene.updated_at_ms), scene.queue_number.value_or(0));
  });
  return scenes;
}

std::vector<std::string> RunAssembler::open_prompts(std::string_view worker_id) const {
  const auto found = state_->workers.find(worker_id);
  if (found == state_->workers.end()) return {};
  return {found->second.open_prompts.begin(), found->second.open_prompts.end()};
}

const model::Run* RunAssembler::find(std::string_view run_id) const {
  const RunRecord* record = state_->book.find_in_memory(run_id);
  return record ? &record->run : nullptr;
}

void RunAssembler::forget(std::string_view run_id) {
  // Looked up too: the prompts of a run that is not in memory would come back with the worker's history.
  RunRecord* record = state_->book.find_run(run_id);
  if (!record) return;
  for (const Memo* memo : record->memos) {
    state_->forgotten.emplace_back(memo->worker_id, memo->prompt_id);
    if (state_->forgotten.size() > kMaxForgotten) state_->forgotten.pop_front();
    state_->workers[memo->worker_id].open_prompts.erase(memo->prompt_id);
  }
  state_->changes.forget(run_id);
  state_->book.forget_run(run_id);
}

}  // namespace comfytrace::assemble
