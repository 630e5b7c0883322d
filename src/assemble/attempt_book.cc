#include "assemble/attempt_book.h"

#include <algorithm>
#include <limits>

#include "assemble/explain.h"
#include "assemble/worker_life.h"

namespace comfytrace::assemble {
namespace {

constexpr std::size_t kMaxFinishedRuns = 512;
constexpr std::size_t kEvictionSlack = 64;
constexpr std::size_t kMaxUnplaced = 256;

// What attempts are ordered by: an open one that has not started comes after everything.
std::int64_t begin_ms(const model::Attempt& attempt) {
  if (attempt.started_at_ms) return *attempt.started_at_ms;
  return model::is_open(attempt.status) ? std::numeric_limits<std::int64_t>::max() : attempt.finished_at_ms.value_or(0);
}

}  // namespace

model::Attempt& Memo::attempt() const {
  if (unplaced) return *unplaced;
  return record->run.scenes[scene].attempts[index];
}

std::string AttemptBook::key(std::string_view worker_id, std::string_view prompt_id) {
  std::string joined(worker_id);
  joined.push_back('\n');
  joined += prompt_id;
  return joined;
}

const AttemptBook::Memos& AttemptBook::all(const std::string& worker_id, const std::string& prompt_id) const {
  static const Memos none;
  const auto found = memos_.find(key(worker_id, prompt_id));
  return found == memos_.end() ? none : found->second;
}

Memo* AttemptBook::newest(const std::string& worker_id, const std::string& prompt_id) const {
  const Memos& memos = all(worker_id, prompt_id);
  return memos.empty() ? nullptr : memos.back().get();
}

RunRecord* AttemptBook::find_in_memory(std::string_view run_id) {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? nullptr : found->second.get();
}

RunRecord* AttemptBook::find_run(std::string_view run_id) {
  if (RunRecord* record = find_in_memory(run_id)) return record;
  if (!lookup_) return nullptr;
  std::optional<model::Run> run = lookup_(run_id);
  if (!run || run->run_id != run_id) return nullptr;
  return &adopt(std::move(*run));
}

RunRecord& AttemptBook::make_run(model::Run run) {
  auto record = std::make_unique<RunRecord>();
  record->run = std::move(run);
  RunRecord& made = *record;
  runs_[made.run.run_id] = std::move(record);
  touch(made);
  return made;
}

RunRecord& AttemptBook::adopt(model::Run run) {
  RunRecord& record = make_run(std::move(run));
  // By start, so that a prompt id that was used again has its newest attempt last.
  std::vector<std::unique_ptr<Memo>> made;
  for (std::size_t s = 0; s < record.run.scenes.size(); ++s) {
    for (std::size_t a = 0; a < record.run.scenes[s].attempts.size(); ++a) {
      const model::Attempt& attempt = record.run.scenes[s].attempts[a];
      auto memo = std::make_unique<Memo>();
      memo->worker_id = attempt.worker_id;
      memo->prompt_id = attempt.prompt_id;
      memo->record = &record;
      memo->scene = s;
      memo->index = a;
      memo->seen_life = WorkerLife::kBeforeOurStart;
      for (const model::Explanation& why : attempt.explanations) {
        if (why.what != kContactLost) continue;
        memo->contact_lost_at_ms = why.at_ms;
      }
      record.memos.push_back(memo.get());
      made.push_back(std::move(memo));
    }
  }
  for (auto& memo : made) {
    Memos& known = memos_[key(memo->worker_id, memo->prompt_id)];
    const std::int64_t mine = begin_ms(memo->attempt());
    const auto place =
        std::ranges::find_if(known, [&](const auto& other) { return begin_ms(other->attempt()) > mine; });
    known.insert(place, std::move(memo));
  }
  return record;
}

Memo& AttemptBook::begin(const std::string& worker_id, const std::string& prompt_id, Age age) {
  while (unplaced_.size() >= kMaxUnplaced) drop(*unplaced_.front().second);
  auto memo = std::make_unique<Memo>();
  memo->worker_id = worker_id;
  memo->prompt_id = prompt_id;
  memo->unplaced = std::make_unique<model::Attempt>();
  memo->unplaced->worker_id = worker_id;
  memo->unplaced->prompt_id = prompt_id;
  Memo& made = *memo;
  std::string joined = key(worker_id, prompt_id);
  Memos& known = memos_[joined];
  known.insert(age == Age::newest ? known.end() : known.begin(), std::move(memo));
  unplaced_.emplace_back(std::move(joined), &made);
  return made;
}

void AttemptBook::place(Memo& memo, RunRecord& record, std::size_t scene) {
  std::vector<model::Attempt>& attempts = record.run.scenes[scene].attempts;
  // An attempt found in a history afterwards may be older than those we saw.
  std::size_t index = attempts.size();
  while (index > 0 && begin_ms(attempts[index - 1]) > begin_ms(*memo.unplaced)) --index;
  attempts.insert(attempts.begin() + static_cast<std::ptrdiff_t>(index), std::move(*memo.unplaced));
  for (Memo* other : record.memos) {
    if (other->scene == scene && other->index >= index) ++other->index;
  }
  memo.unplaced.reset();
  memo.record = &record;
  memo.scene = scene;
  memo.index = index;
  record.memos.push_back(&memo);
  std::erase_if(unplaced_, [&](const auto& entry) { return entry.second == &memo; });
  touch(record);
}

void AttemptBook::drop(Memo& memo) {
  std::erase_if(unplaced_, [&](const auto& entry) { return entry.second == &memo; });
  const auto found = memos_.find(key(memo.worker_id, memo.prompt_id));
  if (found == memos_.end()) return;
  std::erase_if(found->second, [&](const auto& entry) { return entry.get() == &memo; });
  if (found->second.empty()) memos_.erase(found);
}

void AttemptBook::forget_run(std::string_view run_id) {
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return;
  const std::vector<Memo*> memos = found->second->memos;
  for (Memo* memo : memos) drop(*memo);
  runs_.erase(found);
}

void AttemptBook::evict() {
  std::vector<std::pair<std::uint64_t, std::string>> finished;
  if (runs_.size() <= kMaxFinishedRuns) return;
  for (const auto& [run_id, record] : runs_) {
    if (!record->is_changed && !model::is_open(record->run.status)) finished.emplace_back(record->touched, run_id);
  }
  if (finished.size() <= kMaxFinishedRuns + kEvictionSlack) return;
  std::ranges::sort(finished);
  finished.resize(finished.size() - kMaxFinishedRuns);
  for (const auto& [touched, run_id] : finished) forget_run(run_id);
}

}  // namespace comfytrace::assemble
