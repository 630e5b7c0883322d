#include "history/columns/like_search.h"

#include <bit>
#include <utility>

namespace comfytrace::history::columns {

LikeSearch::LikeSearch(const LikeQuery& query, std::vector<LevelBits> levels)
    : query_(query),
      open_(std::move(levels)),
      levels_(open_.size() * kLikeLevels, Level{FirstCandidates(static_cast<std::size_t>(query.limit))}) {}

void LikeSearch::take(std::uint32_t asked, LevelBits levels, const Candidate& row) {
  if (~row.key >= query_.to[asked].before_ms) return;
  for (unsigned at = 0; at < kLikeLevels; ++at) {
    if ((levels >> at & 1) == 0) continue;
    Level& level = levels_[asked * kLikeLevels + at];
    ++level.count;
    if (std::exchange(level.last_row, row.row) != row.row) level.rows.offer(row);
    if (level.count != query_.needs) continue;
    // Looser ones are not asked about any more.
    open_[asked] &= static_cast<LevelBits>((2u << at) - 1);
    narrowed_ = true;
    return;
  }
}

bool LikeSearch::goes_on(std::int64_t newest_ms) {
  bool any = false;
  for (std::size_t asked = 0; asked < open_.size(); ++asked) {
    if (open_[asked] == 0) continue;
    const auto loosest = static_cast<unsigned>(std::bit_width(open_[asked])) - 1;
    const Level& level = levels_[asked * kLikeLevels + loosest];
    if (level.count >= query_.needs && level.rows.is_full() && ~newest_ms > level.rows.last().key) {
      open_[asked] ^= static_cast<LevelBits>(1u << loosest);
      narrowed_ = true;
    }
    any |= open_[asked] != 0;
  }
  return any;
}

bool LikeSearch::has_narrowed() {
  return std::exchange(narrowed_, false);
}

LikeSearch::Found LikeSearch::take_found(std::size_t asked) {
  for (const LikeLevel like : like_levels()) {
    Level& level = levels_[asked * kLikeLevels + static_cast<std::size_t>(like)];
    if (level.count >= query_.needs) return {like, std::move(level.rows).sorted()};
  }
  return {};
}

}  // namespace comfytrace::history::columns
