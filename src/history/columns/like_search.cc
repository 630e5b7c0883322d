#include "history/columns/like_search.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace comfytrace::history::columns {

LikeSearch::LikeSearch(const LikeQuery& query) : query_(query) {
  for (const LikeTo& to : query.to) {
    const auto known = std::ranges::find(keys_, to.key, &LikeTo::key);
    const auto at = static_cast<std::size_t>(known - keys_.begin());
    key_of_.push_back(at);
    if (known == keys_.end()) {
      keys_.push_back({to.key, to.before_ms, {}});
      latest_ms_.push_back(to.before_ms);
      continue;
    }
    known->before_ms = std::min(known->before_ms, to.before_ms);
    latest_ms_[at] = std::max(latest_ms_[at], to.before_ms);
  }
}

void LikeSearch::begin(std::vector<LevelBits> levels) {
  open_ = std::move(levels);
  levels_.assign(keys_.size() * kLikeLevels, Level(query_.limit));
}

void LikeSearch::take(std::uint32_t key, LevelBits levels, const Candidate& row) {
  const std::int64_t created_at_ms = ~row.key;
  if (created_at_ms >= latest_ms_[key]) return;
  const bool is_newer = created_at_ms >= keys_[key].before_ms;
  for (unsigned at = 0; at < kLikeLevels; ++at) {
    if ((levels >> at & 1) == 0) continue;
    Level& level = levels_[key * kLikeLevels + at];
    if (is_newer) {
      level.newer.push_back(row);
      continue;
    }
    ++level.count;
    if (std::exchange(level.last_row, row.row) != row.row) level.rows.offer(row);
    if (level.count != query_.needs) continue;
    // Looser ones are not asked about any more: later askers have these rows too.
    open_[key] &= static_cast<LevelBits>((2u << at) - 1);
    narrowed_ = true;
    return;
  }
}

bool LikeSearch::goes_on(std::int64_t newest_ms) {
  bool any = false;
  for (std::size_t key = 0; key < open_.size(); ++key) {
    if (open_[key] == 0) continue;
    const LevelBits loosest = std::bit_floor(open_[key]);
    const Level& level = levels_[key * kLikeLevels + static_cast<std::size_t>(std::countr_zero(loosest))];
    if (level.count >= query_.needs && level.rows.is_full() && ~newest_ms > level.rows.last().key) {
      open_[key] ^= loosest;
      narrowed_ = true;
    }
    any |= open_[key] != 0;
  }
  return any;
}

bool LikeSearch::has_narrowed() {
  return std::exchange(narrowed_, false);
}

std::vector<LikeSearch::Found> LikeSearch::found() {
  std::vector<Found> all;
  all.reserve(key_of_.size());
  for (std::size_t i = 0; i < key_of_.size(); ++i) all.push_back(found_before(key_of_[i], query_.to[i].before_ms));
  return all;
}

LikeSearch::Found LikeSearch::found_before(std::size_t key, std::int64_t before_ms) {
  for (const LikeLevel like : like_levels()) {
    Level& level = levels_[key * kLikeLevels + static_cast<std::size_t>(like)];
    if (level.count + static_cast<std::int64_t>(level.newer.size()) < query_.needs) continue;
    if (!std::exchange(level.in_order, true)) {
      std::ranges::sort(level.newer, kBefore);
      level.older = std::move(level.rows).sorted();
    }
    const auto begin =
        std::ranges::partition_point(level.newer, [&](const Candidate& of) { return ~of.key >= before_ms; });
    if (level.count + (level.newer.end() - begin) < query_.needs) continue;
    Found found{like, {}};
    const auto limit = static_cast<std::size_t>(query_.limit);
    for (auto at = begin; at != level.newer.end() && found.rows.size() < limit; ++at) {
      if (found.rows.empty() || found.rows.back().row != at->row) found.rows.push_back(*at);
    }
    const std::size_t more = std::min(level.older.size(), limit - found.rows.size());
    found.rows.insert(found.rows.end(), level.older.begin(), level.older.begin() + static_cast<std::ptrdiff_t>(more));
    return found;
  }
  return {};
}

}  // namespace comfytrace::history::columns
