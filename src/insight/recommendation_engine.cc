#include "insight/recommendation_engine.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/uuid.h"

namespace comfytrace::insight {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using history::Recommendation;
using history::RecommendationState;

// One finding a cause, none that lies beneath another.
std::vector<const Finding*> distinct(std::span<const Finding> found) {
  std::set<std::string> taken;
  std::vector<const Finding*> kept;
  for (const Finding& finding : found) {
    if (taken.contains(finding.cause)) continue;
    taken.insert(finding.cause);
    taken.insert(finding.explains.begin(), finding.explains.end());
    kept.push_back(&finding);
  }
  return kept;
}

bool is_materially_new(const Recommendation& old, const Finding& finding) {
  if (finding.severity > old.severity) return true;
  std::size_t fresh = 0;
  for (const std::string& id : finding.evidence_run_ids)
    fresh += std::ranges::find(old.evidence_run_ids, id) == old.evidence_run_ids.end();
  return fresh >= std::max(kNewEvidence, std::min(old.evidence_run_ids.size(), finding.evidence_run_ids.size()));
}

void tell(Recommendation& recommendation, const Finding& finding) {
  recommendation.rule = finding.rule;
  recommendation.cause = finding.cause;
  recommendation.severity = finding.severity;
  recommendation.message = finding.message;
  recommendation.suggested_action = finding.suggested_action;
  recommendation.evidence_run_ids = finding.evidence_run_ids;
  recommendation.confidence = finding.confidence;
}

Recommendation make(const Finding& finding, std::int64_t now_ms) {
  Recommendation recommendation;
  tell(recommendation, finding);
  recommendation.id = base::named_uuid("recommendation\n" + finding.cause + "\n" + std::to_string(now_ms));
  recommendation.created_at_ms = now_ms;
  return recommendation;
}

bool is_live(RecommendationState state) {
  return state == RecommendationState::open || state == RecommendationState::deferred;
}

// What becomes of what is known of a cause that is found now. nullopt: a new recommendation is due.
std::optional<Recommendation> carried_on(const Recommendation& known, const Finding& finding, std::int64_t now_ms) {
  Recommendation next = known;
  switch (known.state) {
    case RecommendationState::open:
      tell(next, finding);
      return next;
    case RecommendationState::deferred:
      if (known.deferred_until_ms && *known.deferred_until_ms > now_ms) return next;
      tell(next, finding);
      next.state = RecommendationState::open;
      next.deferred_until_ms.reset();
      return next;
    case RecommendationState::dismissed:
    case RecommendationState::applied:
      if (!is_materially_new(known, finding)) return next;
      return std::nullopt;
    case RecommendationState::resolved:
      return std::nullopt;
  }
  return next;
}

// The one that decides: the newest of its cause.
std::map<std::string, const Recommendation*> newest_by_cause(std::span<const Recommendation> known) {
  std::map<std::string, const Recommendation*> newest;
  for (const Recommendation& one : known) {
    const Recommendation*& at = newest[one.cause];
    const auto rank = [](const Recommendation& of) { return std::pair(is_live(of.state), of.created_at_ms); };
    if (!at || rank(one) >= rank(*at)) at = &one;
  }
  return newest;
}

}  // namespace

RecommendationChanges reconcile(std::span<const Recommendation> known, std::span<const Finding> found,
                                std::int64_t now_ms) {
  RecommendationChanges changes;
  const auto newest = newest_by_cause(known);
  const auto kept = distinct(found);
  std::set<std::string> causes;
  for (const Finding* finding : kept) causes.insert(finding->cause);
  // First what is over, so that no cause is ever open twice.
  for (const Recommendation& one : known) {
    if (!is_live(one.state)) continue;
    const bool is_double = newest.at(one.cause) != &one;
    if (causes.contains(one.cause) && !is_double) continue;
    Recommendation over = one;
    over.state = RecommendationState::resolved;
    over.deferred_until_ms.reset();
    changes.changed.push_back(std::move(over));
  }
  for (const Finding* finding : kept) {
    const auto at = newest.find(finding->cause);
    std::optional<Recommendation> next;
    if (at != newest.end()) next = carried_on(*at->second, *finding, now_ms);
    const bool is_new = !next;
    if (is_new) next = make(*finding, now_ms);
    if (next->state == RecommendationState::open) changes.open.push_back(*next);
    if (is_new || *next != *at->second) changes.changed.push_back(std::move(*next));
  }
  std::ranges::stable_sort(changes.open, [](const Recommendation& a, const Recommendation& b) {
    return std::pair(a.severity, a.confidence) > std::pair(b.severity, b.confidence);
  });
  return changes;
}

Result<RecommendationChanges> update_recommendations(const history::RunHistoryReader& reader, const RuleInput& input) {
  const auto found = findings(reader, input);
  if (!found) return found.error();
  const auto known = reader.recommendations();
  if (!known) return known.error();
  return reconcile(*known, *found, input.now_ms);
}

Result<Recommendation> act_on(std::span<const Recommendation> known, std::string_view id, RecommendationAction action,
                              std::int64_t now_ms, std::optional<std::int64_t> until_ms) {
  const auto at = std::ranges::find(known, id, &Recommendation::id);
  if (at == known.end()) return Error{ErrorCode::not_found, "there is no recommendation " + std::string(id), "id"};
  if (at->state == RecommendationState::resolved)
    return Error{ErrorCode::conflict, "this recommendation has resolved itself", "id"};
  Recommendation next = *at;
  next.deferred_until_ms.reset();
  switch (action) {
    case RecommendationAction::dismiss:
      next.state = RecommendationState::dismissed;
      break;
    case RecommendationAction::apply:
      next.state = RecommendationState::applied;
      break;
    case RecommendationAction::defer:
      if (!until_ms || *until_ms <= now_ms)
        return Error{ErrorCode::invalid, "a recommendation is deferred until a later time", "untilMs"};
      next.state = RecommendationState::deferred;
      next.deferred_until_ms = until_ms;
      break;
    case RecommendationAction::reopen: {
      const bool taken = std::ranges::any_of(known, [&](const Recommendation& other) {
        return other.state == RecommendationState::open && other.cause == next.cause && other.id != next.id;
      });
      if (taken) return Error{ErrorCode::conflict, "another recommendation with this cause is open", "id"};
      next.state = RecommendationState::open;
      break;
    }
  }
  return next;
}

}  // namespace comfytrace::insight
