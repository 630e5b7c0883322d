#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"
#include "insight/recommendation_rules.h"

namespace comfytrace::insight {

// What has to be saved: recommendations that are new, that changed, that came back or that resolved themselves.
struct RecommendationChanges {
  std::vector<history::Recommendation> changed;  // in the order in which they must be saved
  std::vector<history::Recommendation> open;     // what is open afterwards, most severe first
};

// Holds the findings against what is known. Pure.
// - One open recommendation a cause; a finding whose cause lies beneath another's silences that.
// - dismissed and applied causes stay away until the evidence is materially new: at least as many runs that were not
//   evidence then as were (or all of it is new), and no fewer than kNewEvidence; or the severity rose.
// - deferred ones come back when their time is over, if the finding is still there.
// - open and deferred ones whose finding is gone become `resolved`.
constexpr std::size_t kNewEvidence = 5;
[[nodiscard]] RecommendationChanges reconcile(std::span<const history::Recommendation> known,
                                              std::span<const Finding> found, std::int64_t now_ms);

// Reads, finds, reconciles; saves nothing. Errors: those of the reader; invalid settings.
[[nodiscard]] base::Result<RecommendationChanges> update_recommendations(const history::RunHistoryReader& reader,
                                                                         const RuleInput& input);

enum class RecommendationAction { dismiss, defer, apply, reopen };
BOOST_DESCRIBE_ENUM(RecommendationAction, dismiss, defer, apply, reopen)
// What a person does to one. Errors: not_found, conflict (it is resolved), invalid (defer without a later time).
[[nodiscard]] base::Result<history::Recommendation> act_on(std::span<const history::Recommendation> known,
                                                           std::string_view id, RecommendationAction action,
                                                           std::int64_t now_ms,
                                                           std::optional<std::int64_t> until_ms = std::nullopt);

}  // namespace comfytrace::insight
