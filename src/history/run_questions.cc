#include "history/run_questions.h"

#include <cstdlib>

#include "history/like_runs.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::int64_t kMaxFacts = 100'000;
constexpr std::int64_t kMaxGroups = 10'000;
constexpr std::int64_t kMaxOffset_ms = 26ll * 3'600'000;

bool is_same(const std::string& text, const std::string& other) {
  return !text.empty() && text == other;
}

Result<void> check_range(std::int64_t value, std::int64_t least, std::int64_t most, const char* field) {
  if (value >= least && value <= most) return {};
  return Error{ErrorCode::invalid, "must be " + std::to_string(least) + " to " + std::to_string(most), field};
}

}  // namespace

bool is_like(const WorkKey& key, const WorkKey& other, LikeLevel level) {
  // Numbers first: the texts of other keys lie far away.
  if (!key.work_size || key.work_size != other.work_size || key.scene_count != other.scene_count ||
      !is_same(key.structure, other.structure))
    return false;
  if (level == LikeLevel::structure) return true;
  if (!is_same(key.models, other.models)) return false;
  if (level == LikeLevel::models) return true;
  if (!is_same(key.device, other.device)) return false;
  if (level == LikeLevel::device) return true;
  if (level == LikeLevel::warmth) return key.is_cold && key.is_cold == other.is_cold;
  return is_same(key.executed, other.executed);
}

Result<void> check_query(const StatisticsQuery& query) {
  if (auto fits = check_range(query.max_groups, 1, kMaxGroups, "maxGroups"); !fits) return fits;
  return check_range(query.utc_offset_ms, -kMaxOffset_ms, kMaxOffset_ms, "utcOffsetMs");
}

Result<void> check_query(const FactsQuery& query) {
  return check_range(query.limit, 1, kMaxFacts, "limit");
}

Result<void> check_query(const ScenesQuery& query) {
  return check_range(query.limit, 1, kMaxFacts, "limit");
}

Result<void> check_query(const LikeQuery& query) {
  if (auto fits = check_range(query.limit, 1, kMaxFacts, "limit"); !fits) return fits;
  return check_range(query.needs, 1, query.limit, "needs");
}

}  // namespace comfytrace::history
