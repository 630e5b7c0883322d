#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "history/columns/first_candidates.h"
#include "history/columns/like_table.h"
#include "history/like_runs.h"

namespace comfytrace::history::columns {

// Collects the newest rows of every level of likeness until it is sure which level counts. Rows come in any order; the
// earlier newer ones come, the sooner it is sure. Of what is asked about before several times it collects what is right
// before each, and nothing where it has enough until the next. One thread.
class LikeSearch {
 public:
  // What has the same key is asked about once.
  explicit LikeSearch(const LikeQuery& query);

  // By key.
  [[nodiscard]] std::span<const WorkKey> keys() const { return keys_; }
  // `levels`: by key, those at which anything can be like it. Before anything is offered.
  void begin(std::vector<LevelBits> levels);

  // A row that may come out of order, before any goes_on().
  void offer_early(const LikeTable::Like& like, const Candidate& row) {
    asked_[like.key].early.emplace_back(like, row);
  }
  // Whether any of these would be taken now.
  [[nodiscard]] bool is_any_of_use(std::span<const LikeTable::Like> likes) const {
    return std::ranges::any_of(likes, [&](const LikeTable::Like& of) { return (of.levels & open_[of.key]) != 0; });
  }
  // Before when a row must have been created that has these, to be of use now.
  [[nodiscard]] std::int64_t of_use_before(std::span<const LikeTable::Like> likes) const {
    std::int64_t before_ms = std::numeric_limits<std::int64_t>::min();
    for (const LikeTable::Like& of : likes) {
      const auto levels = static_cast<LevelBits>(of.levels & open_[of.key]);
      if (levels == 0) continue;
      const Asked& asked = asked_[of.key];
      const bool to_earlier = (levels & asked.open_before) != 0;
      before_ms = std::max(before_ms, asked.before_ms[to_earlier ? 0 : asked.begun_first]);
    }
    return before_ms;
  }
  // What a row has that is like. Of several of one row, these come right after another.
  void offer(const LikeTable::Like& like, const Candidate& row) {
    if (const auto useful = static_cast<LevelBits>(like.levels & open_[like.key])) take(like.key, useful, row);
  }
  // From now on no row comes that was created later than `newest_ms`, and until this is asked again none created before
  // `oldest_ms`. False: none is needed any more.
  [[nodiscard]] bool goes_on(std::int64_t newest_ms, std::int64_t oldest_ms);
  // By key: the levels of which rows are of use until that is asked again.
  [[nodiscard]] std::span<const LevelBits> open() const { return open_; }
  [[nodiscard]] bool is_any_open() const { return any_open_; }
  // Whether any of those have gone since this was asked, and whether any have come.
  [[nodiscard]] bool has_narrowed() { return std::exchange(narrowed_, false); }
  [[nodiscard]] bool has_widened() { return std::exchange(widened_, false); }

  // The level that counts for a position in the question, and its first rows in order, up to the one with which `limit`
  // was offered; at the end.
  struct Found {
    std::optional<LikeLevel> level;
    std::vector<Candidate> rows;
  };
  [[nodiscard]] std::vector<Found> found();
  [[nodiscard]] std::size_t key_of(std::size_t asked) const { return key_of_[asked]; }

 private:
  // When a key is asked about.
  struct Asked {
    std::vector<std::int64_t> before_ms;  // each once, latest first
    std::size_t begun = 0;                // so many of those rows may be before; the last of them is at hand
    std::size_t begun_first = 0;          // the first of those that began last
    LevelBits open_before = 0;            // what was open when these began, and is still needed by those before
    std::vector<std::pair<LikeTable::Like, Candidate>> early;  // not offered yet
  };
  struct Level {
    explicit Level(std::int64_t limit) : rows(static_cast<std::size_t>(limit)) {}
    // Each row as often as it was offered.
    FirstCandidates rows;          // before the time at hand
    std::int64_t count = 0;        // so many were offered of these
    std::vector<Candidate> newer;  // before earlier ones of the times alone
    // Once it is told of: `newer` is in order, and so are these, which `rows` was.
    bool in_order = false;
    std::vector<Candidate> older;
  };
  // The open levels of which a row is of use that was created then.
  [[nodiscard]] LevelBits open_to(std::uint32_t key, std::int64_t created_at_ms) const {
    const Asked& asked = asked_[key];
    if (created_at_ms < asked.before_ms[asked.begun_first]) return open_[key];
    return created_at_ms < asked.before_ms.front() ? open_[key] & asked.open_before : LevelBits{0};
  }
  void take(std::uint32_t key, LevelBits levels, const Candidate& row);
  // Goes on to the last of the times that is later than `oldest_ms`.
  void begin_before(std::uint32_t key, std::int64_t oldest_ms);
  void put_behind(Level& level) const;
  [[nodiscard]] Found found_before(std::size_t key, std::int64_t before_ms);

  const LikeQuery& query_;
  std::vector<WorkKey> keys_;
  std::vector<Asked> asked_;         // by key
  std::vector<std::size_t> key_of_;  // by position in the question
  std::vector<LevelBits> possible_;  // by key
  std::vector<LevelBits> open_;
  std::vector<Level> levels_;  // kLikeLevels of each key
  bool any_open_ = false;
  bool narrowed_ = false;
  bool widened_ = false;
};

}  // namespace comfytrace::history::columns
