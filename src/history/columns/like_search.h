#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/columns/first_candidates.h"
#include "history/columns/like_table.h"
#include "history/like_runs.h"

namespace comfytrace::history::columns {

// Collects, for each that was asked about, the newest rows of every level of likeness until it is sure which level
// counts. Rows come in any order; the earlier newer ones come, the sooner it is sure. One thread.
class LikeSearch {
 public:
  // `query` must outlive this. `levels`: by what was asked about, those at which anything can be like it.
  LikeSearch(const LikeQuery& query, std::vector<LevelBits> levels);

  // What a row has that is like. Of several of one row, these come right after another.
  void offer(const LikeTable::Like& like, const Candidate& row) {
    if (const auto useful = static_cast<LevelBits>(like.levels & open_[like.asked])) take(like.asked, useful, row);
  }
  // From now on no row comes that was created later. False: none is needed any more.
  [[nodiscard]] bool goes_on(std::int64_t newest_ms);
  // By what was asked about: the levels of which rows are of use. Ever fewer.
  [[nodiscard]] std::span<const LevelBits> open() const { return open_; }
  // Whether those have become fewer since this was asked.
  [[nodiscard]] bool has_narrowed();

  // The level that counts, and its rows in order; at the end, once.
  struct Found {
    std::optional<LikeLevel> level;
    std::vector<Candidate> rows;
  };
  [[nodiscard]] Found take_found(std::size_t asked);

 private:
  struct Level {
    FirstCandidates rows;
    std::int64_t count = 0;  // of what was offered
    std::uint32_t last_row = ~0u;
  };
  void take(std::uint32_t asked, LevelBits levels, const Candidate& row);

  const LikeQuery& query_;
  std::vector<LevelBits> open_;
  std::vector<Level> levels_;  // kLikeLevels of each
  bool narrowed_ = false;
};

}  // namespace comfytrace::history::columns
