#include "history/columns/like_search.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <utility>

namespace comfytrace::history::columns {

LikeSearch::LikeSearch(const LikeQuery& query) : query_(query) {
  for (const LikeTo& to : query.to) {
    const auto known = std::ranges::find(keys_, to.key);
    key_of_.push_back(static_cast<std::size_t>(known - keys_.begin()));
    if (known == keys_.end()) {
      keys_.push_back(to.key);
      asked_.emplace_back();
    }
    asked_[key_of_.back()].before_ms.push_back(to.before_ms);
  }
  for (Asked& asked : asked_) {
    std::ranges::sort(asked.before_ms, std::ranges::greater());
    asked.before_ms.erase(std::unique(asked.before_ms.begin(), asked.before_ms.end()), asked.before_ms.end());
  }
}

void LikeSearch::begin(std::vector<LevelBits> levels) {
  possible_ = std::move(levels);
  open_.assign(keys_.size(), 0);
  levels_.assign(keys_.size() * kLikeLevels, Level(query_.limit));
}

void LikeSearch::take(std::uint32_t key, LevelBits levels, const Candidate& row) {
  const std::int64_t created_at_ms = ~row.key;
  const Asked& asked = asked_[key];
  levels &= open_to(key, created_at_ms);
  if (levels == 0) return;
  const bool is_newer = created_at_ms >= asked.before_ms[asked.begun - 1];
  for (unsigned at = 0; at < kLikeLevels; ++at) {
    if ((levels >> at & 1) == 0) continue;
    Level& level = levels_[key * kLikeLevels + at];
    if (is_newer) {
      level.newer.push_back(row);
      continue;
    }
    ++level.count;
    level.rows.offer(row);
    if (level.count != query_.needs) continue;
    // Looser ones are not asked about any more: askers before later times have these rows too.
    open_[key] &= static_cast<LevelBits>((2u << at) - 1);
    narrowed_ = true;
    return;
  }
}

bool LikeSearch::goes_on(std::int64_t newest_ms, std::int64_t oldest_ms) {
  any_open_ = false;
  bool any = false;
  for (std::uint32_t key = 0; key < open_.size(); ++key) {
    if (open_[key] != 0) {
      const LevelBits loosest = std::bit_floor(open_[key]);
      const Level& level = levels_[key * kLikeLevels + static_cast<std::size_t>(std::countr_zero(loosest))];
      if (level.count >= query_.needs && level.rows.is_full() && ~newest_ms > level.rows.last().key) {
        open_[key] ^= loosest;
        narrowed_ = true;
      }
    }
    begin_before(key, oldest_ms);
    any_open_ |= open_[key] != 0;
    any |= possible_[key] != 0 && asked_[key].begun < asked_[key].before_ms.size();
  }
  return any || any_open_;
}

void LikeSearch::begin_before(std::uint32_t key, std::int64_t oldest_ms) {
  Asked& asked = asked_[key];
  const std::size_t before = asked.begun;
  while (asked.begun < asked.before_ms.size() && asked.before_ms[asked.begun] > oldest_ms) ++asked.begun;
  if (asked.begun == before) return;
  asked.begun_first = before;
  asked.open_before = open_[key];
  for (std::size_t at = 0; at < kLikeLevels; ++at) put_behind(levels_[key * kLikeLevels + at]);
  // Every level: what an earlier time has enough of may be all that this one has.
  widened_ |= (possible_[key] & ~open_[key]) != 0;
  open_[key] = possible_[key];
  if (asked.early.empty()) return;
  const bool is_last = asked.begun == asked.before_ms.size();
  const auto end = std::stable_partition(asked.early.begin(), asked.early.end(), [&](const auto& of) {
    return is_last || ~of.second.key >= asked.before_ms[asked.begun];
  });
  for (auto at = asked.early.begin(); at != end; ++at) offer(at->first, at->second);
  asked.early.erase(asked.early.begin(), end);
}

// No more is needed than there may be rows.
void LikeSearch::put_behind(Level& level) const {
  const auto rows = std::move(level.rows).sorted();
  level.newer.insert(level.newer.end(), rows.begin(), rows.end());
  level.rows = FirstCandidates(static_cast<std::size_t>(query_.limit));
  level.count = 0;
}

std::vector<LikeSearch::Found> LikeSearch::found() {
  for (std::uint32_t key = 0; key < keys_.size(); ++key) {
    begin_before(key, std::numeric_limits<std::int64_t>::min());
    // There is a time that nothing can be before.
    if (asked_[key].begun == asked_[key].before_ms.size()) continue;
    for (std::size_t at = 0; at < kLikeLevels; ++at) put_behind(levels_[key * kLikeLevels + at]);
  }
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
    const std::int64_t most = level.newer.end() - begin + static_cast<std::int64_t>(level.older.size());
    found.rows.reserve(static_cast<std::size_t>(std::min(most, query_.limit)));
    std::int64_t offered = 0;
    const auto add = [&](const Candidate& of) {
      ++offered;
      if (found.rows.empty() || found.rows.back().row != of.row) found.rows.push_back(of);
    };
    for (auto at = begin; at != level.newer.end() && offered < query_.limit; ++at) add(*at);
    for (auto at = level.older.begin(); at != level.older.end() && offered < query_.limit; ++at) add(*at);
    return found;
  }
  return {};
}

}  // namespace comfytrace::history::columns
