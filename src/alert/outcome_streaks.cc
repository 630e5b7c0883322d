#include "alert/outcome_streaks.h"

#include <algorithm>
#include <set>

namespace comfytrace::alert {
namespace {

bool is_failure(model::Status status) {
  return status == model::Status::failed || status == model::Status::timeout;
}

}  // namespace

bool OutcomeStreaks::counts(const model::RunSummary& run) {
  // A run of which some scenes succeeded shows that things work.
  return run.finished_at_ms &&
         (is_failure(run.status) || run.status == model::Status::success || run.status == model::Status::partial);
}

void OutcomeStreaks::note(const std::string& subject, const model::RunSummary& run) {
  if (!counts(run)) return;
  const auto [place, first] = outcomes_.try_emplace(subject);
  if (first) {
    order_.push_back(subject);
    if (order_.size() > kSubjects) {
      outcomes_.erase(order_.front());
      order_.pop_front();
    }
  }
  std::vector<Outcome>& outcomes = place->second;
  std::erase_if(outcomes, [&](const Outcome& outcome) { return outcome.run_id == run.run_id; });
  const auto later = std::ranges::find_if(
      outcomes, [&](const Outcome& outcome) { return outcome.finished_at_ms > *run.finished_at_ms; });
  outcomes.insert(later, {*run.finished_at_ms, run.run_id, run.workflow_fingerprint, is_failure(run.status)});
  if (outcomes.size() > kRuns) outcomes.erase(outcomes.begin());
}

OutcomeStreaks::Streak OutcomeStreaks::streak(const std::string& subject) const {
  Streak streak;
  const auto place = outcomes_.find(subject);
  if (place == outcomes_.end()) return streak;
  std::set<std::string> workflows;
  std::size_t not_known = 0;
  for (auto outcome = place->second.rbegin(); outcome != place->second.rend(); ++outcome) {
    if (outcome->failed != place->second.back().failed) break;
    ++(outcome->failed ? streak.failed : streak.succeeded);
    if (outcome->workflow.empty()) {
      ++not_known;
    } else {
      workflows.insert(outcome->workflow);
    }
  }
  streak.workflows = workflows.size() + not_known;
  return streak;
}

}  // namespace comfytrace::alert
